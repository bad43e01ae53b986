//! A hundred megabytes on one line: memory use stays flat, and what must be rejected is rejected with a clear message.
//! The source is generated while it is read, and never exists as a whole.

use std::io::Read;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use userbatch::admin::{SourceFormat, TableKind};
use userbatch::core::face::Face;

use crate::app::Database;
use crate::program::{Program, json_of};

const MEGABYTE: usize = 1_000_000;
const SIZE: usize = 100 * MEGABYTE;
/// More than the program ever has, unoptimised some 47 MB and 62 MB with a record of the largest size, and less than it
/// would have with the smaller pages held whole.
const MOST_MEMORY: usize = 75 * MEGABYTE;

/// Text that is made while it is read.
struct Made<I> {
    parts: I,
    part: std::io::Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = Vec<u8>>> Read for Made<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.part.read(buffer)? {
                0 => match self.parts.next() {
                    Some(part) => self.part = std::io::Cursor::new(part),
                    None => return Ok(0),
                },
                read => return Ok(read),
            }
        }
    }
}

fn made<I: Iterator<Item = Vec<u8>>>(parts: I) -> Made<I> {
    Made { parts, part: std::io::Cursor::default() }
}

/// `head`, a hundred megabytes of a letter, `tail`.
fn padded(head: &str, tail: &str) -> impl Read + Send + 'static {
    let padding = std::iter::repeat_n(vec![b'x'; MEGABYTE], SIZE / MEGABYTE);
    made(std::iter::once(head.into()).chain(padding).chain(std::iter::once(tail.into())))
}

/// Peak memory use of the process so far, in bytes; 0 if not available.
fn peak_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.map_or(0, |kilobytes| kilobytes.parse::<usize>().unwrap() * 1024)
}

/// Imports `source` from the standard input, and watches that memory stays flat.
async fn import(program: &Program, from: SourceFormat, mut source: impl Read + Send + 'static) -> Output {
    let words = format!("import --tenant acme --output json --from {} -", from.as_str());
    let mut command = program.command(&words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut import = command.spawn().unwrap();
    let mut input = import.stdin.take().unwrap();
    // A program that has refused the source reads no more of it, which breaks the pipe.
    let feeding = tokio::task::spawn_blocking(move || std::io::copy(&mut source, &mut input).map(drop));
    let mut peak = 0;
    while import.try_wait().unwrap().is_none() {
        peak = peak.max(peak_memory(import.id()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let _ = feeding.await.unwrap();
    assert!(peak < MOST_MEMORY, "{words}: {peak} bytes");
    assert!(peak > 0 || !cfg!(target_os = "linux"), "{words}: memory was not seen");
    import.wait_with_output().unwrap()
}

async fn program() -> Program {
    let program = Program::new(Database::new().await);
    program.json("tenant create --slug acme");
    program
}

#[tokio::test]
async fn a_canonical_line_of_a_hundred_megabytes_is_rejected_and_the_next_comes_in() {
    let program = program().await;
    let head = "{\"id\":\"1\"}\n{\"id\":\"2\",\"profile\":{\"nickname\":\"";
    let output = import(&program, SourceFormat::Canonical, padded(head, "\"}}\n{\"id\":\"3\"}\n")).await;
    let report = json_of(&output, "a long line");
    assert_eq!((&report["added"], &report["rejected"]), (&json!(2), &json!(1)));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "line 2: is longer than 1 MiB\n");
    let export = String::from_utf8(program.export("acme")).unwrap();
    let users: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((users.len(), &users[0]["id"], &users[1]["id"]), (2, &json!("1"), &json!("3")));
}

/// What is before the users of an answer, and after them.
fn around(vendor: SourceFormat) -> (&'static str, &'static str) {
    match vendor {
        SourceFormat::Scim => ("{\"Resources\":[", "]}"),
        SourceFormat::Canonical | SourceFormat::Table(_) | SourceFormat::Vendor(Face::AvePoint) => {
            ("{\"data\":[", "],\"metadata\":{}}")
        }
        SourceFormat::Vendor(Face::GenAuth) => ("{\"statusCode\":200,\"data\":[", "]}"),
        SourceFormat::Vendor(Face::BitBadges) => ("{\"accounts\":[", "]}"),
    }
}

/// The vendor's user of this number; every one has its own chain account.
fn user(vendor: SourceFormat, number: usize, padding: &str) -> Value {
    match vendor {
        SourceFormat::Scim => {
            json!({ "id": number.to_string(), "userName": format!("u{number}"), "x": padding })
        }
        SourceFormat::Canonical | SourceFormat::Table(_) | SourceFormat::Vendor(Face::AvePoint) => {
            json!({ "id": number.to_string(), "note": padding })
        }
        SourceFormat::Vendor(Face::GenAuth) => json!({ "userId": number.to_string(), "note": padding }),
        SourceFormat::Vendor(Face::BitBadges) => {
            json!({ "address": format!("0x{number:040x}"), "accountNumber": "-1", "note": padding })
        }
    }
}

/// Imports a page of `size` bytes into a tenant without users.
async fn import_page(vendor: SourceFormat, size: usize) {
    const RECORD: usize = 20_000;
    let program = program().await;
    let (head, tail) = around(vendor);
    let padding = "x".repeat(RECORD);
    let users = (0..size / RECORD).map(move |number| {
        let comma = if number == 0 { "" } else { "," };
        format!("{comma}{}", user(vendor, number, &padding)).into_bytes()
    });
    let page = made(std::iter::once(head.into()).chain(users).chain(std::iter::once(tail.into())));
    let report = json_of(&import(&program, vendor, page).await, vendor.as_str());
    let all = (&report["records"], &report["added"], &report["rejected"]);
    assert_eq!(all, (&json!(size / RECORD), &json!(size / RECORD), &json!(0)), "{report}");
}

#[tokio::test]
async fn a_page_of_a_hundred_megabytes_comes_in_whole() {
    import_page(SourceFormat::Vendor(Face::AvePoint), SIZE).await;
}

/// All three are read by one reader; a hundred megabytes of each would only take longer.
#[tokio::test]
async fn large_pages_of_the_other_vendors_come_in_whole() {
    import_page(SourceFormat::Vendor(Face::GenAuth), 40 * MEGABYTE).await;
    import_page(SourceFormat::Vendor(Face::BitBadges), 40 * MEGABYTE).await;
}

#[tokio::test]
async fn a_table_of_a_hundred_megabytes_comes_in_whole() {
    const ROW: usize = 20_000;
    let program = program().await;
    let padding = "x".repeat(ROW);
    let rows = (0..SIZE / ROW).map(move |number| format!("{number},Ann,\"{padding}\n\"\n").into_bytes());
    let table = made(std::iter::once(b"objectId,displayName,note\n".to_vec()).chain(rows));
    let format = SourceFormat::Table(TableKind::Entra);
    let report = json_of(&import(&program, format, table).await, format.as_str());
    let all = (&report["records"], &report["added"], &report["rejected"]);
    assert_eq!(all, (&json!(SIZE / ROW), &json!(SIZE / ROW), &json!(0)), "{report}");
}

#[tokio::test]
async fn a_quote_that_is_never_closed_takes_no_memory() {
    let program = program().await;
    let format = SourceFormat::Table(TableKind::Entra);
    let lines = std::iter::repeat_n(b"x,y,z\n".repeat(MEGABYTE / 6), 100);
    let table = made(std::iter::once(b"objectId,displayName,note\n1,\"Ann,\n".to_vec()).chain(lines));
    let output = import(&program, format, table).await;
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.ends_with("error: line 2: a record is larger than 1 MiB\n"), "{errors}");
    assert_eq!(program.export("acme"), b"");
}

#[tokio::test]
async fn a_user_of_a_hundred_megabytes_is_refused_with_the_answer() {
    let program = program().await;
    for vendor in Face::ALL.map(SourceFormat::Vendor) {
        let (head, tail) = around(vendor);
        let (first, second) = (user(vendor, 1, "x").to_string(), user(vendor, 2, "").to_string());
        let second = second.strip_suffix("\"}").unwrap();
        let answer = padded(&format!("{head}{first},\n{second}"), &format!("\"}}{tail}"));
        let output = import(&program, vendor, answer).await;
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert_eq!(errors, "error: line 2: a record is larger than 8 MiB\n");
    }
    assert_eq!(program.export("acme"), b"");
}
