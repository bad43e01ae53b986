//! The examples in the OpenAPI documents: the demo accepts each of a request, and each of an answer is as described.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};
use userbatch::api::{admin, documents};

use crate::demo::Demo;
use crate::described::faults;

/// An operation of a document.
struct Operation {
    document: Value,
    path: String,
    method: String,
    described: Value,
}

/// All operations of all documents.
fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for document in documents(None).into_iter().chain([admin::document()]) {
        let document = serde_json::to_value(&document.openapi).unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap().iter().filter(|(_, it)| it.is_object()) {
                let (path, method, described) = (path.clone(), method.clone(), operation.clone());
                operations.push(Operation { document: document.clone(), path, method, described });
            }
        }
    }
    operations
}

impl Operation {
    fn id(&self) -> &str {
        self.described["operationId"].as_str().unwrap()
    }

    fn needs_credential(&self) -> bool {
        self.described.get("security").or_else(|| self.document.get("security")).is_some()
    }

    fn parameters(&self) -> &[Value] {
        self.described.get("parameters").map(|list| list.as_array().unwrap().as_slice()).unwrap_or_default()
    }

    /// The media types of its request body, with what is described of each.
    fn bodies(&self) -> Map<String, Value> {
        self.described["requestBody"]["content"].as_object().cloned().unwrap_or_default()
    }

    /// The media types of each response, with its status and what is described of it.
    fn responses(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let responses = self.described["responses"].as_object().unwrap().iter();
        responses.flat_map(|(status, response)| {
            let content = response["content"].as_object().into_iter().flatten();
            content.map(|(media_type, described)| (status.as_str(), media_type.as_str(), described))
        })
    }

    fn check(&self, what: &str, schema: &Value, value: &Value) {
        let faults = faults(&self.document, schema, value);
        assert!(faults.is_empty(), "{} {} {what}: {faults:#?}", self.method, self.path);
    }
}

/// The examples of `described`, of which there must be one at least.
fn examples(described: &Value) -> Vec<&Value> {
    let named = described["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
    let examples: Vec<_> = described.get("example").into_iter().chain(named).collect();
    assert!(!examples.is_empty(), "no example: {described:#}");
    examples
}

#[test]
fn every_parameter_body_and_answer_has_an_example_that_is_as_described() {
    for operation in operations() {
        let bodies = operation.bodies();
        let inputs = operation.parameters().iter().chain(bodies.values()).map(|input| ("request", input));
        let outputs = operation.responses().map(|(status, _, described)| (status, described));
        for (what, described) in inputs.chain(outputs) {
            for example in examples(described) {
                operation.check(what, &described["schema"], example);
            }
        }
    }
}

#[test]
fn an_example_that_is_not_as_described_is_found() {
    let schema = json!({ "type": "object", "required": ["a"], "properties": {
        "a": { "oneOf": [{ "type": "integer", "minimum": 1 }, { "type": ["string", "null"], "enum": ["x", null] }] },
        "b": { "type": "array", "items": { "$ref": "#/b" }, "uniqueItems": true },
    }, "additionalProperties": false });
    let document = json!({ "b": { "type": "string", "format": "date-time", "maxLength": 20 } });
    let count = |value: Value| faults(&document, &schema, &value).len();
    for good in
        [json!({ "a": 1 }), json!({ "a": null, "b": [] }), json!({ "a": "x", "b": ["2026-01-01T00:00:00Z"] })]
    {
        assert_eq!(count(good), 0);
    }
    for bad in [
        json!({}),
        json!({ "a": 0 }),
        json!({ "a": "y" }),
        json!({ "a": 1.5 }),
        json!({ "a": 1, "b": [7] }),
        json!({ "a": 1, "b": ["2026"] }),
        json!({ "a": 1, "b": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"] }),
        json!({ "a": 1, "c": 1 }),
    ] {
        assert_ne!(count(bad.clone()), 0, "{bad}");
    }
}

/// Parameters that stand in place of others, with which they cannot be combined.
const ALTERNATIVES: [&str; 2] = ["cursor", "excludedAttributes"];

/// The demo, and how its callers authenticate.
struct Caller {
    demo: Demo,
    http: reqwest::Client,
    avepoint: String,
    genauth: String,
    scim: String,
    /// A credential that the examples issued.
    credential: String,
    /// A cursor of the demo's tenant.
    cursor: String,
    /// A cursor of the search of the example.
    search: String,
}

impl Caller {
    async fn new() -> Self {
        let (demo, http) = (Demo::start().await, reqwest::Client::new());
        let url = |path: &str| format!("{}{path}", demo.setting("BASE_URL"));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", demo.setting("AVEPOINT_CLIENT_ID")),
            ("client_secret", demo.setting("AVEPOINT_CLIENT_SECRET")),
        ];
        let token = http.post(url("/connect/token")).form(&form).send().await.unwrap();
        let avepoint: Value = token.json().await.unwrap();
        let key = json!({
            "accessKeyId": demo.setting("GENAUTH_ACCESS_KEY_ID"),
            "accessKeySecret": demo.setting("GENAUTH_ACCESS_KEY_SECRET"),
        });
        let token = http.post(url("/api/v3/get-management-token")).json(&key).send().await.unwrap();
        let genauth: Value = token.json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (avepoint, genauth) = (text(&avepoint["access_token"]), text(&genauth["data"]["access_token"]));
        let next = async |path: &str| {
            let url = format!("{}/admin/v1/tenants/demo/{path}", demo.setting("ADMIN_URL"));
            let page = http.get(url).bearer_auth(demo.setting("ADMIN_TOKEN")).send().await.unwrap();
            let page: Value = page.json().await.unwrap();
            text(&page["next"])
        };
        let (cursor, search) = (next("changes").await, next("users?q=demo.example&limit=1").await);
        let scim = demo.setting("SCIM_TOKEN").to_owned();
        Self { demo, http, avepoint, genauth, scim, credential: String::new(), cursor, search }
    }

    /// The example `value` under `name`; for what is different in every demo, that of this one.
    fn value(&self, name: &str, value: &Value) -> Value {
        let own = match name {
            "client_id" => self.demo.setting("AVEPOINT_CLIENT_ID"),
            "client_secret" => self.demo.setting("AVEPOINT_CLIENT_SECRET"),
            "accessKeyId" => self.demo.setting("GENAUTH_ACCESS_KEY_ID"),
            "accessKeySecret" => self.demo.setting("GENAUTH_ACCESS_KEY_SECRET"),
            "id" => &self.credential,
            "since" | "Last-Event-ID" if value != "now" => &self.cursor,
            "cursor" => &self.search,
            _ => return value.clone(),
        };
        own.into()
    }

    /// The request for `operation` with the examples of its parameters and of its body.
    fn request(&self, operation: &Operation) -> RequestBuilder {
        let (mut path, mut query, mut headers) = (operation.path.clone(), Vec::new(), Vec::new());
        for parameter in operation.parameters() {
            let name = parameter["name"].as_str().unwrap();
            if ALTERNATIVES.contains(&name) {
                continue;
            }
            let example = examples(parameter)[0];
            let is_scim = operation.path.starts_with("/scim/");
            let value = if is_scim { example.clone() } else { self.value(name, example) };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), value.as_str().unwrap());
            } else if parameter["in"] == "header" {
                headers.push((name.to_owned(), texts(&value).concat()));
            } else {
                let values = texts(&value);
                let is_joined = parameter.get("explode") == Some(&json!(false));
                let values = if is_joined { vec![values.join(",")] } else { values };
                query.extend(values.into_iter().map(|value| (name, value)));
            }
        }
        let is_admin = path.starts_with("/admin/");
        let base = self.demo.setting(if is_admin { "ADMIN_URL" } else { "BASE_URL" });
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{base}{path}")).query(&query);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (media_type, body) in operation.bodies() {
            request = self.with_body(request, &media_type, examples(&body)[0]);
        }
        request
    }

    /// `request` with what authenticates the caller of `operation`.
    fn authenticated(&self, operation: &Operation, request: RequestBuilder) -> RequestBuilder {
        match operation.path.get(..8) {
            Some("/admin/v") => {
                request.bearer_auth(self.demo.setting("ADMIN_TOKEN")).header("x-operator", "jo")
            }
            Some("/api/v0/") => request.header("x-api-key", self.demo.setting("BITBADGES_API_KEY")),
            Some("/api/v3/") => request.bearer_auth(&self.genauth),
            Some("/scim/v2") => request.bearer_auth(&self.scim),
            Some("/partner") => request.bearer_auth(&self.avepoint),
            _ => request,
        }
    }

    fn with_body(&self, request: RequestBuilder, media_type: &str, example: &Value) -> RequestBuilder {
        let members = example.as_object().into_iter().flatten();
        let members: Map<_, _> =
            members.map(|(name, value)| (name.clone(), self.value(name, value))).collect();
        match media_type {
            "application/json" => request.json(&members),
            "application/merge-patch+json" => request.json(&members).header("content-type", media_type),
            "application/scim+json" => request.header("content-type", media_type).json(&members),
            "application/x-www-form-urlencoded" => request.form(&members),
            other => request.header("content-type", other).body(example.as_str().unwrap().to_owned()),
        }
    }

    /// The answer to `request`, which must be as `operation` describes that of its status.
    async fn answer(&self, operation: &Operation, request: RequestBuilder) -> (StatusCode, Value) {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let place = format!("{} {}: {status} {text}", operation.method, operation.path);
        let Some(media_type) = headers.get("content-type").map(|value| value.to_str().unwrap()) else {
            let is_described = operation.described["responses"].get(status.as_str()).is_some();
            assert!(text.is_empty() && is_described, "{place}");
            return (status, Value::Null);
        };
        let described = operation.responses().find(|it| (it.0, it.1) == (status.as_str(), media_type));
        let described = described.map(|(_, _, described)| described).expect(&place);
        let is_json = media_type.ends_with("json") && media_type != "application/x-ndjson";
        let answer = if is_json { serde_json::from_str(&text).unwrap() } else { text.into() };
        operation.check(status.as_str(), &described["schema"], &answer);
        (status, answer)
    }

    /// Makes the call of the examples, which must succeed.
    async fn call(&mut self, operation: &Operation) {
        let request = self.authenticated(operation, self.request(operation));
        let (status, answer) = self.answer(operation, request).await;
        // A refusal of GenAuth has another.
        let of_vendor = answer.get("statusCode").unwrap_or(&json!(200)).clone();
        assert!(status.is_success() && of_vendor == 200, "{} {}: {answer}", operation.method, operation.path);
        if operation.id() == "issue_credential" {
            answer["id"].as_str().unwrap().clone_into(&mut self.credential);
        }
    }
}

/// The texts that stand for `value` in a query.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// When an example can be called: each of these needs those before it.
fn turn(operation: &Operation) -> usize {
    let first = ["create_tenant", "issue_credential", "rotate_credential", "change_user"];
    let last = ["deleteGroup", "deleteUser", "delete_user", "allow_user", "delete_tenant"];
    let place = |turns: &[&str]| turns.iter().position(|id| *id == operation.id());
    place(&first).unwrap_or(first.len() + place(&last).map_or(0, |at| at + 1))
}

#[tokio::test]
async fn the_demo_accepts_every_example_of_a_request_and_answers_as_described() {
    let mut caller = Caller::new().await;
    let mut operations = operations();
    operations.sort_by_key(turn);
    for operation in &operations {
        caller.call(operation).await;
    }
}

#[tokio::test]
async fn what_no_operation_accepts_is_refused_as_described() {
    let caller = Caller::new().await;
    for operation in &operations() {
        let request = || caller.request(operation);
        let twice = request().header("authorization", "Bearer a").header("authorization", "Bearer b");
        let coded = caller.authenticated(operation, request().header("content-encoding", "gzip"));
        let many_headers = (0..150).fold(request(), |request, at| request.header(format!("x-{at}"), "1"));
        let mut refused = vec![(400, twice), (415, coded), (431, many_headers)];
        if operation.needs_credential() {
            refused.push((401, request()));
        }
        for (expected, request) in refused {
            let (status, answer) = caller.answer(operation, request).await;
            let of_vendor = answer.get("statusCode").and_then(Value::as_u64);
            assert_eq!(of_vendor.unwrap_or(status.as_u16().into()), expected, "{}", operation.path);
        }
    }
}
