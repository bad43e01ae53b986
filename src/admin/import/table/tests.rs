//! Tests of tables.

use std::io::BufReader;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::collect::Parsed;
use super::*;
use crate::core::user::arbitrary;

fn map(mappings: &[&str]) -> ColumnMap {
    let mappings: Vec<Mapping> = mappings.iter().map(|text| text.parse().unwrap()).collect();
    ColumnMap::new(SourceFormat::Table(TableKind::Any), &mappings).unwrap()
}

/// What comes of a table: records with their lines, or the fault; rejects as text; and the columns without use.
struct Outcome {
    rows: Vec<(i64, Value)>,
    rejects: Vec<String>,
    unused: UnusedColumns,
}

/// Reads `text` in pieces of a few bytes.
fn read_all(text: &[u8], map: &ColumnMap) -> Result<Outcome, SourceFault> {
    let header = |text: &[u8]| -> Result<(Vec<(i64, Value)>, u64), SourceFault> {
        let mut reader = RecordReader::new(BufReader::with_capacity(3, text));
        let header = reader.header()?;
        let header = Header::find(&header, map)?;
        reader.set_delimiter(header.delimiter);
        let (mut record, mut rows) = (Record::default(), Vec::new());
        loop {
            match reader.next(&mut record)? {
                Next::End => return Ok((rows, reader.bytes())),
                Next::Record { line } if !record.is_blank() => {
                    if let Ok((user, empty)) = user(&header, &record) {
                        rows.push((line, json!({ "user": user, "empty": empty })));
                    }
                }
                Next::Record { .. } | Next::TooLong { .. } => {}
            }
        }
    };
    let (sender, mut parsed) = mpsc::channel(10);
    let mut collector = Collector::new(crate::core::user::DataSource::Csv, None, sender);
    read(BufReader::with_capacity(3, text), map, &mut collector)?;
    collector.flush()?;
    let Parsed { rejects, columns, .. } = parsed.try_recv().unwrap();
    let rejects =
        rejects.iter().map(|reject| format!("line {}: {} {}", reject.line, reject.field, reject.reason));
    let (rows, bytes) = header(text)?;
    assert_eq!(bytes, text.len() as u64);
    Ok(Outcome { rows, rejects: rejects.collect(), unused: columns.unwrap_or_default() })
}

const MAPPED: [&str; 4] =
    ["No=id", "Mail=contact.email", "Verified=contact.emailVerified", "Departments=employment.departmentIds"];

#[test]
fn rows_are_told_by_the_lines_on_which_they_start() {
    let text = "\r\n\"No\",Mail,Verified,Departments,\"Long\r\nnote\"\r\n1,a@example.com,true,x;y,\"two\r\n\"\"lines\"\"\"\r\n\r\n,,,,\r\n 2 ,,no,,\r\n3,c@example.com";
    let read = read_all(text.as_bytes(), &map(&MAPPED)).unwrap();
    let one = json!({
        "user": {
            "id": "1", "contact": { "email": "a@example.com", "emailVerified": true },
            "employment": { "departmentIds": ["x", "y"] },
        },
        "empty": {},
    });
    let two = json!({
        "user": { "id": "2" },
        "empty": { "contact": { "email": null, "emailVerified": false }, "employment": { "departmentIds": null } },
    });
    assert_eq!(read.rows, [(4, one), (8, two)]);
    assert_eq!(read.rejects, ["line 9:  has 2 columns, and the header 5"]);
    assert_eq!(read.unused, UnusedColumns { ignored: vec!["Long\nnote".to_owned()], missing: Vec::new() });
}

#[test]
fn faults_name_the_column_and_never_the_value() {
    let map =
        map(&["No=id", "Mail=contact.email", "Seen=logins.lastAt", "State=account.status", "N=logins.count"]);
    let table = b"No;Mail;Seen;State;N\n;x;;;\n1;secret;secret;;\n2;;;secret;\n3;;;;secret\n4;\xffsecret;;;\n5;a\0b;;;\n";
    let read = read_all(table, &map).unwrap();
    assert_eq!(read.rows, []);
    assert_eq!(
        read.rejects,
        [
            "line 2: No is empty, and each user must have an id",
            "line 3: Seen must be a date and time such as 2026-03-01T09:30:00Z",
            "line 4: State must be one of `activated`, `suspended`, `deactivated`, `resigned`, `archived`",
            "line 5: N must be a whole number",
            "line 6: Mail is not UTF-8",
            "line 7: Mail contains a NUL byte",
        ]
    );
}

#[test]
fn columns_are_found_in_any_case_and_with_any_delimiter() {
    for text in
        ["NO,mail\n1,a", "no;\" MAIL \"\n1;a", "note\tNo\tMail\nx,y;z\t1\ta", "\u{feff}No,Mail\n1,a\n\n"]
    {
        let read = read_all(text.as_bytes(), &map(&["No=id", "mail=contact.email"])).unwrap();
        let user = json!({ "user": { "id": "1", "contact": { "email": "a" } }, "empty": {} });
        assert_eq!(read.rows, [(2, user)], "{text}");
    }
    let read = read_all(b"No,x,,y\n1,,,", &map(&["No=id", "Mail=contact.email"])).unwrap();
    let unused =
        UnusedColumns { ignored: vec!["x".to_owned(), "y".to_owned()], missing: vec!["Mail".to_owned()] };
    assert_eq!(read.unused, unused);
    let read = read_all(b"No\tMail\t\n1\ta\tnote\n", &map(&["No=id", "mail=contact.email"])).unwrap();
    let user = json!({ "user": { "id": "1", "contact": { "email": "a" } }, "empty": {} });
    assert_eq!(read.rows, [(2, user)], "a column without a name, after the last delimiter");
}

#[test]
fn a_quote_within_a_name_opens_nothing() {
    let text = "No,Mail,Screen 15\"\n1,a,15\"\n2,b,\n";
    let read = read_all(text.as_bytes(), &map(&["No=id", "Mail=contact.email"])).unwrap();
    let lines: Vec<i64> = read.rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3]);
    let text = "No,Mail,\"a \"\"b\"\"\n, c\"\n1,a,\n";
    let read = read_all(text.as_bytes(), &map(&["No=id", "Mail=contact.email"])).unwrap();
    assert_eq!((read.rows.len(), read.rows[0].0), (1, 3), "and one around it does");
}

#[test]
fn what_is_no_table_is_refused_as_a_whole() {
    let fault = |text: &str| read_all(text.as_bytes(), &map(&MAPPED)).err().unwrap().to_string();
    assert_eq!(fault(" \r\n\n"), "the file is empty");
    assert_eq!(
        fault("Ann,ann@example.com\n"),
        "the header has no column No for the users' ids; check that the first line is the header, or \
         say which column has them with --map COLUMN=id"
    );
    assert_eq!(fault("No,Mail,MAIL\n"), "the header has the column Mail twice; rename or remove one of them");
    assert_eq!(
        fault("No,Mail\n1,a\n2,\"b\n3,c\n"),
        "the file is truncated: it ends in the middle of a value in line 3; nothing was imported"
    );
    let unclosed = format!("No,Mail\n1,\"{}", "a\n".repeat(1 << 20));
    assert_eq!(fault(&unclosed), "line 2: a record is larger than 1 MiB");
    let long = format!("No,Mail\n1,{}\n2,b\n", "a".repeat(1 << 20));
    let read = read_all(long.as_bytes(), &map(&["No=id"])).unwrap();
    assert_eq!((read.rejects, read.rows.len()), (vec!["line 2:  is longer than 1 MiB".to_owned()], 1));
}

#[test]
fn tables_of_directories_are_recognised() {
    let kind = |text: &str| recognise(text.as_bytes());
    let entra =
        "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,jobTitle\na,b,c,d,e,f,g,h\n";
    assert_eq!(kind(entra), Some(SourceFormat::Table(TableKind::Entra)));
    let okta = "User ID;Login;First name;Last name;Primary email;Okta user status\n";
    assert_eq!(kind(okta), Some(SourceFormat::Table(TableKind::Okta)));
    assert_eq!(kind("No\tMail\n1\ta"), Some(SourceFormat::Table(TableKind::Any)));
    for other in ["", "no json", "{\"id\":\"1\",\"x\":1}", "\"id\":\"1\",\"x\":1}", "[1,2]"] {
        assert_eq!(kind(other), None, "{other}");
    }
}

/// The cell that stands for a value.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.iter().map(|text| cell(Some(text))).collect::<Vec<_>>().join(";"),
        Some(other) => other.to_string(),
    }
}

/// `document` without what a table cannot say: lists with blank or parted texts, and blanks around text.
fn sayable(path: &str, value: &Value) -> Option<Value> {
    let is_plain = |text: &str| text == text.trim() && !text.is_empty() && !text.contains('\r');
    let is_sayable = match value {
        Value::String(text) => is_plain(text),
        Value::Array(list) => {
            list.iter().all(|text| text.as_str().is_some_and(|text| is_plain(text) && !text.contains(';')))
        }
        other => !other.is_object(),
    };
    (is_sayable && User::field_kind(path).is_some()).then(|| value.clone())
}

proptest! {
    /// A table written by another hand from any users reads back as the same fields.
    #[test]
    fn users_in_a_table_read_back_the_same(
        users in proptest::collection::vec(arbitrary::user(), 1..4), delimiter in prop::sample::select(header::DELIMITERS.to_vec()),
        is_windows in any::<bool>(),
    ) {
        let paths: Vec<String> = User::field_paths().collect();
        let mut expected = Vec::new();
        let terminator = if is_windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut table = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        table.write_record(&paths).unwrap();
        for user in &users {
            let document = serde_json::to_value(user).unwrap();
            let mut kept = JsonObject::new();
            let mut cells = Vec::new();
            for path in &paths {
                let value = document.pointer(&format!("/{}", path.replace('.', "/")));
                let value = value.and_then(|value| sayable(path, value));
                cells.push(cell(value.as_ref()));
                if let Some(value) = value {
                    put(&mut kept, path, value);
                }
            }
            // An id with blanks around it is not one that a table can say.
            prop_assume!(kept.contains_key("id"));
            table.write_record(&cells).unwrap();
            expected.push(serde_json::from_value::<User>(kept.into()).unwrap());
        }
        let mappings: Vec<String> = paths.iter().map(|path| format!("{path}={path}")).collect();
        let map = map(&mappings.iter().map(String::as_str).collect::<Vec<_>>());
        let read = read_all(&table.into_inner().unwrap(), &map).unwrap();
        prop_assert_eq!(&read.rejects, &Vec::<String>::new());
        let users: Vec<User> = read.rows.iter().map(|(_, row)| serde_json::from_value(row["user"].clone()).unwrap()).collect();
        prop_assert_eq!(users, expected);
    }

    #[test]
    fn no_table_panics(text in any::<Vec<u8>>(), head in "(No|Mail|[,;\t\"\n])*") {
        let text = [head.as_bytes(), b"\n", &text].concat();
        drop(read_all(&text, &map(&MAPPED)));
        recognise(&text);
    }
}
