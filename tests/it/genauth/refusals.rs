//! Invalid requests get the vendor's envelope in the caller's language, and never a 5xx.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;

use super::{Answer, BATCH, Client, TOKEN, user};
use crate::administration::limit_batches;
use crate::app::{TestApp, until_limited};

#[tokio::test]
async fn messages_come_in_the_callers_language() {
    let client = Client::with_users(&[]).await;
    let empty = |header: Option<(&'static str, &'static str)>| {
        let client = &client;
        async move {
            let url = client.app.url(BATCH);
            let mut request = client.app.http.get(url).bearer_auth(client.token().await);
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            Answer::of(request).await.refusal(400, None).to_owned()
        }
    };
    let chinese = "参数 userIds 格式错误";
    let english = "The format of parameter userIds is incorrect: send at least one id";
    assert_eq!(empty(None).await, english);
    assert_eq!(empty(Some(("x-genauth-lang", ""))).await, english);
    assert_eq!(empty(Some(("x-authing-lang", "zh-CN"))).await, chinese);
    assert_eq!(empty(Some(("x-authing-lang", "en-US"))).await, english);
    assert_eq!(empty(Some(("x-genauth-lang", "en-US"))).await, english);
    assert_eq!(empty(Some(("accept-language", "en-GB"))).await, english);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_have_the_envelope_too() {
    let app = TestApp::start().await;
    let http = &app.http;
    for (request, code, chinese, english) in [
        (
            http.get(app.url("/api/v3/nothing")),
            404,
            "请求的接口不存在，请对照 API 的 OpenAPI 文档检查路径",
            "Not found: no such path. Check it against the API's OpenAPI document.",
        ),
        (
            http.post(app.url(BATCH)),
            405,
            "该接口不支持此请求方法，请使用 GET",
            "Method not allowed for this path. Use GET.",
        ),
        (
            http.get(app.url(TOKEN)),
            405,
            "该接口不支持此请求方法，请使用 POST",
            "Method not allowed for this path. Use POST.",
        ),
    ] {
        let other = request.try_clone().unwrap().header("x-genauth-lang", "zh-CN");
        assert_eq!(Answer::of(request).await.refusal(code, None), english);
        assert_eq!(Answer::of(other).await.refusal(code, None), chinese);
    }
}

#[tokio::test]
async fn no_input_makes_a_server_error() {
    let client = Client::with_users(&[user("1")]).await;
    let many = vec!["x"; 20_000].join(",");
    let long = format!("userIds={}", "x".repeat(60_000));
    for query in [
        "userIds=%00",
        "userIds=%00a&userIds=1",
        "userIds[]=%ED%A0%80",
        "userIds=%ff%fe",
        "userIds[]=",
        "userIds[]",
        "userIds[0]=1",
        "userIds[][]=1",
        "userIds={}",
        "userIds=[\"1\"]",
        "&&&",
        "=",
        "%",
        "%5B%5D=1",
        "userIds=%",
        "userIds=1&userIdType=%00",
        "userIds=1&userIdType[]=email",
        "userIds=1&withIdentities=%00",
        "userIds=1' OR '1'='1",
        "userIds=\u{202e}",
        &format!("userIds={many}"),
        &long,
    ] {
        for kind in ["", "phone", "email", "identity", "sync_relation", "custom_field", "external_id"] {
            let answer = client.get(&format!("{query}&userIdType={kind}")).await;
            assert_eq!(answer.status, 200, "{query:.80}");
            let code = answer.body["statusCode"].as_u64().unwrap();
            assert!(code == 200 || code == 400, "{query:.80}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_in_the_envelope() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let request = app.http.post(app.url(TOKEN)).header("x-authing-lang", "zh-CN").body("x".repeat(100_000));
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.fault(413, None), "请求体过大，最多 16 KiB");
}

#[tokio::test]
async fn a_user_pool_may_lower_the_limit_of_ids_and_never_raise_it() {
    let client = Client::with_users(&[user("1")]).await;
    let ids = |count: usize| format!("userIds={}", vec!["1"; count].join(","));
    for (limit, most) in [(3, 3), (50, 50), (51, 50), (0, 50)] {
        limit_batches(&client.app, "pool", limit).await;
        assert_eq!(client.get(&ids(most)).await.ids(), ["1"]);
        let refused = client.get(&ids(most + 1)).await;
        let given = most + 1;
        let told =
            format!("Parameter userIds must contain no more than {most} elements; the request has {given}");
        assert_eq!(refused.refusal(400, None), told);
    }
}

#[tokio::test]
async fn too_many_requests_are_429_in_the_envelope_with_the_vendors_words() {
    let limits = Limits { requests_per_second: 1, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let tenant = app.tenant("pool").await;
    let client = Client::of(&app, &tenant).await;
    let token = client.token().await;
    let request = app.http.get(app.url(BATCH)).bearer_auth(token).header("x-genauth-lang", "zh-CN");
    let answer = Answer::read(until_limited(&request).await).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.fault(429, None), "您的请求已超过最大数量限制，请稍后重试");
    assert_eq!(answer.headers["retry-after"], "1");
}

/// The status line that answers a GET of `path`.
async fn status_line(app: &TestApp, path: &str) -> String {
    let address = app.base_url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    // The gateway may answer, and close, before all is written.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused_by_the_http_layer() {
    let app = TestApp::start().await;
    let path = |length: usize| format!("{BATCH}?userIds={}", "x".repeat(length));
    assert_eq!(status_line(&app, &path(60_000)).await, "HTTP/1.1 200 OK");
    assert_eq!(status_line(&app, &path(70_000)).await, "HTTP/1.1 414 URI Too Long");
    let huge = status_line(&app, &path(200_000)).await;
    assert!(huge.is_empty() || huge.starts_with("HTTP/1.1 4"), "{huge}");
}

#[tokio::test]
async fn a_revoked_credential_and_a_suspended_pool_are_refused_in_every_form() {
    let client = Client::with_users(&[user("1")]).await;
    let token = client.token().await;
    let refused = |token: String| {
        let client = client.clone();
        async move {
            client.signed().send().await.refusal(401, Some(1300));
            let url = client.app.url(&format!("{BATCH}?userIds=1"));
            let request = client.app.http.get(url).bearer_auth(token);
            Answer::of(request).await.refusal(401, Some(2020));
        }
    };
    let mut connection = client.app.database.owner_connection().await;
    for (suspend, resume) in [
        ("UPDATE tenant SET suspended_at = now()", "UPDATE tenant SET suspended_at = NULL"),
        ("UPDATE credential SET revoked_at = now()", "UPDATE credential SET revoked_at = NULL"),
    ] {
        assert_eq!(client.signed().send().await.ids(), ["1"]);
        sqlx::query(suspend).execute(&mut connection).await.unwrap();
        refused(token.clone()).await;
        sqlx::query(resume).execute(&mut connection).await.unwrap();
    }
}
