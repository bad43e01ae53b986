//! Collections in Postman's format, version 2.1, and environments, from a table of requests and the API's document.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::request::{Body, Expected, Folder, Request};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/// Checks every response.
const EVERY_RESPONSE: &str = include_str!("scripts/every-response.js");

/// A variable of an environment.
pub struct Variable {
    /// Its name, which is also that in the demo's env file if it is there.
    pub name: &'static str,
    pub value: &'static str,
    pub is_secret: bool,
}

impl Variable {
    pub const fn plain(name: &'static str, value: &'static str) -> Self {
        Self { name, value, is_secret: false }
    }

    /// A secret, empty in the repository.
    pub const fn secret(name: &'static str) -> Self {
        Self { name, value: "", is_secret: true }
    }
}

/// The collection and the environment of an API.
pub struct Collection {
    /// Name of its files.
    pub file: &'static str,
    /// Its id in Postman, and with `e` in place of `c` that of its environment. The same at every import, which
    /// therefore replaces the one before.
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// The variable with the base URL.
    pub base_url: &'static str,
    /// The OpenAPI document.
    pub document: Value,
    pub auth: Value,
    /// Runs before every request.
    pub before: Option<&'static str>,
    /// Checks a refusal: `status` is the expected one, `says` the regular expression that its text matches.
    pub refusal: &'static str,
    pub variables: Vec<Variable>,
    /// Values of the parameters in paths.
    pub path_values: &'static [(&'static str, &'static str)],
    pub folders: Vec<Folder>,
}

impl Collection {
    /// The content of `*.postman_environment.json`.
    pub fn environment(&self) -> Value {
        let values = self.variables.iter().map(|variable| {
            let kind = if variable.is_secret { "secret" } else { "default" };
            json!({"key": variable.name, "value": variable.value, "type": kind, "enabled": true})
        });
        json!({
            "id": self.id.replacen('c', "e", 1),
            "name": self.name,
            "values": values.collect::<Vec<_>>(),
            "_postman_variable_scope": "environment",
        })
    }

    /// The content of `*.postman_collection.json`.
    pub fn to_json(&self) -> Value {
        let mut shown = BTreeSet::new();
        let folders = self.folders.iter().map(|folder| {
            let requests = folder.requests.iter().map(|request| {
                // Its first request shows an operation's example.
                let is_first = shown.insert(request.operation);
                self.item(request, is_first)
            });
            let items: Vec<Value> = requests.collect();
            let mut rendered = json!({"name": folder.name, "description": folder.description, "item": items});
            set(&mut rendered, "auth", folder.auth.clone());
            set(&mut rendered, "event", folder.before.map(|script| json!([event("prerequest", script)])));
            rendered
        });
        let folders: Vec<Value> = folders.collect();
        let mut events = vec![event("test", EVERY_RESPONSE)];
        events.extend(self.before.map(|script| event("prerequest", script)));
        json!({
            "info": {
                "_postman_id": self.id,
                "name": self.name,
                "description": self.description,
                "schema": SCHEMA,
            },
            "auth": self.auth,
            "event": events,
            "item": folders,
        })
    }

    fn item(&self, request: &Request, with_example: bool) -> Value {
        let (method, path, operation) = self.operation(request.operation);
        let mut headers: Vec<Value> = request.headers.iter().map(pair).collect();
        let body = self.body(request, operation);
        let media_type = body.as_ref().and_then(|(media_type, _)| *media_type);
        headers.extend(media_type.map(|media_type| pair(&("content-type", media_type))));
        let mut rendered = json!({
            "method": request.method.map_or_else(|| method.to_uppercase(), str::to_owned),
            "header": headers,
            "url": self.url(request, request.path.unwrap_or(path), operation),
            "description": description(operation),
        });
        set(&mut rendered, "auth", request.auth.clone());
        set(&mut rendered, "body", body.map(|(_, body)| body));
        let mut events = vec![event("test", &self.test(request))];
        events.extend(request.before.map(|script| event("prerequest", script)));
        let example = with_example.then(|| example(operation)).flatten();
        json!({"name": request.name, "event": events, "request": rendered, "response": example.as_slice()})
    }

    /// Method, path and description of the operation `id`.
    pub fn operation(&self, id: &str) -> (&str, &str, &Value) {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let mut operations = paths.flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        });
        let found = operations.find(|(_, _, operation)| operation["operationId"] == id);
        assert!(found.is_some(), "{} has no operation {id}", self.name);
        found.unwrap()
    }

    fn url(&self, request: &Request, path: &str, operation: &Value) -> Value {
        let path = path.replace('{', ":").replace('}', "");
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let values = request.path_values.iter().chain(self.path_values);
        let variable = |name: &str| {
            let value = values.clone().find(|(known, _)| *known == name);
            assert!(value.is_some(), "{} needs a value of {name}", request.name);
            let (_, value) = value.unwrap();
            described(json!({"key": name, "value": value}), operation, name)
        };
        let variables: Vec<Value> =
            segments.iter().filter_map(|segment| segment.strip_prefix(':')).map(variable).collect();
        let query: Vec<Value> =
            request.query.iter().map(|one| described(pair(one), operation, one.0)).collect();
        let pairs: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        let base_url = format!("{{{{{}}}}}", self.base_url);
        let mut url = json!({
            "raw": format!("{base_url}{path}{mark}{}", pairs.join("&")),
            "host": [base_url],
            "path": segments,
        });
        set(&mut url, "query", (!query.is_empty()).then(|| query.into()));
        set(&mut url, "variable", (!variables.is_empty()).then(|| variables.into()));
        url
    }

    /// The body with its media type, unless Postman sets that itself.
    fn body<'a>(&self, request: &'a Request, operation: &'a Value) -> Option<(Option<&'a str>, Value)> {
        match &request.body {
            Body::None => None,
            Body::Raw(media_type, text) => Some((Some(media_type), raw(media_type, text))),
            Body::Form(fields) => {
                let fields: Vec<Value> = fields.iter().map(pair).collect();
                Some((None, json!({"mode": "urlencoded", "urlencoded": fields})))
            }
            Body::Example => {
                let contents = operation["requestBody"]["content"].as_object().unwrap();
                let (media_type, content) = contents.iter().next().unwrap();
                let example = &content["example"];
                assert!(!example.is_null(), "{} of {} has no example", request.operation, self.name);
                Some((Some(media_type), raw(media_type, &text(example))))
            }
        }
    }

    fn test(&self, request: &Request) -> String {
        let mut script = match &request.expected {
            Expected::Refusal(status, says) => {
                format!("const status = {status};\nconst says = /{says}/;\n{}", self.refusal)
            }
            Expected::Answer(status, checks) => answer_test(*status, checks),
        };
        script.extend(request.after.map(|after| format!("\n{after}")));
        script
    }
}

fn raw(media_type: &str, text: &str) -> Value {
    json!({"mode": "raw", "raw": text, "options": {"raw": {"language": language(media_type)}}})
}

/// What Postman highlights text of this media type as.
fn language(media_type: &str) -> &'static str {
    if media_type.ends_with("json") { "json" } else { "text" }
}

/// An example as it is sent.
fn text(example: &Value) -> String {
    example.as_str().map_or_else(|| format!("{example:#}"), str::to_owned)
}

fn answer_test(status: u16, checks: &[(&str, &str)]) -> String {
    let mut script =
        format!("pm.test('the status is {status}', () => pm.response.to.have.status({status}));\n");
    if checks.iter().any(|(_, expression)| expression.contains("body")) {
        script.push_str("const body = pm.response.json();\n");
    }
    for (name, expression) in checks {
        let name = name.replace('\'', "\\'");
        // Writing to a String cannot fail.
        let _ = writeln!(script, "pm.test('{name}', () => {expression});");
    }
    script
}

/// The documented response of success, for Postman to show beside the request.
fn example(operation: &Value) -> Option<Value> {
    let (status, response) =
        operation["responses"].as_object()?.iter().find(|(status, _)| status.starts_with('2'))?;
    let (media_type, content) = response["content"].as_object()?.iter().next()?;
    let examples = content["examples"].as_object().and_then(|examples| examples.values().next_back());
    let value = content.get("example").or_else(|| examples?.get("value"))?;
    Some(json!({
        "name": "The documented example",
        "status": "",
        "code": status.parse::<u16>().ok()?,
        "_postman_previewlanguage": language(media_type),
        "header": [pair(&("content-type", media_type.as_str()))],
        "cookie": [],
        "body": text(value),
    }))
}

/// An operation's summary and description, without repetition.
fn description(operation: &Value) -> String {
    let text = |member: &str| operation[member].as_str().map(str::trim).filter(|text| !text.is_empty());
    let texts: Vec<&str> = [text("summary"), text("description")].into_iter().flatten().collect();
    texts.join("\n\n")
}

fn event(listen: &str, script: &str) -> Value {
    let lines: Vec<&str> = script.trim_end().lines().collect();
    json!({"listen": listen, "script": {"type": "text/javascript", "exec": lines}})
}

fn pair((key, value): &(&str, &str)) -> Value {
    json!({"key": key, "value": value})
}

/// `entry` with what the document says of the parameter `name`.
fn described(mut entry: Value, operation: &Value, name: &str) -> Value {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let found = parameters.into_iter().find(|parameter| parameter["name"] == name);
    set(&mut entry, "description", found.and_then(|parameter| parameter.get("description")).cloned());
    entry
}

/// Adds a member, unless it is `None`.
fn set(object: &mut Value, name: &str, value: Option<Value>) {
    let object: &mut Map<String, Value> = object.as_object_mut().unwrap();
    object.extend(value.map(|value| (name.to_owned(), value)));
}
