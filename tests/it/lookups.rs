//! The database cost of a lookup depends neither on the size of the directory nor on the planner's statistics.

use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection};
use userbatch::core::directory::MAX_MATCHES;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::app::{TestApp, TestTenant};

const USERS: usize = 8_000;
/// A plan is made anew for each of the first five calls, and then for all that follow.
const CALLS: usize = 8;

fn user(number: usize) -> User {
    let mut user = User::new(UserId::new(format!("user-{number:05}")));
    user.contact.email = Some(format!("{number}@example.com"));
    user.contact.phone = Some("123".to_owned());
    user.custom_data.insert("remote".to_owned(), json!(true));
    user
}

/// Pages of the database that a call touches, at most over [`CALLS`] calls.
async fn buffers(serving: &mut PgConnection, tenant: &TestTenant, keys: &[(i16, String)]) -> i64 {
    let (kinds, values): (Vec<i16>, Vec<String>) = keys.iter().cloned().unzip();
    let mut most = 0;
    for _ in 0..CALLS {
        let explained: Json<Value> = sqlx::query_scalar(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM users_by_keys($1::uuid, $2, $3, $4)",
        )
        .bind(sqlx::types::Uuid::parse_str(&tenant.id.to_string()).unwrap())
        .bind(&kinds)
        .bind(&values)
        .bind(i32::try_from(MAX_MATCHES).unwrap())
        .fetch_one(&mut *serving)
        .await
        .unwrap();
        let plan = &explained.0[0]["Plan"];
        let touched =
            plan["Shared Hit Blocks"].as_i64().unwrap() + plan["Shared Read Blocks"].as_i64().unwrap();
        most = most.max(touched);
    }
    most
}

#[tokio::test]
async fn a_look_up_reads_index_entries_alone() {
    let app = TestApp::start().await;
    let tenant = app.tenant("large").await;
    let users: Vec<User> = (0..USERS).map(user).collect();
    tenant.put_users(&users).await;
    let mut serving = PgConnection::connect(&app.database.serving_url).await.unwrap();
    let emails: Vec<(i16, String)> = (0..50).map(|n| (3, format!("{}@example.com", n * 100))).collect();
    let shared = [(7, "123".to_owned()), (9, "remote:true".to_owned())];
    for statistics in ["none", "fresh"] {
        if statistics == "fresh" {
            let mut owner = PgConnection::connect(&app.database.owner_url).await.unwrap();
            sqlx::raw_sql("ANALYZE").execute(&mut owner).await.unwrap();
        }
        // The first call of a session reads the system's catalogues too.
        buffers(&mut serving, &tenant, &emails).await;
        let of_emails = buffers(&mut serving, &tenant, &emails).await;
        let of_shared = buffers(&mut serving, &tenant, &shared).await;
        assert!(of_emails <= 50 * 8, "{statistics} statistics: {of_emails} pages for 50 e-mail addresses");
        let matches = 2 * i64::try_from(MAX_MATCHES).unwrap();
        assert!(of_shared <= matches * 5, "{statistics} statistics: {of_shared} pages for two shared names");
    }
}
