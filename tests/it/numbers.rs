//! Numbers in free-form data keep all their digits on every way through: import, database, faces, export. Texts have a
//! limit.

use reqwest::RequestBuilder;
use serde_json::json;
use userbatch::admin::SourceFormat;
use userbatch::core::face::Face;

use crate::app::TestApp;
use crate::importing::{Admin, CANONICAL};

/// Beyond 64 bits, beyond 17 significant digits, beyond the range of floating point, and with zeros at the end.
const NUMBERS: &str = r#"{"long":123456789012345678901234567890,"u64":18446744073709551615,"u65":18446744073709551616,
"negative":-9223372036854775809,"precise":3.14159265358979323846264338327950288,"tiny":0.1000000000000000055511151231257827,
"price":19.90,"zero":0.0,"huge":1e+400,"small":1.5e-400,"nested":[{"deep":100000000000000000000000000000000000001}]}"#;

fn numbers() -> String {
    NUMBERS.replace('\n', "")
}

const ACCOUNT: &str = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x";

async fn text(request: RequestBuilder) -> String {
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn numbers_come_back_to_the_last_digit() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let admin = Admin::of(&app);
    let numbers = numbers();
    let user = format!("{{\"user\":{{\"id\":\"1\",\"customData\":{numbers}}}}}\n");
    let holding = format!(
        "{{\"holding\":{{\"account\":\"{ACCOUNT}\",\"collectionId\":7,\"balances\":[],\"onChain\":true,\
         \"permissions\":{numbers}}}}}\n"
    );
    let (_, rejects) = admin.import("a", user + &holding, CANONICAL).await;
    assert_eq!(rejects, []);
    let genauth = format!(r#"{{"statusCode":200,"data":[{{"userId":"2","customData":{numbers}}}]}}"#);
    let (_, rejects) = admin.import("a", genauth, SourceFormat::Vendor(Face::GenAuth)).await;
    assert_eq!(rejects, []);
    let bitbadges = format!(
        r#"{{"accounts":[{{"cosmosAddress":"{ACCOUNT}","balance":{{"amount":123456789012345678901234567890,"denom":"b"}},
        "collected":[{{"collectionId":8,"balances":[],"userPermissions":{numbers}}}]}}]}}"#
    );
    let (_, rejects) = admin.import("a", bitbadges, SourceFormat::Vendor(Face::BitBadges)).await;
    assert_eq!(rejects, []);

    let exported = admin.export("a").await;
    assert_eq!(exported.matches(&numbers).count(), 4, "{exported}");
    app.tenant("b").await;
    admin.import("b", exported.clone(), CANONICAL).await;
    assert_eq!(admin.export("b").await, exported);

    let token = tenant.genauth_token().await;
    let url = app.url("/api/v3/get-user-batch?userIds=1&withCustomData=true&flatCustomData=true");
    let shown = text(app.http.get(url).bearer_auth(token)).await;
    assert!(shown.contains(&format!("\"customData\":{numbers}")), "{shown}");
    assert!(shown.contains("\"u65\":18446744073709551616"), "{shown}");
    let views = json!([{ "viewId": "v", "viewType": "badgesCollected", "bookmark": "" }]);
    let body =
        json!({ "accountsToFetch": [{ "address": ACCOUNT, "fetchBalance": true, "viewsToFetch": views }] });
    let batch =
        app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", tenant.bitbadges_key().await);
    let shown = text(batch.json(&body)).await;
    assert_eq!(shown.matches(numbers.trim_matches(['{', '}'])).count(), 2, "{shown}");
    assert!(shown.contains("\"amount\":\"123456789012345678901234567890\""), "{shown}");
}

#[tokio::test]
async fn a_number_where_something_else_belongs_is_refused_as_ever() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let admin = Admin::of(&app);
    for (page, from, field) in [
        (r#"{"data":[{"id":"1"},{"id":"2","status":1.5}]}"#, Face::AvePoint, "status"),
        (r#"{"data":[{"userId":"1"},{"userId":"2","customData":7}]}"#, Face::GenAuth, "customData"),
        (r#"{"data":[{"userId":"1"},{"userId":"2","name":7}]}"#, Face::GenAuth, "name"),
    ] {
        let (_, rejects) = admin.import("a", page, SourceFormat::Vendor(from)).await;
        let told: Vec<_> = rejects.iter().map(|reject| (reject.record, reject.field.as_str())).collect();
        assert_eq!(told, [(2, field)], "{page}");
    }
    let key = tenant.bitbadges_key().await;
    for (collection, status) in
        [("7", 200), ("99999999999999999999999", 200), ("7.5", 400), ("-1", 400), ("{}", 400)]
    {
        let views = format!(
            r#"[{{"viewId":"v","viewType":"badgesCollected","bookmark":"","specificCollections":[{{"collectionId":{collection}}}]}}]"#
        );
        let body = format!(r#"{{"accountsToFetch":[{{"address":"{ACCOUNT}","viewsToFetch":{views}}}]}}"#);
        let batch = app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", &key).body(body);
        assert_eq!(batch.send().await.unwrap().status().as_u16(), status, "{collection}");
    }
}

#[tokio::test]
async fn absurdly_long_texts_are_rejected_by_name() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    let long = "x".repeat(5_000);
    let lines = [
        json!({ "id": "1", "profile": { "photo": long }, "customData": { "x": long } }),
        json!({ "id": "2", "profile": { "username": long } }),
        json!({ "id": "3", "profile": { "displayName": long } }),
        json!({ "id": "4", "contact": { "email": format!("{long}@example.com") } }),
        json!({ "id": long }),
    ];
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let (report, rejects) = admin.import("a", lines.join("\n"), CANONICAL).await;
    assert_eq!(report.merged.added, 1);
    let fields: Vec<_> = rejects.iter().map(|reject| reject.field.as_str()).collect();
    assert_eq!(fields, ["profile.username", "profile.displayName", "contact.email", "id"]);
    assert!(rejects.iter().all(|reject| reject.reason.contains("longer than")), "{rejects:?}");
}
