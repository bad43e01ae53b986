//! Reimporting is not slower when the planner has no statistics for the tenant yet.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::app::TestApp;
use crate::importing::{Admin, CANONICAL};

fn lines(telling: &str) -> String {
    let mut text = String::new();
    for number in 0..2_000 {
        let user = json!({ "id": format!("0c5c7fd0a6a3a45065132{number}"),
            "profile": { "username": format!("kaja.kovac{number}"), "nickname": telling },
            "contact": { "email": format!("kaja.kovac{number}@example.com"), "phone": format!("4926{number:05}") },
            "employment": { "externalId": format!("E{number}") },
            "identities": [{ "id": format!("d08a3{number}"), "connectionId": "6076bac0d1e2f3ad80d993b5",
                "provider": "wechat", "type": "openid", "idThere": format!("oj7N{number}"), "info": {},
                "originConnectionIds": [] }],
            "customData": { "school": "Univerza v Ljubljani", "age": number % 50, "badge": number, "notes": "x".repeat(120),
                "team": number % 7, "floor": number % 9 } });
        writeln!(text, "{user}").unwrap();
    }
    text
}

#[tokio::test]
async fn importing_again_is_quick_before_the_planner_has_heard_of_the_tenant() {
    let app = TestApp::start().await;
    app.tenant("old").await;
    app.tenant("new").await;
    let admin = Admin::of(&app);
    admin.import("old", lines("first"), CANONICAL).await;
    let mut owner = app.database.owner_connection().await;
    sqlx::raw_sql("ANALYZE user_key; ANALYZE user_shared_key; ANALYZE \"user\"")
        .execute(&mut owner)
        .await
        .unwrap();
    admin.import("new", lines("first"), CANONICAL).await;
    let again = admin.import("new", lines("second"), CANONICAL);
    let (report, _) =
        tokio::time::timeout(Duration::from_secs(20), again).await.expect("within twenty seconds");
    assert_eq!(report.merged.changed, 2_000);
}
