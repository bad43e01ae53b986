//! Event streams.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use super::{Told, delete, expected, next, page, user, users};
use crate::admin_api::Api;

const PATIENCE: Duration = Duration::from_secs(20);

/// An event as a client takes it: its id and, unless it only moves the id, what it tells.
#[derive(Debug, PartialEq)]
struct Received {
    id: String,
    told: Option<(String, String)>,
}

/// A client's stream.
struct Stream {
    response: Response,
    text: String,
}

async fn connect(api: &Api, query: &[(&str, &str)], last_event_id: Option<&str>) -> Response {
    let request = api.request(Method::GET, "/tenants/acme/changes").query(query);
    let request = request.header(ACCEPT, "text/event-stream");
    let request = last_event_id.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
    request.send().await.unwrap()
}

impl Stream {
    async fn open(api: &Api, query: &[(&str, &str)], last_event_id: Option<&str>) -> Self {
        let response = connect(api, query, last_event_id).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Received> {
        while !self.text.contains("\n\n") {
            let chunk =
                timeout(PATIENCE, self.response.chunk()).await.expect("something arrives").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let rest = self.text.split_off(self.text.find("\n\n").unwrap());
        let event = std::mem::replace(&mut self.text, rest[2..].to_owned());
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let data = field("data:").map(|data| serde_json::from_str::<Value>(data).unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = data.map(|data| (text(&data["id"]), text(&data["change"])));
        let received = Received { id: field("id:").unwrap().to_owned(), told };
        Some(received)
    }

    /// What the next events tell, and the id of the last one.
    async fn told(&mut self, count: usize) -> (Told, String) {
        let (mut told, mut id) = (Vec::new(), String::new());
        while told.len() < count {
            let received = self.next().await.expect("the stream goes on");
            told.extend(received.told);
            id = received.id;
        }
        (told, id)
    }
}

#[tokio::test]
async fn a_stream_tells_what_happens_and_is_resumed_by_the_last_id() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&[user("a", "1"), user("b", "1")]).await;
    let mut stream = Stream::open(&api, &[], None).await;
    let (told, id) = stream.told(1).await;
    assert_eq!(told, expected(&[("a", "added")]));
    drop(stream);
    tenant.put_users(&[user("a", "2")]).await;
    // The id takes precedence: a browser keeps the URL with which it began.
    let mut stream = Stream::open(&api, &[("since", "now")], Some(&id)).await;
    assert_eq!(stream.told(2).await.0, expected(&[("b", "added"), ("a", "changed")]));
    delete(&tenant, &["b"]).await;
    let (told, id) = stream.told(1).await;
    assert_eq!(told, expected(&[("b", "removed")]));
    let after = page(&api, "acme", &[("since", &id)]).await;
    assert_eq!(after["changes"], serde_json::json!([]), "its ids are cursors");
}

#[tokio::test]
async fn a_stream_from_now_on_can_be_resumed_before_anything_happened() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&users(0..3, "1")).await;
    let mut stream = Stream::open(&api, &[("since", "now")], None).await;
    let first = stream.next().await.unwrap();
    assert_eq!(first.told, None);
    drop(stream);
    tenant.put_users(&[user("a", "1")]).await;
    let mut stream = Stream::open(&api, &[("since", "now")], Some(&first.id)).await;
    assert_eq!(stream.told(1).await.0, expected(&[("a", "added")]));
}

#[tokio::test]
async fn a_stream_tells_more_than_a_page() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&users(0..25, "1")).await;
    let mut stream = Stream::open(&api, &[("limit", "10")], None).await;
    let (told, _) = stream.told(25).await;
    let ids: Vec<_> = (0..25).map(|n| (format!("user-{n}"), "added".to_owned())).collect();
    assert_eq!(told, ids);
}

#[tokio::test]
async fn a_stream_ends_at_the_stop_and_with_its_tenant() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let mut of_deleted = Stream::open(&api, &[("since", "now")], None).await;
    of_deleted.next().await.unwrap();
    let mut transaction = api.app.admin.administrate().await.unwrap();
    transaction.delete_tenant(tenant.id).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(of_deleted.next().await, None);
    api.app.tenant("acme").await;
    let mut stream = Stream::open(&api, &[("since", "now")], None).await;
    stream.next().await.unwrap();
    api.stopped.cancel();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_that_cannot_begin_is_a_problem() {
    let api = Api::start().await;
    api.app.tenant("acme").await;
    let own = next(&page(&api, "acme", &[]).await);
    for (id, status) in [("x", StatusCode::BAD_REQUEST), (&own, StatusCode::OK), ("", StatusCode::OK)] {
        let response = connect(&api, &[], Some(id)).await;
        assert_eq!(response.status(), status, "{id}");
    }
}
