//! Connections: a refusal always arrives, time limits hold, and a stop keeps no one waiting.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio_util::sync::CancellationToken;
use userbatch::api::admin::routes;
use userbatch::api::{self, Ingress, health};
use userbatch::server::{ConnectionTimes, ListenOptions};

use crate::app::{TestApp, serve};
use crate::gateway::Gateway;

/// Runs `talk` on a connection to the gateway, off the runtime.
async fn with_line<T: Send + 'static>(
    base_url: &str,
    talk: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> T {
    let address = base_url.trim_start_matches("http://").to_owned();
    let talk = move || {
        let line = TcpStream::connect(address).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        talk(line)
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

/// What the gateway answers to `request`, sent whole before anything is read.
async fn answer(base_url: &str, request: Vec<u8>) -> String {
    with_line(base_url, move |mut line| {
        line.write_all(&request).expect("the gateway takes the whole request");
        read(&mut line).expect("the answer arrives")
    })
    .await
}

fn read(line: &mut TcpStream) -> std::io::Result<String> {
    let mut answer = Vec::new();
    line.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn post(path: &str, headers: &str, body: usize) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {body}\r\n\r\n"
    );
    let mut request = head.into_bytes();
    request.resize(request.len() + body, b' ');
    request
}

#[tokio::test]
async fn a_refusal_arrives_however_long_the_rest_of_the_request_is() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    let right = format!("x-api-key: {key}\r\n");
    for size in [19 << 10, 300 << 10, 7 << 20] {
        for (path, headers, status) in [
            ("/api/v0/users", "x-api-key: wrong\r\n", "401"),
            ("/api/v0/none", "", "404"),
            ("/livez", "", "405"),
            ("/connect/token", "", if size > 16 << 10 { "413" } else { "400" }),
            ("/api/v0/users", right.as_str(), if size > 6 << 20 { "413" } else { "400" }),
        ] {
            let answer = answer(&app.base_url, post(path, headers, size)).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path} {size}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_refusal_arrives_on_the_operators_listener_too() {
    let app = TestApp::start().await;
    let router = routes(None).merge(health::routes().with_state(app.gateway(Ingress::default())));
    let base_url = serve(router, ListenOptions::default(), CancellationToken::new()).await;
    let answer = answer(&base_url, post("/admin/v1/tenants/a/import", "", 300 << 10)).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_from_the_head_alone() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let head = format!(
            "POST /api/v0/users HTTP/1.1\r\nHost: x\r\nx-api-key: {key}\r\n{expect}Content-Length: 100000000\r\n\r\n"
        );
        let started = Instant::now();
        let answer = with_line(&app.base_url, move |mut line| {
            line.write_all(head.as_bytes()).unwrap();
            let mut answer = [0; 12];
            line.read_exact(&mut answer).unwrap();
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await;
        assert_eq!(answer, "HTTP/1.1 413");
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_client_that_has_closed_its_side_still_gets_the_answer() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    let body = r#"{"accountsToFetch":[{"username":"x"}]}"#;
    let request = format!(
        "POST /api/v0/users HTTP/1.1\r\nHost: x\r\nx-api-key: {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = with_line(&app.base_url, move |mut line| {
        line.write_all(request.as_bytes()).unwrap();
        line.shutdown(Shutdown::Write).unwrap();
        read(&mut line).unwrap()
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("]}"), "{answer}");
}

#[tokio::test]
async fn a_refusal_says_that_it_is_the_connections_last_answer_unless_the_rest_was_short() {
    let app = TestApp::start().await;
    for (headers, size, closes) in
        [("", 0, false), ("", 2_000, false), ("", 19 << 10, true), ("Expect: 100-continue\r\n", 2_000, true)]
    {
        let head =
            format!("POST /api/v0/users HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {size}\r\n\r\n");
        let answer = with_line(&app.base_url, move |mut line| {
            line.write_all(head.as_bytes()).unwrap();
            line.write_all(&vec![b' '; size]).unwrap();
            if !closes {
                line.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            }
            read(&mut line).unwrap()
        })
        .await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{headers} {size}: {answer}");
        let first = answer.split("\r\n\r\n").next().unwrap();
        assert_eq!(first.contains("connection: close"), closes, "{headers} {size}: {answer}");
        assert_eq!(answer.ends_with("ok\n"), !closes, "{headers} {size}: {answer}");
    }
}

/// A listener with short time limits, and the token that stops it.
async fn impatient(app: &TestApp, times: ConnectionTimes) -> (String, CancellationToken) {
    let router = api::router(app.gateway(Ingress::default()));
    let options = ListenOptions { times, ..ListenOptions::default() };
    let stopped = CancellationToken::new();
    (serve(router, options, stopped.clone()).await, stopped)
}

#[expect(clippy::disallowed_methods, reason = "off the runtime")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends a request, and reads its answer of a known size.
fn call(line: &mut TcpStream) -> std::io::Result<()> {
    line.write_all(LIVEZ)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok\n") {
        let mut byte = [0];
        if line.read(&mut byte)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        answer.push(byte[0]);
    }
    Ok(())
}

/// How long until the gateway closes the connection.
fn until_closed(line: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let _ = read(line);
    started.elapsed()
}

#[tokio::test]
async fn a_connection_is_kept_between_requests_for_longer_than_a_head_may_take() {
    let app = TestApp::start().await;
    let (head, keep_alive) = (Duration::from_millis(300), Duration::from_millis(1_500));
    let (url, _) = impatient(&app, ConnectionTimes { head, keep_alive, ..ConnectionTimes::default() }).await;
    let closed = with_line(&url, move |mut line| {
        for _ in 0..3 {
            call(&mut line).unwrap();
            pause(head * 2);
        }
        call(&mut line).unwrap();
        until_closed(&mut line)
    })
    .await;
    assert!(closed > keep_alive / 2 && closed < keep_alive * 3, "{closed:?}");
    for started in [&b""[..], b"GET /livez HTTP/1.1\r\nHo"] {
        let closed = with_line(&url, move |mut line| {
            line.write_all(started).unwrap();
            until_closed(&mut line)
        })
        .await;
        assert!(closed > head / 2 && closed < head * 4, "{started:?} {closed:?}");
        let closed = with_line(&url, move |mut line| {
            call(&mut line).unwrap();
            pause(head * 2);
            line.write_all(b"GET /livez HTTP/1.1\r\nHo").unwrap();
            until_closed(&mut line)
        })
        .await;
        assert!(closed > head / 2 && closed < head * 4, "the second head: {closed:?}");
    }
}

#[tokio::test]
async fn an_unfinished_head_or_body_does_not_hold_a_stop() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    let stuck =
        format!("POST /api/v0/users HTTP/1.1\r\nHost: x\r\nx-api-key: {key}\r\nContent-Length: 9\r\n\r\n{{");
    for (started, limit) in [("", 2), ("GET /livez HTTP/1.1\r\nHo", 3), (stuck.as_str(), 8)] {
        let (url, stopped) = impatient(&app, ConnectionTimes::default()).await;
        let bytes = started.as_bytes().to_vec();
        let closed = with_line(&url, move |mut line| {
            line.write_all(&bytes).unwrap();
            pause(Duration::from_millis(200));
            stopped.cancel();
            until_closed(&mut line)
        })
        .await;
        assert!(closed < Duration::from_secs(limit), "{started:?}: {closed:?}");
    }
}

#[tokio::test]
async fn a_request_that_was_sent_before_the_stop_is_answered() {
    let app = TestApp::start().await;
    for is_kept in [false, true] {
        let (url, stopped) = impatient(&app, ConnectionTimes::default()).await;
        let mut line = with_line(&url, move |mut line| {
            if is_kept {
                call(&mut line).unwrap();
            }
            line
        })
        .await;
        // The gateway is on this thread, so it sees both at once.
        line.write_all(LIVEZ).unwrap();
        let late = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        (&late).write_all(LIVEZ).unwrap();
        stopped.cancel();
        for mut line in [line, late] {
            let answer = tokio::task::spawn_blocking(move || read(&mut line)).await.unwrap();
            let answer = answer.expect("it is not reset");
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{is_kept}: {answer}");
            assert!(answer.contains("connection: close"), "{is_kept}: {answer}");
        }
    }
}

/// Connects and calls until no connection is made; whether each that was made got its answer.
fn call_until_refused(address: &str) -> bool {
    let request = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    while let Ok(mut line) = TcpStream::connect(address) {
        if line.write_all(request).is_err() || !read(&mut line).is_ok_and(|answer| answer.ends_with("ok\n")) {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn no_connection_that_was_made_is_reset_by_a_stop() {
    let app = TestApp::start().await;
    for round in 0..12 {
        let (url, stopped) = impatient(&app, ConnectionTimes::default()).await;
        let address = url.trim_start_matches("http://").to_owned();
        let callers: Vec<_> = (0..8)
            .map(|_| address.clone())
            .map(|address| tokio::task::spawn_blocking(move || call_until_refused(&address)))
            .collect();
        tokio::time::sleep(Duration::from_millis(40)).await;
        stopped.cancel();
        for caller in callers {
            assert!(caller.await.unwrap(), "{round}");
        }
    }
}

#[tokio::test]
async fn a_gateway_that_is_told_to_stop_serves_on_while_load_balancers_notice() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    let mut gateway = Gateway::start(&app.database, &[("USERBATCH_DRAIN_SECONDS", "2")]).await;
    let ready = || app.http.get(gateway.url("/readyz")).send();
    assert_eq!(ready().await.unwrap().status(), StatusCode::OK);
    gateway.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = ready().await.unwrap();
    assert_eq!(told.status(), StatusCode::SERVICE_UNAVAILABLE);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("the gateway is stopping (userbatch {version})\n");
    assert_eq!(told.text().await.unwrap(), expected);
    let call = app.http.post(gateway.url("/api/v0/users")).header("x-api-key", key);
    let answer = call.json(&serde_json::json!({ "accountsToFetch": [] })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["connection"], "close");
    gateway.logged("waiting for requests in progress").await;
    gateway.ended().await;
}
