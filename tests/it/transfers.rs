//! Imports and exports over HTTP hold no resources for a stalled client, and their number is limited.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use userbatch::api::admin::TransferLimits;
use userbatch::store::{ExportSink, OwnerOptions, OwnerStore, RecordKind, StoreError};

use crate::admin_api::{Api, TOKEN};
use crate::app::{Database, TestApp};

/// Long enough for a busy machine, short enough for a test.
const LIMIT: Duration = Duration::from_millis(1_500);
const PATIENCE: Duration = Duration::from_secs(30);
/// More than all the buffers between Postgres and a client hold.
const MANY: usize = 250;
const FILLER_BYTES: usize = 100 << 10;

/// The API with one place for an import or an export, for clients that stall for as long as `limit`.
async fn api_within(limit: Duration) -> Api {
    let api = Api::start_within(&TransferLimits { at_once: 1, body_pause: limit }, limit).await;
    api.call(Method::POST, "/tenants", Some(json!({ "slug": "acme" }))).await;
    api
}

async fn api() -> Api {
    api_within(LIMIT).await
}

fn lines(count: usize, filler_bytes: usize) -> String {
    let filler = "x".repeat(filler_bytes);
    let (custom, set_by) = (json!({ "filler": filler }), json!({ "userbatch": "*" }));
    let line = |id| json!({ "id": format!("user-{id}"), "customData": custom, "setBy": set_by }).to_string();
    (0..count).map(|id| line(id) + "\n").collect()
}

async fn fill(api: &Api, lines: &str) {
    let import = api.request(Method::POST, "/tenants/acme/import").body(lines.to_owned());
    assert_eq!(import.send().await.unwrap().status(), StatusCode::OK);
}

/// What the sessions of this name do: their states and what they wait for.
async fn sessions(database: &Database, name: &str) -> Vec<(String, Option<String>)> {
    let mut connection = database.owner_connection().await;
    sqlx::query_as(
        "SELECT state, wait_event FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = $1 AND state IS NOT NULL",
    )
    .bind(name)
    .fetch_all(&mut connection)
    .await
    .unwrap()
}

async fn until_there_is(database: &Database, name: &str, wanted: impl Fn(&str, Option<&str>) -> bool) {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = sessions(database, name).await;
        if found.iter().any(|(state, wait)| wanted(state, wait.as_deref())) {
            return;
        }
        assert!(Instant::now() < end, "{name}: {found:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn until_gone(database: &Database, name: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = sessions(database, name).await;
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "{name}: {left:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// A client that takes as little as it can before it reads.
async fn connect(api: &Api) -> TcpStream {
    let address = api.base_url.trim_start_matches("http://").split('/').next().unwrap().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    socket.connect(address).await.unwrap()
}

async fn ask_for_export(api: &Api) -> TcpStream {
    let mut client = connect(api).await;
    let ask = format!(
        "GET /admin/v1/tenants/acme/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Connection: close\r\n\r\n"
    );
    client.write_all(ask.as_bytes()).await.unwrap();
    client
}

/// How HTTP/1.1 ends an answer that is whole (RFC 9112, section 7.1).
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"\r\n0\r\n\r\n")
}

#[tokio::test]
async fn an_export_that_nobody_takes_is_broken_off_and_lets_go_of_its_snapshot() {
    let api = api().await;
    let all = lines(MANY, FILLER_BYTES);
    fill(&api, &all).await;
    let mut client = ask_for_export(&api).await;
    let mut answer = vec![0; 64];
    client.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    let sending = |state: &str, wait: Option<&str>| state == "active" && wait == Some("ClientWrite");
    until_there_is(&api.app.database, "userbatch export", sending).await;

    until_gone(&api.app.database, "userbatch export").await;
    // The connection may end with a reset.
    let _ = timeout(PATIENCE, client.read_to_end(&mut answer)).await.expect("the connection is closed");
    assert!(answer.len() < all.len() && !is_whole(&answer), "{} bytes", answer.len());
    let next = api.request(Method::GET, "/tenants/acme/export").send().await.unwrap();
    assert_eq!(next.status(), StatusCode::OK, "its place is free again");
    assert_eq!(next.text().await.unwrap(), all);
}

#[tokio::test]
async fn an_export_that_is_taken_slowly_comes_whole() {
    let api = api().await;
    let all = lines(MANY, FILLER_BYTES);
    fill(&api, &all).await;
    let started = Instant::now();
    let mut client = ask_for_export(&api).await;
    let (mut answer, mut part) = (Vec::new(), vec![0; 1 << 20]);
    while !is_whole(&answer) {
        // A pause after each megabyte: each shorter than the limit, all of them longer.
        sleep(LIMIT / 15).await;
        let mut filled = 0;
        while filled < part.len() {
            let read = client.read(&mut part[filled..]).await.unwrap();
            if read == 0 {
                break;
            }
            filled += read;
        }
        assert!(filled > 0, "broken off after {} bytes", answer.len());
        answer.extend_from_slice(&part[..filled]);
    }
    assert!(answer.len() > all.len() && started.elapsed() > LIMIT);
    until_gone(&api.app.database, "userbatch export").await;
}

#[tokio::test]
async fn an_export_whose_client_goes_away_ends() {
    let api = api_within(2 * PATIENCE).await;
    fill(&api, &lines(MANY, FILLER_BYTES)).await;
    let client = ask_for_export(&api).await;
    until_there_is(&api.app.database, "userbatch export", |state, _| state == "active").await;
    drop(client);
    until_gone(&api.app.database, "userbatch export").await;
}

/// Whole lines in chunks, and then nothing, with the connection left open.
async fn stalled_import(api: &Api, options: &str, first: &str) -> TcpStream {
    let mut client = connect(api).await;
    let head = format!(
        "POST /admin/v1/tenants/acme/import{options} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n",
        first.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client
}

#[tokio::test]
async fn an_import_whose_body_stops_arriving_is_undone_and_told_so() {
    let api = api().await;
    let page = json!({ "data": [{ "id": "1" }], "metadata": {} }).to_string();
    for (options, first) in [("", "{\"id\":\"1\"}\n"), ("?from=avepoint", &page[..20]), ("", "")] {
        // An empty chunk would end the body.
        let mut client = stalled_import(&api, options, if first.is_empty() { " " } else { first }).await;
        until_there_is(&api.app.database, "userbatch import", |_, _| true).await;
        let mut answer = String::new();
        timeout(PATIENCE, client.read_to_string(&mut answer)).await.expect("answered and closed").unwrap();
        let (head, problem) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout"), "{head}");
        assert!(head.contains("application/problem+json"), "{head}");
        let problem: Value = serde_json::from_str(problem).unwrap();
        assert_eq!(problem["status"], 408);
        until_gone(&api.app.database, "userbatch import").await;
    }
    let export = api.request(Method::GET, "/tenants/acme/export").send().await.unwrap();
    assert_eq!(export.text().await.unwrap(), "");
    let (_, acts) = api.call(Method::GET, "/audit?tenant=acme", None).await;
    assert!(acts.as_array().unwrap().iter().all(|act| act["act"] != "users.import"));
}

#[tokio::test]
async fn an_import_that_arrives_slowly_is_taken_whole() {
    let api = api().await;
    let mut client = stalled_import(&api, "", "{\"id\":\"1\"}\n").await;
    for id in 2..8 {
        sleep(LIMIT / 4).await;
        let line = format!("{{\"id\":\"{id}\"}}\n");
        client.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes()).await.unwrap();
    }
    client.write_all(b"0\r\n\r\n").await.unwrap();
    let mut head = [0; 15];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let export = api.request(Method::GET, "/tenants/acme/export").send().await.unwrap();
    assert_eq!(export.text().await.unwrap().lines().count(), 7);
}

#[tokio::test]
async fn a_small_body_that_stops_arriving_is_told_so_too() {
    let api = api().await;
    let mut client = connect(&api).await;
    let head = format!(
        "POST /admin/v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: 16\r\n\r\n{{\"slug\":"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, client.read_to_string(&mut answer)).await.expect("answered and closed").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout"), "{answer}");
}

#[tokio::test]
async fn more_transfers_than_there_are_places_for_are_refused_until_one_ends() {
    let api = api_within(2 * PATIENCE).await;
    let mut first = stalled_import(&api, "", "{\"id\":\"1\"}\n").await;
    until_there_is(&api.app.database, "userbatch import", |_, _| true).await;
    for (method, path) in [(Method::POST, "/tenants/acme/import"), (Method::GET, "/tenants/acme/export")] {
        let refused = api.request(method, path).body("{\"id\":\"2\"}\n").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
        let problem: Value = refused.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("under way"), "{problem}");
    }
    let (status, _) = api.call(Method::GET, "/tenants", None).await;
    assert_eq!(status, StatusCode::OK, "other calls need no place");
    first.write_all(b"0\r\n\r\n").await.unwrap();
    let mut head = [0; 15];
    first.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let export = api.request(Method::GET, "/tenants/acme/export").send().await.unwrap();
    assert_eq!(export.text().await.unwrap(), "{\"id\":\"1\",\"setBy\":{\"userbatch\":\"*\"}}\n");
}

/// Takes one document and then hangs, as a process does that was stopped.
struct Hanging;

impl ExportSink for Hanging {
    type Error = StoreError;

    async fn take(&mut self, _: RecordKind, _: String) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

/// An export by a process that hangs, and the state in which its session waits.
async fn hanging_export(users: usize, untaken: Duration, waits: impl Fn(&str, Option<&str>) -> bool) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let records = lines(users, FILLER_BYTES);
    let records: Vec<_> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    tenant.put_users(&records).await;
    let options = OwnerOptions { export_untaken: untaken, ..OwnerOptions::default() };
    let store = OwnerStore::new(&app.database.owner_url, &options).unwrap();
    let export = tokio::spawn(async move { store.start_export(tenant.id).await?.all(&mut Hanging).await });
    until_there_is(&app.database, "userbatch export", waits).await;
    until_gone(&app.database, "userbatch export").await;
    assert!(!export.is_finished(), "the process hangs still: the server ended the session");
    export.abort();
}

/// The limit behind it is Linux's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_server_ends_a_session_whose_rows_no_process_takes() {
    let sending = |state: &str, wait: Option<&str>| state == "active" && wait == Some("ClientWrite");
    hanging_export(MANY, Duration::from_secs(1), sending).await;
}

#[tokio::test]
async fn the_server_ends_a_session_that_has_sent_its_rows_to_a_process_that_hangs() {
    let sent = |state: &str, _: Option<&str>| state == "idle in transaction";
    hanging_export(2, Duration::from_millis(100), sent).await;
}
