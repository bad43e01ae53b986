//! HTTP behaviour shared by all faces.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::StatusCode;
use serde_json::{Value, json};
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::app::TestApp;

/// A page of users that is worth compressing.
async fn page(app: &TestApp, encoding: Option<&str>) -> reqwest::Response {
    let tenant = app.tenant("a").await;
    let users: Vec<User> = (0..50).map(|number| User::new(UserId::new(format!("user-{number}")))).collect();
    tenant.put_users(&users).await;
    let names: Vec<Value> = (0..50).map(|number| json!({ "username": format!("user-{number}") })).collect();
    let request = app.http.post(app.url("/api/v0/user/batch")).json(&json!({ "accountsToFetch": names }));
    let request = request.header("x-api-key", tenant.bitbadges_key().await);
    let request = encoding.into_iter().fold(request, |request, name| request.header("accept-encoding", name));
    request.send().await.unwrap()
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let zipped = page(&TestApp::start().await, Some("gzip, deflate, br")).await;
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let vary = zipped.headers().get_all("vary").iter().map(|value| value.to_str().unwrap().to_lowercase());
    assert!(vary.collect::<String>().contains("accept-encoding"));
    let zipped = zipped.bytes().await.unwrap();
    let plain = page(&TestApp::start().await, None).await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.bytes().await.unwrap();
    assert!(zipped.starts_with(&[0x1f, 0x8b]) && zipped.len() * 5 < plain.len());
    assert_eq!(serde_json::from_slice::<Value>(&plain).unwrap()["accounts"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn the_front_page_says_what_answers_and_leads_on() {
    let app = TestApp::start().await;
    let json = app.http.get(&app.base_url).send().await.unwrap();
    assert_eq!(json.headers()["content-type"], "application/json");
    let page: Value = json.json().await.unwrap();
    assert_eq!((&page["name"], &page["version"]), (&json!("userbatch"), &json!(env!("CARGO_PKG_VERSION"))));
    let links = page["links"].as_array().unwrap();
    assert!(links.len() >= 6, "{page}");
    let html = app.http.get(app.url("/")).header("accept", "text/html").send().await.unwrap().text().await;
    let html = html.unwrap();
    for link in links {
        let href = link["href"].as_str().unwrap();
        assert_eq!(app.http.get(app.url(href)).send().await.unwrap().status(), StatusCode::OK, "{href}");
        assert!(html.contains(&format!("href=\"{href}\"")), "{html}");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_that_no_client_chose() {
    let app = TestApp::start().await;
    let mut seen = HashSet::new();
    for path in ["/livez", "/readyz", "/nothing", "/api/v0/x", "/api/v3/x", "/partner/x", "/connect/token"] {
        let answer = app.http.get(app.url(path)).header("request-id", "mine").header("x-request-id", "mine");
        let answer = answer.send().await.unwrap();
        let id = answer.headers()["request-id"].to_str().unwrap().to_owned();
        assert_eq!(answer.headers()["x-request-id"], id);
        assert!(uuid::Uuid::parse_str(&id).is_ok() && seen.insert(id), "{path}");
    }
}

#[tokio::test]
async fn a_path_of_no_face_is_a_problem_of_rfc_9457() {
    let app = TestApp::start().await;
    let answer = app.http.get(app.url("/nothing")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["title"]), (&json!(404), &json!("Not Found")));
}

/// What is not HTTP at all is refused or dropped, and the gateway goes on.
#[tokio::test]
async fn noise_on_the_line_does_no_harm() {
    let app = TestApp::start().await;
    let address = app.base_url.trim_start_matches("http://").to_owned();
    let noise: [&[u8]; 4] = [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/v0/user/batch HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    for bytes in noise {
        let (address, bytes) = (address.clone(), bytes.to_vec());
        let answer = tokio::task::spawn_blocking(move || {
            let mut line = TcpStream::connect(address).unwrap();
            line.write_all(&bytes).unwrap();
            line.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            let _ = line.read_to_end(&mut answer);
            String::from_utf8_lossy(&answer).into_owned()
        });
        let answer = answer.await.unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(app.http.get(app.url("/livez")).send().await.unwrap().status(), StatusCode::OK);
}

/// What the answer to `request` says that was ignored.
async fn ignored(request: reqwest::RequestBuilder) -> Option<String> {
    let answer = request.send().await.unwrap();
    answer.headers().get("x-userbatch-ignored").map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_a_face_does_not_understand_is_named() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let key = tenant.bitbadges_key().await;
    let accounts = |query: &str, body: Value| {
        let request = app.http.post(app.url(&format!("/api/v0/users{query}")));
        request.header("x-api-key", &key).json(&body)
    };
    let understood = json!({ "accountsToFetch": [{
        "username": "x", "address": "", "fetchSequence": true, "fetchBalance": true, "noExternalCalls": false,
        "viewsToFetch": [{ "viewKey": "latestActivity", "bookmark": "" }],
    }] });
    assert_eq!(ignored(accounts("", understood)).await, None);
    let misspelt = json!({ "page": 1, "accountsToFetch": [
        { "usernam": "x" },
        { "username": "x", "viewsToFetch": [{ "viewKey": "latestActivity", "oldestfirst": true }] },
    ] });
    let members = "page, accountsToFetch[0].usernam, accountsToFetch[1].viewsToFetch[0].oldestfirst";
    assert_eq!(ignored(accounts("", misspelt.clone())).await.as_deref(), Some(members));
    let parameter = format!("debug, {members}");
    assert_eq!(ignored(accounts("?debug=1", misspelt)).await.as_deref(), Some(&*parameter));
    let refused = json!({ "x": 1, "accountsToFetch": [{ "address": "nonsense" }] });
    assert_eq!(ignored(accounts("", refused)).await.as_deref(), Some("x"), "errors name it too");
    let one = |query: &str| app.http.get(app.url(&format!("/api/v0/user?{query}"))).header("x-api-key", &key);
    assert_eq!(ignored(one("username=x&usernam=y")).await.as_deref(), Some("usernam"));
    assert_eq!(ignored(one("payload={\"username\":\"x\"}")).await, None);

    let token = tenant.genauth_token().await;
    let users =
        |query: &str| app.http.get(app.url(&format!("/api/v3/get-user-batch?{query}"))).bearer_auth(&token);
    assert_eq!(ignored(users("userIds[]=1&userIdType=email&withCustomData=true")).await, None);
    assert_eq!(
        ignored(users("userIds=1&withCustomDat=true&%C3%A9")).await.as_deref(),
        Some("withCustomDat, %C3%A9")
    );

    let (id, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
    let token = app.avepoint_token(&id, &secret).await;
    let page = |query: &str, body: Value| {
        let request = app.http.post(app.url(&format!("{}{query}", tenant.avepoint_path())));
        request.bearer_auth(&token).json(&body)
    };
    assert_eq!(ignored(page("?pagesize=1&pageIndex=1", json!({ "userIds": ["x"] }))).await, None);
    let misspelt = page("?page=1", json!({ "userIdz": ["x"] }));
    assert_eq!(ignored(misspelt).await.as_deref(), Some("page, userIdz"));
}
