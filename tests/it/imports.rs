//! Imports are all or nothing, from canonical NDJSON and from the vendors' responses, and exports return what was
//! imported.

use serde_json::{Value, json};
use userbatch::admin::{AdminError, ImportOptions, SourceFormat, TableKind};
use userbatch::core::face::Face;

use crate::app::TestApp;
use crate::importing::{Admin, CANONICAL};

fn lines(values: &[Value]) -> String {
    let lines: Vec<String> = values.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

fn person(id: &str, email: &str) -> Value {
    json!({ "id": id, "profile": { "displayName": format!("Name of {id}") }, "contact": { "email": email } })
}

#[tokio::test]
async fn an_export_imported_elsewhere_exports_the_same_bytes() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    app.tenant("b").await;
    let admin = Admin::of(&app);
    let account = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x";
    let text = lines(&[
        person("z", "z@example.com"),
        json!({ "id": "a", "customData": { "z": 1, "a": [1.5, { "y": null, "x": "é \\u0000" }] },
            "chainAccounts": [{ "address": account }], "contact": { "phone": "+1 555" },
            "account": { "createdAt": "2022-07-03T03:20:30.5Z" } }),
        json!({ "user": person("m", "m@example.com") }),
        json!({ "transfer": { "id": "t1", "at": 5, "collectionId": 7, "from": "Mint", "to": [account],
            "balances": [{ "amount": "1", "badgeIds": [{ "start": "1", "end": "2" }], "ownershipTimes": [] }],
            "block": "3" } }),
        json!({ "announcement": { "id": "n1", "at": 6, "collectionId": 7, "from": account, "text": "hi", "block": "4" } }),
        json!({ "review": { "id": "r1", "at": 7, "from": account, "about": account, "stars": "5", "text": "", "block": "4" } }),
        json!({ "holding": { "account": account, "collectionId": 7, "balances": [], "onChain": true } }),
        json!({ "audience": { "account": account, "collectionId": 8 } }),
    ]);
    let (report, rejects) = admin.import("a", text, CANONICAL).await;
    assert_eq!(rejects, []);
    assert_eq!((report.merged.added, report.merged.entries), (3, 4));
    let first = admin.export("a").await;
    assert_eq!(first.lines().count(), 8);
    assert!(first.starts_with(r#"{"id":"z""#), "in the order they came");
    let (report, _) = admin.import("b", first.clone(), CANONICAL).await;
    assert_eq!((report.merged.added, report.merged.entries), (3, 4));
    assert_eq!(admin.export("b").await, first);
    let (again, _) = admin.import("b", first.clone(), CANONICAL).await;
    assert_eq!((again.merged.added, again.merged.changed, again.merged.entries), (0, 0, 0));
    assert_eq!(again.merged.unchanged, 3);
    assert_eq!(admin.export("b").await, first);
}

#[tokio::test]
async fn later_imports_change_only_the_fields_they_have() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    let first = lines(&[person("1", "1@example.com"), person("2", "2@example.com")]);
    admin.import("a", first, CANONICAL).await;
    let second = lines(&[
        json!({ "id": "2", "profile": { "nickname": "Deux" } }),
        json!({ "id": "2", "contact": { "email": "zwei@example.com" } }),
        json!({ "id": "3" }),
    ]);
    let (report, rejects) = admin.import("a", second, CANONICAL).await;
    assert_eq!(rejects, []);
    assert_eq!((report.merged.added, report.merged.changed), (1, 1));
    let users = admin.users("a").await;
    assert_eq!(users[1]["profile"]["displayName"], "Name of 2");
    assert_eq!(users[1]["profile"]["nickname"], "Deux");
    assert_eq!(users[1]["contact"]["email"], "zwei@example.com");
    // The address it gave up is free for another.
    let (report, rejects) = admin.import("a", lines(&[person("4", "2@example.com")]), CANONICAL).await;
    assert_eq!((report.merged.added, rejects.len()), (1, 0));
}

#[tokio::test]
async fn conflicting_names_reject_the_later_record_and_nothing_else() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    admin.import("a", lines(&[person("old", "old@example.com")]), CANONICAL).await;
    let text = lines(&[
        person("1", "same@example.com"),
        person("2", "SAME@example.com"),
        person("3", "old@example.com"),
        person("4", "4@example.com"),
        // Its e-mail is refused, so its old one stays its own, and 6 cannot have it.
        json!({ "id": "old", "contact": { "email": "4@example.com" } }),
        person("6", "old@example.com"),
    ]);
    let (report, rejects) = admin.import("a", text, CANONICAL).await;
    let told: Vec<_> = rejects.iter().map(|reject| (reject.line, reject.field.as_str())).collect();
    let email = "contact.email";
    assert_eq!(told, [(2, email), (3, email), (5, email), (6, email)]);
    assert!(rejects.iter().all(|reject| !reject.reason.contains('@')));
    assert_eq!((report.merged.added, report.merged.changed, report.rejected), (2, 0, 4));
    let ids: Vec<_> = admin.users("a").await.into_iter().map(|user| user["id"].clone()).collect();
    assert_eq!(ids, ["old", "1", "4"]);
}

#[tokio::test]
async fn strict_and_dry_runs_leave_everything_as_it_was() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    admin.import("a", lines(&[person("1", "1@example.com")]), CANONICAL).await;
    let before = admin.export("a").await;
    let conflict = lines(&[person("2", "2@example.com"), person("3", "1@example.com")]);
    let strict = ImportOptions { strict: true, ..ImportOptions::default() };
    let (outcome, rejects) = admin.try_import("a", conflict.clone(), &strict).await;
    assert!(matches!(outcome, Err(AdminError::Rejected(1))), "{outcome:?}");
    assert_eq!(rejects.len(), 1);
    let (outcome, _) = admin.try_import("a", format!("{conflict}not json\n"), &strict).await;
    assert!(matches!(outcome, Err(AdminError::Rejected(1))));
    let dry = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let (outcome, rejects) = admin.try_import("a", conflict, &dry).await;
    let report = outcome.unwrap();
    assert_eq!((report.merged.added, rejects.len()), (1, 1));
    assert!(!report.merged.applied);
    assert_eq!(admin.export("a").await, before);
}

#[tokio::test]
async fn a_bad_line_is_named_and_the_rest_comes_in() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    let mut text = b"\xef\xbb\xbf{\"id\":\"1\"}\r\n\r\n".to_vec();
    text.extend_from_slice(b"{\"id\":\"2\",\"contact\":{\"emial\":\"x\"}}\n");
    text.extend_from_slice(b"{\"id\":\"3\",\"contact\":{\"email\":17}}\n");
    text.extend_from_slice(b"{\"id\":\"4\xff\"}\n{\"id\":\"5\0\"}\n{\"id\":\"6\\u0000\"}\n{\"id\":\"\"}\n");
    text.extend_from_slice(b"{\"id\":\"8\",\"profile\":{\"nickname\":\"a\\u0000b\"}}\n");
    text.extend_from_slice(b"{\"id\":\"9\",\"chainAccounts\":[{\"address\":\"0x12\"}]}\n");
    text.extend_from_slice(&vec![b'x'; 3 << 20]);
    text.extend_from_slice(b"\n{\"id\":\"11\"}\n{\"id\":\"12\",\"prof");
    let (report, rejects) = admin.import("a", text, CANONICAL).await;
    let told: Vec<String> =
        rejects.iter().map(|reject| format!("{}: {} {}", reject.line, reject.field, reject.reason)).collect();
    insta::assert_json_snapshot!("bad_lines", told);
    assert_eq!((report.merged.added, report.rejected), (2, 10));
}

#[tokio::test]
async fn what_is_no_import_at_all_is_refused_with_a_hint() {
    use Face::{AvePoint, BitBadges, GenAuth};
    use SourceFormat::{Canonical, Scim, Table, Vendor};
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    let page = |format: SourceFormat| match format {
        Vendor(AvePoint) => r#"{"data":[{"id":"1"}],"metadata":{"totalCount":1}}"#,
        Vendor(GenAuth) => r#"{"statusCode":200,"message":"","data":[{"userId":"1"}]}"#,
        Vendor(BitBadges) => {
            r#"{"accounts":[{"cosmosAddress":"cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x"}]}"#
        }
        Canonical => r#"{"id":"1","profile":{"displayName":"x"}}"#,
        Scim => r#"{"totalResults":1,"Resources":[{"id":"1","userName":"x"}]}"#,
        Table(TableKind::Any) => "No,Name\n1,x\n",
        Table(TableKind::Entra) => {
            "objectId,displayName,surname,givenName,mail\n1,Ann,Lee,Ann,a@example.com\n"
        }
        Table(TableKind::Okta) => "id,login,firstName,lastName,email\n1,ann,Ann,Lee,a@example.com\n",
    };
    let mut told = Vec::new();
    for from in SourceFormat::all() {
        let mut texts: Vec<Vec<u8>> =
            vec![Vec::new(), b" \n".to_vec(), b"\xff\xfe{\0".to_vec(), b"no json".to_vec()];
        texts.extend(
            SourceFormat::all().filter(|&other| other != from).map(|other| page(other).as_bytes().to_vec()),
        );
        if let Table(_) = from {
            texts.retain(|text| text.starts_with(b"{"));
            texts.push(Vec::new());
            texts.push(b"Ann,a@example.com\n".to_vec());
            texts.push(b"{\n\"id\":\"1\"}".to_vec());
        } else if from != Canonical {
            let cut = page(from);
            texts.push(cut.as_bytes()[..cut.len() - 9].to_vec());
            texts.push(br#"{"statusCode":403,"message":"no"}"#.to_vec());
            texts.push(format!("[{},\n{{\"x\":\"{}\"", page(from), "y".repeat(9 << 20)).into_bytes());
        }
        for text in texts {
            let map = if from == Table(TableKind::Any) { vec!["No=id".parse().unwrap()] } else { Vec::new() };
            let options = ImportOptions { from, map, ..ImportOptions::default() };
            let (outcome, _) = admin.try_import("a", text, &options).await;
            told.push(format!("{}: {}", from.as_str(), outcome.unwrap_err()));
        }
    }
    insta::assert_json_snapshot!("refused_sources", told);
    assert_eq!(admin.export("a").await, "");
}

const AVEPOINT_PAGES: &str = r#"[
  { "data": [
      { "id": "c2aa", "userPrincipalName": "tony@e.onmicrosoft.com", "mail": "tony@example.com",
        "displayName": "Kevin Mark", "mobile": "", "status": [0, 1], "isTestUser": false,
        "startDate": "1970-01-01T00:00:00Z", "company": "Organization ABC", "countryOrRegion": "Slovenia" }
    ],
    "metadata": { "pageIndex": 1, "pageSize": 1, "totalCount": 2 } },
  { "metadata": { "pageIndex": 2 }, "data": [
      { "id": "c2ab", "mail": "ann@example.com", "status": [12] }, { "id": "c2ac", "mail": "ann@example.com" } ] }
]"#;

const GENAUTH_PAGES: &str = r#"{"statusCode":200,"message":"","data":[{"userId":"6229","email":"Tony@Example.com","emailVerified":true,"username":"bob",
"name":"Tony","externalId":"10010","status":"Activated","identities":[{"identityId":"i","extIdpId":"e","provider":"wechat",
"type":"openid","userIdInIdp":"oj7N","accessToken":"57_secret"}]}]}
{"statusCode":200,"data":[]}
{"statusCode":200,"data":[{"userId":"6230","gender":"F"}]}"#;

const BITBADGES_PAGE: &str = r#"{"accounts":[{"_id":"","seenActivity":1691845143945,"resolvedName":"","accountNumber":"10",
"cosmosAddress":"cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x","address":"0xb246a3764d642BABbd6b075bca3e77E1cD563d78",
"balance":{"amount":"1000","denom":"badge"},"airdropped":true,
"collected":[{"_id":"5:x","collectionId":"5","balances":[{"amount":"1","badgeIds":[{"start":"1","end":"100"}],
"ownershipTimes":[{"start":"1","end":"2"}]}],"onChain":true}],
"activity":[{"_id":"collection-5:6214-0-0","_docId":"collection-5:6214-0-0","from":"Mint",
"to":["cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x"],"balances":[],"method":"Transfer","block":"6214",
"collectionId":"5","timestamp":"1691798701549"}],
"announcements":[{"_id":"collection-6:1","method":"Announcement","collectionId":"6","announcement":"HELLO!",
"from":"cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x","timestamp":"1691800369288","block":"7795"},{"_id":"x"}],
"reviews":[],"views":{}}]}"#;

#[tokio::test]
async fn answers_of_three_vendors_become_one_person() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    let (report, rejects) = admin.import("a", AVEPOINT_PAGES, SourceFormat::Vendor(Face::AvePoint)).await;
    assert_eq!((report.records, report.merged.added, report.rejected), (3, 2, 1));
    assert_eq!((rejects[0].line, rejects[0].field.as_str()), (9, "status"));
    let (report, rejects) = admin.import("a", GENAUTH_PAGES, SourceFormat::Vendor(Face::GenAuth)).await;
    assert_eq!(rejects, []);
    assert_eq!((report.merged.added, report.merged.changed), (1, 1));
    let (report, rejects) = admin.import("a", BITBADGES_PAGE, SourceFormat::Vendor(Face::BitBadges)).await;
    assert_eq!((report.merged.added, report.merged.entries), (1, 3));
    assert_eq!(rejects[0].field, "announcements[1].collectionId");
    // A line of the company's own joins the chain account to the person.
    let before = admin.users("a").await;
    assert_eq!(before[0]["id"], "c2aa");
    assert_eq!(before[0]["issuedIds"], json!({ "avepoint": "c2aa", "genauth": "6229" }));
    assert_eq!(before[0]["profile"]["displayName"], "Tony");
    assert_eq!(before[0]["postal"]["country"], "Slovenia");
    for (text, from) in [
        (AVEPOINT_PAGES, SourceFormat::Vendor(Face::AvePoint)),
        (GENAUTH_PAGES, SourceFormat::Vendor(Face::GenAuth)),
        (BITBADGES_PAGE, SourceFormat::Vendor(Face::BitBadges)),
    ] {
        let (report, _) = admin.import("a", text, from).await;
        assert_eq!((report.merged.added, report.merged.entries), (0, 0), "{from:?}");
    }
    assert_eq!(admin.users("a").await.len(), before.len());
    assert!(!admin.export("a").await.contains("57_secret"));
}

#[tokio::test]
async fn imports_at_once_take_turns() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let texts = [0, 1, 2].map(|n: usize| {
        lines(
            &(0..500)
                .map(|i| person(&format!("{}", n * 250 + i), &format!("{}@example.com", n * 250 + i)))
                .collect::<Vec<_>>(),
        )
    });
    let admins = [Admin::of(&app), Admin::of(&app), Admin::of(&app)];
    let [a, b, c] = texts;
    let reports = tokio::join!(
        admins[0].import("a", a, CANONICAL),
        admins[1].import("a", b, CANONICAL),
        admins[2].import("a", c, CANONICAL),
    );
    let added: u64 = [&reports.0, &reports.1, &reports.2].iter().map(|(report, _)| report.merged.added).sum();
    assert_eq!(added, 1000);
    let users = admins[0].users("a").await;
    let mut ids: Vec<_> = users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1000);
}
