//! Erased people: a dump has no trace of them, nothing brings them back unless it is allowed, nobody else loses anything.

mod forms;
mod kept;
mod leavers;
mod logs;
mod texts;

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use userbatch::admin::{AdminError, Administration, ImportOptions, SourceFormat, TableKind};
use userbatch::auth::{KeyRing, SecretMaker};
use userbatch::core::clock::Clock;
use userbatch::core::face::Face;
use userbatch::store::{Actor, MaxRemovals, StoreError, Via};

use crate::admin_api::Api;
use crate::app::{SECRET_KEY, TestApp};
use crate::cache::Callers;
use crate::importing::{Admin, CANONICAL};
use crate::scim::Provider;

const ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
const COSMOS: &str = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x";
const OTHER: &str = "0x00000000000000000000000000000000000000b0";

/// A person, somebody who reports to the person, a colleague, and entries of every timeline.
fn lines() -> String {
    let balances = json!([{ "amount": "1", "badgeIds": [], "ownershipTimes": [] }]);
    [
        json!({
            "id": "zz-ann-id", "issuedIds": { "genauth": "zz-ann-genauth" },
            "profile": { "username": "zz-ann-login", "displayName": "Zzann Zzlee" },
            "contact": { "email": "Zz-Ann@Example.com", "emailVerified": true, "phone": "030 99887766" },
            "employment": { "externalId": "zz-ann-external" },
            "identities": [{ "id": "zz-ann-identity", "connectionId": "zz-conn", "provider": "oidc", "type": "generic", "idThere": "zz-ann-idp" }],
            "chainAccounts": [{ "address": ADDRESS }], "customData": { "note": "zz-ann-custom" },
        }),
        json!({ "id": "bob", "chainAccounts": [{ "address": OTHER }], "contact": { "phone": "030 99887766" } }),
        json!({ "transfer": { "id": "t1", "at": 1, "collectionId": 1, "from": COSMOS, "to": [OTHER],
            "initiatedBy": ADDRESS.to_lowercase(), "balances": balances, "block": "1", "memo": format!("for {ADDRESS}") } }),
        json!({ "announcement": { "id": "a1", "at": 1, "collectionId": 1, "from": COSMOS, "text": "hi",
            "block": "1" } }),
        json!({ "review": { "id": "r1", "at": 1, "from": COSMOS, "about": OTHER, "stars": "5", "text": "ok",
            "block": "1" } }),
        json!({ "review": { "id": "r2", "at": 1, "from": OTHER, "about": COSMOS, "stars": "5", "text": "ok",
            "block": "1" } }),
    ]
    .map(|line| line.to_string() + "\n")
    .concat()
}

/// What must be nowhere, in any case.
const TRACES: [&str; 11] = [
    "zz-ann",
    "zzann",
    "zzlee",
    "99887766zz",
    "b246a3764d642babbd6b075bca3e77e1cd563d78",
    "kfr2xajdvs46h0ttqadu50nhu8x4v0t",
    "zz-conn",
    "zz-ann-custom",
    "zz-ann-external",
    "zz-ann-idp",
    "zz-ann-login",
];

/// All rows of all tables as text, as the owner's dump has them.
async fn dump(app: &TestApp) -> String {
    let mut owner = app.database.owner_connection().await;
    sqlx::raw_sql("SET userbatch.dump = 'on'").execute(&mut owner).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let mut text = String::new();
    for table in tables {
        let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
        let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut owner).await.unwrap();
        text.extend(rows.iter().map(|row| format!("{table} {row}\n").to_lowercase()));
    }
    text
}

/// The API with tenants `a` and `b` of the same people.
async fn two_tenants() -> (Api, Callers) {
    let api = Api::start().await;
    let callers = Callers::of(&api.app, &api.app.tenant("a").await).await;
    api.app.tenant("b").await;
    for slug in ["a", "b"] {
        Admin::of(&api.app).import(slug, lines(), CANONICAL).await;
    }
    (api, callers)
}

async fn erase(api: &Api, slug: &str, name: &str) -> Value {
    let (status, receipt) =
        api.call(Method::DELETE, &format!("/tenants/{slug}/users/{name}?erase=true"), None).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    receipt
}

#[tokio::test]
async fn a_dump_has_no_trace_of_an_erased_person_and_other_tenants_keep_theirs() {
    let (api, _callers) = two_tenants().await;
    api.call(Method::GET, "/tenants/a/users/zz-ann-id", None).await;
    api.call(
        Method::PATCH,
        "/tenants/a/users/zz-ann-id",
        Some(json!({ "contact": { "email": "zz-ann-new@example.com" } })),
    )
    .await;
    let before = dump(&api.app).await;
    assert!(TRACES[..3].iter().all(|trace| before.contains(trace)));
    let kept = Admin::of(&api.app).export("b").await;
    let receipt = erase(&api, "a", "zz-ann-genauth").await;
    assert_eq!(receipt["receipt"].as_str().unwrap().len(), 64);
    let counts = &receipt["counts"];
    for (what, count) in [
        ("users", 1),
        ("transfers", 1),
        ("announcements", 1),
        ("reviews", 1),
        ("reviewsOfOthers", 1),
        ("audit", 2),
    ] {
        assert_eq!(counts[what], count, "{what}: {receipt}");
    }
    assert_eq!(Admin::of(&api.app).export("b").await, kept);
    let left = Admin::of(&api.app).export("a").await;
    assert!(left.contains("\"bob\"") && left.contains("\"t1\""), "{left}");
    api.call(Method::DELETE, "/tenants/b?confirm=b", None).await;
    let after = dump(&api.app).await;
    for line in after.lines() {
        for trace in TRACES {
            assert!(!line.contains(trace), "{trace}: {line}");
        }
    }
    assert!(after.contains("user.erase"), "the act is in the audit log");
}

/// What an import of `text` did to the tenant `a`.
async fn import(api: &Api, text: &str, from: SourceFormat) -> (u64, u64, u64) {
    let (report, rejects) = Admin::of(&api.app).import("a", text, from).await;
    assert_eq!(rejects, []);
    (report.merged.erased, report.merged.added, report.rejected)
}

#[tokio::test]
async fn no_import_brings_a_person_back_until_it_is_allowed() {
    let (api, _callers) = two_tenants().await;
    erase(&api, "a", "zz-ann-id").await;
    let before = Admin::of(&api.app).export("a").await;
    assert_eq!(import(&api, &lines(), CANONICAL).await, (1, 0, 0));
    assert_eq!(Admin::of(&api.app).export("a").await, before, "nor timelines");
    let entra = "id,userPrincipalName,displayName,mail\nnew-id,other,Zz,ZZ-ANN@example.com\n";
    let avepoint = r#"{"data":[{"id":"zz-ann-id","username":"x@example.com","displayName":"Zz"}]}"#;
    let genauth = r#"{"statusCode":200,"data":[{"userId":"zz-ann-genauth","email":null}]}"#;
    let bitbadges = format!(r#"{{"accounts":[{{"cosmosAddress":"{COSMOS}","address":"{ADDRESS}"}}]}}"#);
    for (text, from) in [
        (entra, SourceFormat::Table(TableKind::Entra)),
        (avepoint, SourceFormat::Vendor(Face::AvePoint)),
        (genauth, SourceFormat::Vendor(Face::GenAuth)),
        (&bitbadges, SourceFormat::Vendor(Face::BitBadges)),
    ] {
        assert_eq!(import(&api, text, from).await.0, 1, "{from:?}");
        assert_eq!(Admin::of(&api.app).export("a").await, before, "{from:?}");
    }
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let report = Admin::of(&api.app).try_import("a", lines(), &options).await.0.unwrap();
    assert_eq!(report.merged.erased, 1);

    let (status, _) = api.call(Method::POST, "/tenants/a/users/nobody/allow", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = api.call(Method::POST, "/tenants/a/users/zz-ann@example.com/allow", None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(import(&api, &lines(), CANONICAL).await, (0, 1, 0));
}

#[tokio::test]
async fn a_living_user_with_an_erased_key_is_not_removed_by_a_whole_file() {
    let (api, _callers) = two_tenants().await;
    erase(&api, "a", "zz-ann-id").await;
    let bob = r#"{"id":"bob","contact":{"email":"zz-ann@example.com"}}"#;
    let options = ImportOptions { replace: MaxRemovals::percent(100.0), ..ImportOptions::default() };
    let report = Admin::of(&api.app).try_import("a", bob, &options).await.0.unwrap();
    assert_eq!((report.merged.erased, report.merged.removed), (1, 0));
    assert!(Admin::of(&api.app).export("a").await.contains("\"bob\""));
}

/// Such a file knows the user by another id than the directory.
#[tokio::test]
async fn whichever_key_finds_the_living_user_it_is_not_removed() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    let options = ImportOptions { replace: MaxRemovals::percent(100.0), ..ImportOptions::default() };
    admin.import("a", r#"{"id":"carl","employment":{"externalId":"C-1"}}"#, CANONICAL).await;
    erase(&api, "a", "zz-ann-id").await;
    let file = "{\"id\":\"bob\"}\n\
                {\"id\":\"c-2\",\"employment\":{\"externalId\":\"C-1\"},\"contact\":{\"email\":\"zz-ann@example.com\"}}\n";
    let report = admin.try_import("a", file, &options).await.0.unwrap();
    assert_eq!((report.merged.erased, report.merged.removed), (1, 0));
    assert!(admin.export("a").await.contains("\"carl\""));
}

#[tokio::test]
async fn an_address_that_others_give_too_keeps_nobody_out() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    let user = |id: &str, name: &str| {
        let contact = json!({ "email": "zz-office@example.com", "emailSelfRegistered": true });
        json!({ "id": id, "profile": { "displayName": name }, "contact": contact }).to_string()
    };
    admin.import("a", format!("{}\n{}", user("carl", "Carl"), user("dora", "Dora")), CANONICAL).await;
    erase(&api, "a", "carl").await;
    assert_eq!(import(&api, &user("dora", "Dora Novak"), CANONICAL).await.0, 0);
    assert!(admin.export("a").await.contains("Dora Novak"));
    assert_eq!(import(&api, &user("carl", "Carl"), CANONICAL).await.0, 1, "his id does");
}

#[tokio::test]
async fn operators_and_providers_are_refused_without_the_value() {
    let (api, _callers) = two_tenants().await;
    erase(&api, "a", "zz-ann-id").await;
    for (name, patch) in [
        ("bob", json!({ "contact": { "email": "zz-ann@example.com" } })),
        ("zz-ann-id?create=true", json!({})),
    ] {
        let (status, problem) =
            api.call(Method::PATCH, &format!("/tenants/a/users/{name}"), Some(patch)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("userbatch user allow"), "{problem}");
        assert!(!problem.to_string().contains("zz-ann"), "{problem}");
    }
}

#[tokio::test]
async fn an_identity_provider_is_told_that_a_person_was_erased() {
    let scim = Provider::start().await;
    let user =
        json!({ "userName": "zz-ann-login", "emails": [{ "value": "zz-ann@example.com", "primary": true }] });
    let boss = scim.create(user.clone()).await;
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let report = scim
        .create(json!({ "userName": "bob", enterprise: { "department": "Ops", "manager": { "value": boss["id"] } } }))
        .await;
    let admin = Admin::of(&scim.app);
    let receipt = admin.erase("a", boss["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(receipt.counts.reports, 1);
    let path = format!("/Users/{}", report["id"].as_str().unwrap());
    let (_, left) = scim.get(&path).await;
    assert_eq!(left[enterprise], json!({ "department": "Ops" }));
    for user in [user, json!({ "userName": "ZZ-ANN-LOGIN" })] {
        let (status, body) = scim.call(Method::POST, "/Users", Some(user)).await;
        assert_eq!((status, &body["status"]), (StatusCode::FORBIDDEN, &json!("403")), "{body}");
        assert!(!body.to_string().to_lowercase().contains("zz-ann"), "{body}");
    }
    let change = json!([{ "op": "replace", "path": "userName", "value": "zz-ann-login" }]);
    assert_eq!(scim.patch(report["id"].as_str().unwrap(), change).await.0, StatusCode::FORBIDDEN);
    assert!(!dump(&scim.app).await.contains("zz-ann"));
}

#[tokio::test]
async fn readers_of_the_feed_start_over_and_every_cache_sees_it() {
    let (api, callers) = two_tenants().await;
    let elsewhere = callers.at(&api.app.twin().await);
    for gateway in [&callers, &elsewhere] {
        assert_eq!(
            gateway.genauth("email", "zz-ann@example.com").await["data"][0]["userId"],
            "zz-ann-genauth"
        );
    }
    let admin = Admin::of(&api.app);
    let cursor = admin.changes("a", None).await.next;
    erase(&api, "a", "zz-ann-id").await;
    for gateway in [&callers, &elsewhere] {
        assert_eq!(gateway.genauth("email", "zz-ann@example.com").await["data"], json!([]));
    }
    let (status, problem) = api.call(Method::GET, &format!("/tenants/a/changes?since={cursor}"), None).await;
    assert_eq!(status, StatusCode::GONE, "{problem}");
    let all = admin.changes("a", None).await;
    assert_eq!(all.changes.len(), 1);
    admin.import("a", "{\"id\":\"carl\"}", CANONICAL).await;
    assert_eq!(admin.changes("a", Some(&all.next)).await.changes.len(), 1, "those who started over go on");
}

#[tokio::test]
async fn without_the_key_an_import_says_what_to_do_only_if_anybody_was_erased() {
    let (api, _callers) = two_tenants().await;
    erase(&api, "a", "zz-ann-id").await;
    let blind = Admin::on(api.app.database.owner());
    let outcome = blind.try_import("a", lines(), &ImportOptions::default()).await.0;
    let error = outcome.unwrap_err();
    assert!(matches!(error, AdminError::Store(StoreError::ErasureKey)), "{error:?}");
    assert!(error.to_string().contains("set USERBATCH_SECRET_KEY"), "{error}");
    assert!(blind.try_import("b", lines(), &ImportOptions::default()).await.0.is_ok());
}

#[tokio::test]
async fn an_import_that_runs_meanwhile_does_not_bring_the_person_back() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    let options = ImportOptions::default();
    let many = (0..2_000).map(|n| json!({ "id": format!("u{n}") }).to_string() + "\n").collect::<String>()
        + &lines();
    let imports =
        futures_util::future::join_all((0..3).map(|_| admin.try_import("a", many.clone(), &options)));
    let (imports, ()) = futures_util::future::join(imports, async {
        erase(&api, "a", "zz-ann-id").await;
    })
    .await;
    assert!(imports.iter().all(|(outcome, _)| outcome.is_ok()));
    let left = admin.export("a").await.to_lowercase();
    assert!(!left.contains("zz-ann"), "{left}");
}

#[tokio::test]
async fn digests_outlive_the_secret_key_once_it_is_resealed() {
    const NEW: &str = "fedcba9876543210fedcba9876543210";
    let (api, _callers) = two_tenants().await;
    erase(&api, "a", "zz-ann-id").await;
    let ring = |secrets: &str| Arc::new(KeyRing::new(secrets).unwrap());
    let only_new = Admin::on(api.app.database.owner().with_erasure_keys(ring(NEW)));
    let options = ImportOptions::default();
    let unsealed = only_new.try_import("a", lines(), &options).await.0.unwrap_err();
    assert!(matches!(unsealed, AdminError::Store(StoreError::ErasureKey)), "{unsealed:?}");
    let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
    let both = ring(&format!("{NEW},{SECRET_KEY}"));
    let admin = Administration::new(api.app.database.owner(), actor, Clock::system());
    admin.with_secrets(SecretMaker::new(both)).reseal().await.unwrap();
    assert_eq!(only_new.try_import("a", lines(), &options).await.0.unwrap().merged.erased, 1);
}

#[tokio::test]
async fn nobody_else_rewrites_the_audit_log_even_in_the_same_transaction() {
    let (api, _callers) = two_tenants().await;
    let mut owner = api.app.database.owner_connection().await;
    let rewriting = "BEGIN; SELECT erase_from_audit('a', '{}', 'x'); UPDATE audit SET subject = 'x'";
    let refused = sqlx::raw_sql(rewriting).execute(&mut owner).await.unwrap_err();
    assert_eq!(
        refused.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
        Some("42501")
    );
}
