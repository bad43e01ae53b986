//! Imports of tables in CSV, of lists by SCIM, and of GenAuth's `list-users`.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use userbatch::admin::{AdminError, ImportOptions, Mapping, MappingError, SourceFormat, TableKind};
use userbatch::core::face::Face;
use userbatch::store::MaxRemovals;

use crate::admin_api::Api;
use crate::app::{Database, TestApp};
use crate::importing::{Admin, CANONICAL};
use crate::program::{Program, json_of};

const CSV: SourceFormat = SourceFormat::Table(TableKind::Any);
const ENTRA: SourceFormat = SourceFormat::Table(TableKind::Entra);
const OKTA: SourceFormat = SourceFormat::Table(TableKind::Okta);

async fn directory() -> (TestApp, Admin) {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    (app, admin)
}

fn mapped(mappings: &[&str]) -> ImportOptions {
    let map: Vec<Mapping> = mappings.iter().map(|text| text.parse().unwrap()).collect();
    ImportOptions { from: CSV, map, ..ImportOptions::default() }
}

fn people() -> ImportOptions {
    mapped(&[
        "No=id",
        "Name=profile.displayName",
        "Mail=contact.email",
        "State=account.status",
        "Locker=customData.locker",
    ])
}

/// The users without what tells who set which fields.
async fn users(admin: &Admin) -> Vec<Value> {
    let mut users = admin.users("a").await;
    for user in &mut users {
        user.as_object_mut().unwrap().shift_remove("setBy");
    }
    users
}

#[tokio::test]
async fn rows_come_in_and_faulty_ones_are_told_by_line_and_column() {
    let (_app, admin) = directory().await;
    let table = "No,Name,Mail,State,Locker\n1,\"Lee,\nAnn\",ann@example.com,activated,17\n2,Bob,bob@example.com,secret,\n\
                 3,Cid\n4,Dan,ann@example.com,,\n,Eve,,,\n";
    let dry_run = ImportOptions { dry_run: true, ..people() };
    let (dry, told) = admin.try_import("a", table, &dry_run).await;
    let dry = dry.unwrap();
    assert_eq!((dry.merged.added, dry.rejected, dry.merged.applied), (1, 4, false));
    assert_eq!(dry.preview.unwrap().added, ["1"]);
    assert_eq!(admin.export("a").await, "");

    let (report, rejects) = admin.try_import("a", table, &people()).await;
    let report = report.unwrap();
    assert_eq!((report.records, report.merged.added, report.rejected), (5, 1, 4));
    assert_eq!(told, rejects);
    let rejects: Vec<String> =
        rejects.iter().map(|reject| format!("{}: {} {}", reject.line, reject.field, reject.reason)).collect();
    assert_eq!(
        rejects,
        [
            "4: State must be one of `activated`, `suspended`, `deactivated`, `resigned`, `archived`",
            "5:  has 2 columns, and the header 5",
            "7: No is empty, and each user must have an id",
            "6: contact.email belongs to another record in this import",
        ]
    );
    let ann = json!({
        "id": "1", "profile": { "displayName": "Lee,\nAnn" }, "contact": { "email": "ann@example.com" },
        "account": { "status": "activated" }, "customData": { "locker": "17" },
    });
    assert_eq!(users(&admin).await, [ann]);
    assert_eq!(admin.users("a").await[0]["setBy"], json!({ "csv": "*" }));
}

#[tokio::test]
async fn an_emptied_cell_takes_away_what_the_table_alone_had_set_and_a_missing_column_nothing() {
    let (_app, admin) = directory().await;
    let whole = "No;Name;Mail;State;Locker\n1;Ann;ann@example.com;activated;17\n";
    admin.try_import("a", whole, &people()).await.0.unwrap();
    let own = r#"{"id":"1","profile":{"displayName":"Ann"},"employment":{"company":"ABC"}}"#;
    admin.import("a", own, CANONICAL).await;

    let without_columns = "No;Name\n1;Ann\n";
    let (report, _) = admin.try_import("a", without_columns, &people()).await;
    assert_eq!(report.unwrap().merged.unchanged, 1);
    let emptied = "No;Name;Mail;State;Locker\n1;;ann@example.com; ;\n";
    let (report, _) = admin.try_import("a", emptied, &people()).await;
    assert_eq!(report.unwrap().merged.changed, 1);
    let ann = json!({
        "id": "1", "profile": { "displayName": "Ann" }, "contact": { "email": "ann@example.com" },
        "employment": { "company": "ABC" },
    });
    assert_eq!(users(&admin).await, [ann]);
    assert_eq!(
        admin.users("a").await[0]["setBy"],
        json!({ "csv": ["contact.email"], "userbatch": ["employment.company", "profile.displayName"] })
    );
}

#[tokio::test]
async fn who_is_no_longer_in_a_whole_table_goes_and_other_sources_users_stay() {
    let (_app, admin) = directory().await;
    let table = |rows: &str| format!("objectId,displayName,mail,department,accountEnabled\n{rows}");
    let both = table(
        "e1,Ann,ann@example.com,Research,True\ne2,Bob,bob@example.com,Sales,True\ne3,Cid,cid@example.com,,False\n",
    );
    admin.import("a", both, ENTRA).await;
    // Bob is Okta's as well, and found by his address; Eve is of neither.
    let okta = "id,email,firstName,status\n00u2,bob@example.com,Robert,ACTIVE\n";
    assert_eq!(admin.joins("a", okta, OKTA).await.len(), 1);
    admin.import("a", r#"{"id":"own","profile":{"displayName":"Eve"}}"#, CANONICAL).await;

    let one = table("e1,Ann,ann@example.com,Research,True\n");
    let options = |percent| ImportOptions {
        from: ENTRA,
        replace: MaxRemovals::percent(percent),
        ..ImportOptions::default()
    };
    let (refused, _) = admin.try_import("a", one.clone(), &options(10.0)).await;
    assert!(matches!(refused, Err(AdminError::TooManyRemovals(2, 3))), "{refused:?}");
    let (report, _) = admin.try_import("a", one, &options(100.0)).await;
    let merged = report.unwrap().merged;
    assert_eq!((merged.removed, merged.changed, merged.unchanged), (1, 1, 1));
    let left = users(&admin).await;
    let bob = json!({
        "id": "e2", "contact": { "email": "bob@example.com" }, "account": { "status": "activated" },
        "issuedIds": { "okta": "00u2" }, "profile": { "givenName": "Robert" },
    });
    assert_eq!(left.len(), 3);
    assert_eq!((&left[0]["id"], &left[1], &left[2]["id"]), (&json!("e1"), &bob, &json!("own")));
}

#[tokio::test]
async fn a_table_that_cannot_be_mapped_is_refused_before_it_is_read() {
    let (_app, admin) = directory().await;
    let refused = async |options: &ImportOptions, text: &str| {
        admin.try_import("a", text, options).await.0.unwrap_err().to_string()
    };
    let no_id = refused(&mapped(&["Mail=contact.email"]), "").await;
    assert_eq!(no_id, MappingError::NoId.to_string());
    let no_table = ImportOptions { from: CANONICAL, ..people() };
    assert_eq!(refused(&no_table, "").await, MappingError::NotTable.to_string());
    // Of what may be somebody's data, for lack of a header, nothing is told.
    let no_header = refused(&people(), "secret,secret@example.com\n").await;
    assert!(no_header.contains("no column No") && !no_header.contains("secret"), "{no_header}");
}

#[tokio::test]
async fn lists_by_scim_and_of_genauth_come_in_and_take_away_what_they_no_longer_have() {
    let (_app, admin) = directory().await;
    let list = |users: &[Value]| json!({ "totalResults": users.len(), "Resources": users }).to_string();
    let ann = json!({
        "id": "s1", "userName": "ann", "active": false, "emails": [{ "value": "ann@example.com" }],
        "title": "Director", "password": "secret-4711",
    });
    let pages =
        list(&[ann]) + "\n" + &list(&[]) + &list(&[json!({ "id": "s2" }), json!({ "userName": "x" })]);
    let (report, rejects) = admin.import("a", pages, SourceFormat::Scim).await;
    let rejects: Vec<String> =
        rejects.iter().map(|reject| format!("{}: {} {}", reject.line, reject.field, reject.reason)).collect();
    assert_eq!(
        (report.merged.added, rejects),
        (1, vec!["2: userName is missing".into(), "2: id is missing".into()])
    );
    let mut expected = json!({
        "id": "s1", "profile": { "username": "ann" }, "contact": { "email": "ann@example.com" },
        "employment": { "jobTitle": "Director" }, "account": { "status": "deactivated" },
    });
    assert_eq!(users(&admin).await, [expected.clone()]);
    let without_title = json!({ "id": "s1", "userName": "ann", "emails": [{ "value": "ann@example.com" }] });
    admin.import("a", list(&[without_title]), SourceFormat::Scim).await;
    expected.as_object_mut().unwrap().retain(|group, _| group != "employment" && group != "account");
    assert_eq!(users(&admin).await, [expected]);

    let page = json!({ "statusCode": 200, "data": { "list": [{ "userId": "g1" }, { "userId": "g2" }], "totalCount": 2 } });
    let (report, _) =
        admin.import("a", format!("[{page},{page}]"), SourceFormat::Vendor(Face::GenAuth)).await;
    assert_eq!((report.records, report.merged.added), (4, 2));
}

#[tokio::test]
async fn the_samples_come_in_as_the_one_person_that_they_are_about() {
    let program = Program::new(Database::new().await);
    program.json("tenant create --slug acme");
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/samples");
    let import = |arguments: &str, file: &str| {
        let output = program
            .command(&format!("import --tenant acme --output json --rejects - {arguments}"))
            .arg(format!("{samples}/{file}"))
            .output()
            .unwrap();
        (json_of(&output, file), String::from_utf8(output.stderr).unwrap())
    };
    let mut counts = Vec::new();
    for (from, file) in [
        ("entra-csv", "entra.csv"),
        ("okta-csv", "okta.csv"),
        ("scim", "scim.json"),
        ("genauth", "genauth-list.json"),
    ] {
        let (report, _) = import(&format!("--from {from}"), file);
        counts.push(json!([report["added"], report["changed"], report["joined"], report["rejected"]]));
    }
    let map = "--map No=employment.externalId --map No=id --map E-mail=contact.email \
               --map departments=employment.departmentIds --map Since=account.createdAt";
    let (report, told) = import(&format!("--from csv {map}"), "people.csv");
    counts.push(json!([report["added"], report["changed"], report["joined"], report["rejected"]]));
    assert_eq!(json!(counts), json!([[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]]));
    assert!(
        told.starts_with("columns ignored: Full name, Locker\ncolumns mapped, but missing: Since\n"),
        "{told}"
    );
    let export = String::from_utf8(program.export("acme")).unwrap();
    let mut user: Value = serde_json::from_str(&export).unwrap();
    user.as_object_mut().unwrap().shift_remove("setBy");
    insta::assert_json_snapshot!("samples", user);
}

#[tokio::test]
async fn the_admin_api_takes_tables_too() {
    let api = Api::start().await;
    api.app.tenant("acme").await;
    let import = async |query: &str| {
        let request = api.request(Method::POST, &format!("/tenants/acme/import?{query}"));
        let response = request.body("No,Mail,Note\n1,ann@example.com,x\n").send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap())
    };
    let (status, report) =
        import("from=csv&map=No%3Did&map=mail=contact.email&map=Name=profile.displayName").await;
    assert_eq!((status, &report["added"]), (StatusCode::OK, &json!(1)));
    assert_eq!(report["columns"], json!({ "ignored": ["Note"], "missing": ["Name"] }));
    let (status, problem) = import("from=csv&map=No=id&map=Mail=contact.emial").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("no user has a field contact.emial") && detail.contains("contact.email"),
        "{detail}"
    );
    let (status, problem) = import("from=csv").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["detail"], MappingError::NoId.to_string());
    let (status, problem) = import("").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("import it with --from csv"), "{problem}");
}
