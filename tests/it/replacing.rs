//! Imports that take away: what a source no longer says of a user goes, and so do the users that it no longer lists.

use serde_json::{Value, json};
use userbatch::admin::{AdminError, ImportOptions, ImportReport, SourceFormat};
use userbatch::core::face::Face;
use userbatch::store::MaxRemovals;

use crate::app::TestApp;
use crate::cache::Callers;
use crate::importing::{Admin, CANONICAL};
use crate::tenant::TestTenant;

const AVEPOINT: SourceFormat = SourceFormat::Vendor(Face::AvePoint);
const GENAUTH: SourceFormat = SourceFormat::Vendor(Face::GenAuth);

fn of_avepoint(users: &[Value]) -> String {
    json!({ "data": users, "metadata": {} }).to_string()
}

fn of_genauth(users: &[Value]) -> String {
    json!({ "statusCode": 200, "data": users }).to_string()
}

async fn directory() -> (TestApp, TestTenant, Admin) {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let admin = Admin::of(&app);
    (app, tenant, admin)
}

/// A whole file.
async fn replace(
    admin: &Admin,
    text: String,
    from: SourceFormat,
    (percent, dry_run): (f64, bool),
) -> Result<ImportReport, AdminError> {
    let replace = MaxRemovals::percent(percent);
    let options = ImportOptions { from, replace, dry_run, ..ImportOptions::default() };
    admin.try_import("a", text, &options).await.0
}

fn counts(report: &ImportReport) -> [u64; 4] {
    let merged = &report.merged;
    [merged.added, merged.changed, merged.unchanged, merged.removed]
}

#[tokio::test]
async fn what_is_withdrawn_is_shown_no_longer() {
    let (app, tenant, admin) = directory().await;
    let callers = Callers::of(&app, &tenant).await;
    let user = json!({ "id": "1", "displayName": "Ann", "mail": "ann@example.com", "mobile": "1", "status": [1, 3] });
    admin.import("a", of_avepoint(&[user]), AVEPOINT).await;
    let own = json!({ "id": "1", "contact": { "emailVerified": true }, "employment": { "departmentIds": ["d"] },
        "customData": { "a": 1, "b": 2 } });
    admin.import("a", own.to_string(), CANONICAL).await;
    assert_eq!(callers.avepoint(json!({ "userIds": ["1"] })).await["data"][0]["status"], json!([1, 3]));
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"][0]["emailVerified"], true);

    let withdrawn =
        json!({ "id": "1", "displayName": "Ann", "mail": "ann@example.com", "mobile": "", "status": [] });
    admin.import("a", of_avepoint(&[withdrawn]), AVEPOINT).await;
    let emptied = json!({ "id": "1", "contact": { "emailVerified": false }, "employment": { "departmentIds": [] },
        "customData": { "a": null } });
    admin.import("a", emptied.to_string(), CANONICAL).await;
    let shown = callers.avepoint(json!({ "userIds": ["1"] })).await["data"][0].clone();
    assert_eq!((&shown["status"], &shown["mobile"]), (&json!([]), &Value::Null));
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"][0]["emailVerified"], false);
    let [user] = &admin.users("a").await[..] else { panic!() };
    let expected = json!({
        "id": "1", "issuedIds": { "avepoint": "1" }, "profile": { "displayName": "Ann" },
        "contact": { "email": "ann@example.com" }, "customData": { "b": 2 },
        "setBy": {
            "avepoint": ["contact.email", "issuedIds.avepoint", "profile.displayName"],
            "userbatch": ["customData.b"],
        },
    });
    assert_eq!(*user, expected);
}

#[tokio::test]
async fn an_unchanged_file_keeps_every_version() {
    let (app, tenant, admin) = directory().await;
    let of_avepoint =
        of_avepoint(&[json!({ "id": "1", "displayName": "Ann", "mail": "ann@example.com", "status": [] })]);
    let of_genauth =
        of_genauth(&[json!({ "userId": "g", "name": "Ann", "nickname": "a", "email": "ann@example.com",
        "emailVerified": true, "phoneVerified": false })]);
    let own = json!({ "id": "1", "profile": { "displayName": "Ann", "nickname": null } }).to_string();
    let files = [(of_avepoint, AVEPOINT), (of_genauth, GENAUTH), (own, CANONICAL)];
    for (file, from) in &files {
        admin.import("a", file.clone(), *from).await;
    }
    let before = versions(&app, &tenant).await;
    for (file, from) in &files[2..] {
        let (report, _) = admin.import("a", file.clone(), *from).await;
        assert_eq!(counts(&report), [0, 0, 1, 0], "{from}");
    }
    assert_eq!(versions(&app, &tenant).await, before);
    // The nickname is in dispute, the rest is not.
    let (report, _) = admin.import("a", files[0].0.clone(), AVEPOINT).await;
    assert_eq!(counts(&report), [0, 0, 1, 0]);
    assert_eq!(versions(&app, &tenant).await, before);
}

async fn versions(app: &TestApp, tenant: &TestTenant) -> Vec<(String, i64)> {
    let mut connection = app.database.owner_connection().await;
    sqlx::query("SELECT set_config('userbatch.tenant', $1, false)")
        .bind(tenant.id.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query_as(r#"SELECT id, version FROM "user" ORDER BY id"#).fetch_all(&mut connection).await.unwrap()
}

fn person(number: usize) -> Value {
    json!({ "id": format!("u{number}"), "displayName": format!("User {number}"),
        "mail": format!("u{number}@example.com"), "mobile": number.to_string() })
}

#[tokio::test]
async fn leavers_vanish_unless_another_source_knows_them() {
    let (app, tenant, admin) = directory().await;
    let callers = Callers::of(&app, &tenant).await;
    let all: Vec<Value> = (0..20).map(person).collect();
    admin.import("a", of_avepoint(&all), AVEPOINT).await;
    let known = json!({ "userId": "g1", "name": "User 1", "nickname": "one", "email": "u1@example.com",
        "emailVerified": true });
    admin.import("a", of_genauth(&[known]), GENAUTH).await;
    let own = json!({ "id": "own", "profile": { "displayName": "Own" } });
    admin.import("a", own.to_string(), CANONICAL).await;

    // Users 0 and 1 have left, and 20 has come with the e-mail address of 0.
    let mut rest = all[2..].to_vec();
    let mut heir = person(20);
    heir["mail"] = "u0@example.com".into();
    rest.push(heir);
    let refused = replace(&admin, of_avepoint(&rest), AVEPOINT, (9.99, false)).await.unwrap_err();
    assert!(matches!(refused, AdminError::TooManyRemovals(2, 20)), "{refused}");
    assert_eq!(admin.users("a").await.len(), 21);

    let dry = replace(&admin, of_avepoint(&rest), AVEPOINT, (10.0, true)).await.unwrap();
    assert_eq!((counts(&dry), dry.merged.applied), ([1, 1, 18, 1], false));
    let preview = serde_json::to_value(dry.preview.unwrap()).unwrap();
    let expected = json!({
        "added": ["u20"], "removed": ["u0"], "joined": [], "rejected": [],
        "changed": [{ "id": "u1", "fields": [
            { "field": "contact.phone", "change": "removed" }, { "field": "issuedIds.avepoint", "change": "removed" },
        ] }],
        "contradictions": { "fields": 0, "users": [] },
    });
    assert_eq!(sorted(preview), sorted(expected));
    assert_eq!(admin.users("a").await.len(), 21);

    let report = replace(&admin, of_avepoint(&rest), AVEPOINT, (10.0, false)).await.unwrap();
    assert_eq!(counts(&report), [1, 1, 18, 1]);
    let users = admin.users("a").await;
    let [user] = &users.iter().filter(|user| user["id"] == "u1").collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!(
        (&user["profile"]["displayName"], &user["contact"]["phone"]),
        (&json!("User 1"), &Value::Null)
    );
    assert_eq!(user["setBy"], json!({ "genauth": "*" }));
    assert!(users.iter().any(|user| user["id"] == "own"));
    let answer = callers.avepoint(json!({ "userIds": ["u0", "u1", "u2", "u20"] })).await;
    assert_eq!(answer["metadata"]["totalCount"], 3, "{answer}");
    let heir = callers.genauth("email", "u0@example.com").await;
    assert_eq!(heir["data"][0]["userId"], "u20");

    let again = replace(&admin, of_avepoint(&rest), AVEPOINT, (0.0, false)).await.unwrap();
    assert_eq!(counts(&again), [0, 0, 19, 0]);
}

/// With the changed fields in order.
fn sorted(mut preview: Value) -> Value {
    for user in preview["changed"].as_array_mut().unwrap() {
        user["fields"].as_array_mut().unwrap().sort_by_key(|field| field["field"].to_string());
    }
    preview
}

#[tokio::test]
async fn nobody_leaves_because_of_a_record_that_was_rejected() {
    let (_app, _tenant, admin) = directory().await;
    admin.import("a", of_avepoint(&[person(0), person(1)]), AVEPOINT).await;
    let mut faulty = person(1);
    faulty["status"] = json!([99]);
    let file = of_avepoint(&[person(0), faulty]);
    let refused = replace(&admin, file, AVEPOINT, (100.0, false)).await.unwrap_err();
    assert!(matches!(refused, AdminError::Incomplete(1)), "{refused}");
    assert_eq!(admin.users("a").await.len(), 2);
}

#[tokio::test]
async fn a_dry_run_tells_where_sources_contradict_each_other() {
    let (_app, _tenant, admin) = directory().await;
    admin.import("a", of_avepoint(&[person(0)]), AVEPOINT).await;
    let other = json!({ "userId": "g", "name": "Other", "nickname": "o", "email": "u0@example.com", "emailVerified": true });
    let options = ImportOptions { from: GENAUTH, dry_run: true, ..ImportOptions::default() };
    let report = admin.try_import("a", of_genauth(&[other]), &options).await.0.unwrap();
    let contradictions = serde_json::to_value(report.preview.unwrap().contradictions).unwrap();
    let field = json!({ "field": "profile.displayName", "change": "changed", "contradicts": ["avepoint"] });
    assert_eq!(contradictions, json!({ "fields": 1, "users": [{ "id": "u0", "fields": [field] }] }));
}
