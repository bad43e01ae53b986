//! The requests of a collection, as its table writes them.

use serde_json::{Value, json};

/// A group of requests.
pub struct Folder {
    pub name: &'static str,
    pub description: &'static str,
    /// Runs before each of its requests.
    pub before: Option<&'static str>,
    /// How its requests are authenticated, if not as the collection's others are.
    pub auth: Option<Value>,
    pub requests: Vec<Request>,
}

impl Folder {
    pub fn new(name: &'static str, description: &'static str, requests: Vec<Request>) -> Self {
        Self { name, description, before: None, auth: None, requests }
    }

    /// Replaces the collection's authentication by what the script `before` does.
    pub fn authenticated_by(self, before: &'static str) -> Self {
        Self { before: Some(before), auth: Some(no_auth()), ..self }
    }
}

/// The body of a request.
#[derive(Clone)]
pub enum Body {
    None,
    /// The documented example.
    Example,
    /// Text of this media type, in which Postman replaces `{{variables}}`.
    Raw(&'static str, String),
    /// A form.
    Form(Vec<(&'static str, &'static str)>),
}

/// What must come back.
pub enum Expected {
    /// This status, and what the checks, by name, say of `body`.
    Answer(u16, Vec<(&'static str, &'static str)>),
    /// A refusal of this status in the vendor's shape, whose text matches this regular expression.
    Refusal(u16, &'static str),
}

/// One request.
pub struct Request {
    pub name: &'static str,
    /// The documented operation, which has the method, the path, the descriptions and the examples.
    pub operation: &'static str,
    /// In place of the operation's.
    pub method: Option<&'static str>,
    /// In place of the operation's.
    pub path: Option<&'static str>,
    pub path_values: Vec<(&'static str, &'static str)>,
    pub query: Vec<(&'static str, &'static str)>,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Body,
    pub auth: Option<Value>,
    /// Runs before the request, after what the collection and the folder run.
    pub before: Option<&'static str>,
    pub expected: Expected,
    /// Runs after the checks.
    pub after: Option<&'static str>,
}

impl Request {
    /// A call of `operation` that succeeds.
    pub fn of(operation: &'static str, name: &'static str) -> Self {
        Self {
            name,
            operation,
            method: None,
            path: None,
            path_values: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            auth: None,
            before: None,
            expected: Expected::Answer(200, Vec::new()),
            after: None,
        }
    }

    pub fn method(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }

    pub fn path(self, path: &'static str) -> Self {
        Self { path: Some(path), ..self }
    }

    pub fn path_value(mut self, name: &'static str, value: &'static str) -> Self {
        self.path_values.push((name, value));
        self
    }

    pub fn query(mut self, name: &'static str, value: &'static str) -> Self {
        self.query.push((name, value));
        self
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn example_body(self) -> Self {
        Self { body: Body::Example, ..self }
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", format!("{body:#}"))
    }

    pub fn raw(self, media_type: &'static str, body: impl Into<String>) -> Self {
        Self { body: Body::Raw(media_type, body.into()), ..self }
    }

    pub fn form(self, fields: &[(&'static str, &'static str)]) -> Self {
        Self { body: Body::Form(fields.to_vec()), ..self }
    }

    pub fn auth(self, auth: Value) -> Self {
        Self { auth: Some(auth), ..self }
    }

    pub fn without_auth(self) -> Self {
        self.auth(no_auth())
    }

    pub fn before(self, script: &'static str) -> Self {
        Self { before: Some(script), ..self }
    }

    pub fn after(self, script: &'static str) -> Self {
        Self { after: Some(script), ..self }
    }

    /// The status of success, if it is not 200.
    pub fn status(self, status: u16) -> Self {
        assert!(matches!(self.expected, Expected::Answer(200, _)), "{}: two statuses", self.name);
        Self { expected: Expected::Answer(status, Vec::new()), ..self }
    }

    /// One more check of a success: its name, and the JavaScript expression that throws if it does not hold.
    pub fn check(mut self, name: &'static str, expression: &'static str) -> Self {
        let Expected::Answer(_, checks) = &mut self.expected else {
            unreachable!("a refusal has the checks of its API: {}", self.name)
        };
        checks.push((name, expression));
        self
    }

    pub fn refused(self, status: u16, says: &'static str) -> Self {
        Self { expected: Expected::Refusal(status, says), ..self }
    }
}

/// Authentication by a token in the `Authorization` header.
pub fn bearer(token: &str) -> Value {
    json!({"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]})
}

/// Authentication by a key in a header.
pub fn api_key(header: &str, key: &str) -> Value {
    let setting = |key, value| json!({"key": key, "value": value, "type": "string"});
    json!({"type": "apikey", "apikey": [setting("key", header), setting("value", key), setting("in", "header")]})
}

fn no_auth() -> Value {
    json!({"type": "noauth"})
}
