//! Every fault in a file is reported in one message, with its position, and affects only its record (canonical NDJSON)
//! or the file (pages, where what is missing cannot be determined).

use userbatch::admin::{ImportOptions, Mapping, Reject, SourceFormat, TableKind};
use userbatch::core::face::Face;

use crate::app::TestApp;
use crate::importing::Admin;

/// A record of `format`; `name` may be anyone's, `login` is one user's.
fn record(format: SourceFormat, number: u8, name: &str, login: &str) -> String {
    match format {
        SourceFormat::Canonical => format!(
            r#"{{"id":"{number}","profile":{{"displayName":"{name}"}},"contact":{{"email":"{login}@example.com"}}}}"#
        ),
        SourceFormat::Vendor(Face::AvePoint) => {
            format!(r#"{{"id":"{number}","displayName":"{name}","mail":"{login}@example.com"}}"#)
        }
        SourceFormat::Vendor(Face::GenAuth) => {
            format!(
                r#"{{"userId":"{number}","name":"{name}","email":"{login}@example.com","emailVerified":true}}"#
            )
        }
        SourceFormat::Vendor(Face::BitBadges) => {
            format!(r#"{{"address":"0x{number:040x}","discord":"{name}","username":"{login}"}}"#)
        }
        SourceFormat::Scim => format!(
            r#"{{"id":"{number}","userName":"{login}","displayName":"{name}","emails":[{{"value":"{login}@example.com"}}]}}"#
        ),
        SourceFormat::Table(_) => format!("{number},\"{name}\",{login}@example.com"),
    }
}

/// The header of a table of this kind.
const fn header(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Any => "No,Name,Mail",
        TableKind::Entra => "objectId,displayName,mail",
        TableKind::Okta => "id,displayName,email",
    }
}

/// The mappings that the table needs.
fn mappings(format: SourceFormat) -> Vec<Mapping> {
    match format {
        SourceFormat::Table(TableKind::Any) => ["No=id", "Name=profile.displayName", "Mail=contact.email"]
            .map(|text| text.parse().unwrap())
            .into(),
        _ => Vec::new(),
    }
}

/// A source with these records, one a line, the first on line 2 if it is a page.
fn source(format: SourceFormat, records: &[String]) -> String {
    match format {
        SourceFormat::Canonical => records.join("\n") + "\n",
        SourceFormat::Vendor(Face::AvePoint) => {
            format!("{{\"data\":[\n{}\n],\"metadata\":{{}}}}\n", records.join(",\n"))
        }
        SourceFormat::Vendor(Face::GenAuth) => {
            format!("{{\"statusCode\":200,\"data\":[\n{}\n]}}\n", records.join(",\n"))
        }
        SourceFormat::Vendor(Face::BitBadges) => format!("{{\"accounts\":[\n{}\n]}}\n", records.join(",\n")),
        SourceFormat::Scim => format!("{{\"Resources\":[\n{}\n]}}\n", records.join(",\n")),
        SourceFormat::Table(kind) => format!("{}\n{}\n", header(kind), records.join("\n")),
    }
}

/// `text` with the mark in it replaced.
fn marked(text: &str, mark: &[u8]) -> Vec<u8> {
    let (before, after) = text.split_once("MARK").unwrap();
    [before.as_bytes(), mark, after.as_bytes()].concat()
}

/// The same two users in a file that has one flaw, by its name, and whether it is a flaw at all.
fn flawed(format: SourceFormat) -> Vec<(&'static str, bool, Vec<u8>)> {
    let (one, two) = (record(format, 1, "Ann", "ann"), record(format, 2, "Bob", "bob"));
    let sound = source(format, &[one.clone(), two.clone()]);
    let marked = |mark| marked(&source(format, &[one.clone(), record(format, 2, "BMARKb", "bob")]), mark);
    let cut = &sound[..=sound.find("Bob").unwrap()];
    let rival = record(format, 3, "Eve", "ann");
    // CSV has no escapes.
    let is_escape = !matches!(format, SourceFormat::Table(_));
    vec![
        ("byte order mark", false, format!("\u{feff}{sound}").into_bytes()),
        ("lines that end as on Windows", false, sound.replace('\n', "\r\n").into_bytes()),
        ("one record twice", false, source(format, &[one.clone(), two.clone(), two.clone()]).into_bytes()),
        ("two users, one login", true, source(format, &[one.clone(), two.clone(), rival]).into_bytes()),
        ("cut off", true, cut.as_bytes().to_vec()),
        ("Latin-1", true, marked(b"\xf6")),
        ("NUL byte", true, marked(b"\0")),
        ("escaped NUL", is_escape, marked(b"\\u0000")),
        ("half of a surrogate pair", is_escape, marked(b"\\ud800")),
    ]
}

fn told(rejects: &[Reject]) -> Vec<String> {
    rejects.iter().map(|reject| format!("line {}: {} {}", reject.line, reject.field, reject.reason)).collect()
}

#[tokio::test]
async fn each_flaw_of_a_file_is_told_in_one_message() {
    let app = TestApp::start().await;
    let admin = Admin::of(&app);
    let mut seen = Vec::new();
    for from in SourceFormat::all() {
        for (number, (flaw, is_flaw, text)) in flawed(from).into_iter().enumerate() {
            let slug = format!("{}-{number}", from.as_str());
            app.tenant(&slug).await;
            let options = ImportOptions { from, map: mappings(from), ..ImportOptions::default() };
            let (outcome, rejects) = admin.try_import(&slug, text, &options).await;
            let users = admin.users(&slug).await.len();
            let outcome = match outcome {
                Ok(report) => {
                    assert_eq!(rejects.len(), usize::from(is_flaw), "{slug}, {flaw}: {rejects:?}");
                    assert_eq!(usize::try_from(report.merged.added).unwrap(), users);
                    format!("{users} users; {}", told(&rejects).concat())
                }
                Err(error) => {
                    assert!(is_flaw && rejects.is_empty() && users == 0, "{slug}, {flaw}: {error}");
                    format!("refused: {error}")
                }
            };
            seen.push(format!("{}, {flaw}: {}", from.as_str(), outcome.trim_end_matches("; ")));
        }
    }
    insta::assert_json_snapshot!("flaws", seen);
}
