//! What Microsoft Entra and Okta send.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ENTERPRISE, OWN, Provider, USER, error, id};

fn entra() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "jd", "userName": "jd@contoso.example", "active": true, "displayName": "Jo D",
        "meta": { "resourceType": "User" },
        "emails": [{ "primary": true, "type": "work", "value": "jd@contoso.example" }],
        "name": { "givenName": "Jo", "familyName": "D" },
        "addresses": [{ "type": "work", "country": "Sierra Leone", "primary": true }], "profileUrl": "QWERTY",
        "phoneNumbers": [{ "type": "work", "value": "12-345" }, { "type": "mobile", "value": "12-345" },
            { "type": "fax", "value": "12-345" }],
        ENTERPRISE: { "department": "Ops", "manager": { "value": "not-there-yet" } },
        "roles": [],
    })
}

fn okta() -> Value {
    json!({
        "schemas": [USER], "userName": "jd@contoso.example", "externalId": "00uExample0000000001",
        "name": { "givenName": "Jo", "familyName": "D" },
        "emails": [{ "primary": true, "value": "jd@contoso.example", "type": "work" }],
        "displayName": "Jo D", "locale": "en-US", "groups": [], "password": "secret-4711", "active": true,
    })
}

/// `user` without what the service adds.
fn as_sent(mut user: Value) -> Value {
    let members = user.as_object_mut().unwrap();
    for name in ["id", "meta", "schemas", OWN] {
        members.remove(name);
    }
    user
}

#[tokio::test]
async fn what_entra_posts_comes_back_as_sent() {
    let provider = Provider::start().await;
    let created = provider.create(entra()).await;
    let mut expected = as_sent(entra());
    expected.as_object_mut().unwrap().remove("roles");
    assert_eq!(as_sent(created.clone()), expected);
    assert_eq!(created["schemas"], json!([USER, ENTERPRISE, OWN]));
    for filter in [
        "externalId eq \"jd\"",
        "userName eq \"JD@contoso.example\"",
        "emails[type eq \"work\"].value eq \"jd@contoso.example\"",
    ] {
        assert_eq!(provider.found(filter).await.1, 1, "{filter}");
    }
    let manager = format!("id eq \"{}\" and manager eq \"not-there-yet\"", id(&created));
    assert_eq!(provider.found(&manager).await.1, 1);
}

#[tokio::test]
async fn entras_patches() {
    let provider = Provider::start().await;
    let user = provider.create(entra()).await;
    let operations = json!([
        { "op": "Replace", "path": "active", "value": "False" },
        { "op": "Add", "value": { "name.givenName": "Ann", format!("{ENTERPRISE}:department"): "Law" } },
        { "op": "Add", "path": "emails[type eq \"home\"].value", "value": "jd@home.example" },
        { "op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": "boss" },
        { "op": "Remove", "path": "phoneNumbers[type eq \"fax\"]" },
    ]);
    let (status, changed) = provider.patch(id(&user), operations).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["active"], &changed["name"]),
        (&json!(false), &json!({ "familyName": "D", "givenName": "Ann" }))
    );
    assert_eq!(changed[ENTERPRISE], json!({ "department": "Law", "manager": { "value": "boss" } }));
    assert_eq!(changed["emails"][1], json!({ "type": "home", "value": "jd@home.example" }));
    assert_eq!(changed["phoneNumbers"].as_array().unwrap().len(), 2);
    assert_eq!(provider.get(&format!("/Users/{}", id(&user))).await.1, changed);

    for nothing in [json!([]), json!([{ "op": "Replace", "path": "active", "value": "False" }])] {
        assert_eq!(provider.patch(id(&user), nothing).await, (StatusCode::OK, changed.clone()));
    }
    let cleared = json!([{ "op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": "" }]);
    let (_, cleared) = provider.patch(id(&user), cleared).await;
    assert_eq!(cleared[ENTERPRISE], json!({ "department": "Law" }));
    let half = json!([
        { "op": "replace", "path": "displayName", "value": "Z" }, { "op": "remove", "path": "userName" },
    ]);
    let (status, refused) = provider.patch(id(&user), half).await;
    assert_eq!((status, &refused["scimType"]), (StatusCode::BAD_REQUEST, &json!("mutability")));
    assert_eq!(provider.get(&format!("/Users/{}", id(&user))).await.1, cleared, "all or nothing");
}

#[tokio::test]
async fn oktas_life_of_a_user() {
    let provider = Provider::start().await;
    let look_up = "/Users?filter=userName%20eq%20%22jd%40contoso.example%22&startIndex=1&count=100";
    let (status, nobody) = provider.get(look_up).await;
    let none = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "itemsPerPage": 0,
        "startIndex": 1, "Resources": [],
    });
    assert_eq!((status, nobody), (StatusCode::OK, none));
    let created = provider.create(okta()).await;
    let mut expected = as_sent(okta());
    for name in ["groups", "password"] {
        expected.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(as_sent(created.clone()), expected);
    let mut capitals = okta();
    capitals["userName"] = "JD@CONTOSO.EXAMPLE".into();
    let taken = error("409", Some("uniqueness"), "userName is in use by another resource.");
    assert_eq!(provider.call(Method::POST, "/Users", Some(capitals)).await, (StatusCode::CONFLICT, taken));

    let leave = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(provider.patch(id(&created), leave).await.1["active"], false);
    assert_eq!(provider.get(look_up).await.1["Resources"][0]["active"], false, "still found");
    let path = format!("/Users/{}", id(&created));
    let (_, mut whole) = provider.get(&path).await;
    whole["active"] = true.into();
    whole["name"]["middleName"] = "".into();
    let (status, back) = provider.call(Method::PUT, &path, Some(whole)).await;
    assert_eq!((status, &back["active"], &back["id"]), (StatusCode::OK, &json!(true), &created["id"]));
}

/// A conversation with what is different each time replaced by names.
struct Conversation {
    provider: Provider,
    names: Vec<(String, &'static str)>,
    text: String,
}

impl Conversation {
    async fn start() -> Self {
        let provider = Provider::start().await;
        let base = provider.app.url("");
        Self { provider, names: vec![(base, "https://users.example.com")], text: String::new() }
    }

    /// Sends a request in which the names stand for what they name, and notes the answer.
    async fn say(&mut self, method: Method, path: &str, body: Option<Value>) -> Value {
        let real = |text: &str| {
            self.names.iter().fold(text.to_owned(), |text, (real, name)| text.replace(name, real))
        };
        let sent = body.as_ref().map(|body| serde_json::from_str(&real(&body.to_string())).unwrap());
        let (status, answer) = self.provider.call(method.clone(), &real(path), sent).await;
        let said = body.map(|body| format!(" {body}")).unwrap_or_default();
        let told =
            if answer.is_null() { String::new() } else { serde_json::to_string_pretty(&answer).unwrap() };
        let lines = [format!("> {method} {path}{said}"), format!("< {status}"), told];
        self.text += &lines.join("\n");
        self.text += "\n\n";
        answer
    }

    /// Calls the resource of an answer by a name from now on.
    fn call(&mut self, resource: &Value, name: &'static str) {
        self.names.push((id(resource).to_owned(), name));
    }

    fn text(self) -> String {
        let text = self.names.iter().fold(self.text, |text, (real, name)| text.replace(real, name));
        let times = |line: &str| match line.split_once(": \"2") {
            Some((name, _)) if name.ends_with("\"created\"") || name.ends_with("\"lastModified\"") => {
                format!("{name}: \"(a time)\",")
            }
            _ => line.to_owned(),
        };
        text.lines().map(times).collect::<Vec<_>>().join("\n")
    }
}

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

#[tokio::test]
async fn entras_conversation_about_a_group() {
    let mut entra_says = Conversation::start().await;
    let ann = entra_says.provider.create(json!({ "userName": "ann" })).await;
    let bob = entra_says.provider.create(json!({ "userName": "bob" })).await;
    entra_says.call(&ann, "ANN");
    entra_says.call(&bob, "BOB");
    let look_up = "/Groups?excludedAttributes=members&filter=externalId%20eq%20%228aa1a0c0%22";
    entra_says.say(Method::GET, look_up, None).await;
    let group = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "Ops", "members": [], "meta": { "resourceType": "Group" },
    });
    let group = entra_says.say(Method::POST, "/Groups", Some(group)).await;
    entra_says.call(&group, "GROUP");
    entra_says.say(Method::GET, "/Groups/GROUP?excludedAttributes=members", None).await;
    entra_says.say(Method::GET, look_up, None).await;
    for operation in [
        json!({ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "ANN" }] }),
        json!({ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "BOB" }] }),
        json!({ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "ANN" }] }),
        json!({ "op": "Replace", "path": "displayName", "value": "Law" }),
    ] {
        let body = json!({ "schemas": [PATCH], "Operations": [operation] });
        entra_says.say(Method::PATCH, "/Groups/GROUP", Some(body)).await;
    }
    let is_member = "/Groups?filter=id%20eq%20%22GROUP%22%20and%20members%20eq%20%22BOB%22&attributes=id";
    entra_says.say(Method::GET, is_member, None).await;
    entra_says.say(Method::GET, "/Groups/GROUP", None).await;
    entra_says.say(Method::DELETE, "/Groups/GROUP", None).await;
    entra_says.say(Method::GET, "/Groups/GROUP", None).await;
    insta::assert_snapshot!(entra_says.text());
}

#[tokio::test]
async fn oktas_conversation_about_a_group() {
    let mut okta_says = Conversation::start().await;
    let ann = okta_says.provider.create(json!({ "userName": "ann" })).await;
    let bob = okta_says.provider.create(json!({ "userName": "bob" })).await;
    okta_says.call(&ann, "ANN");
    okta_says.call(&bob, "BOB");
    okta_says.say(Method::GET, "/Groups?startIndex=1&count=100", None).await;
    let member = |id: &str, name: &str| json!({ "value": id, "display": name });
    let group = json!({ "schemas": [GROUP], "displayName": "Ops", "members": [member("ANN", "ann")] });
    let group = okta_says.say(Method::POST, "/Groups", Some(group)).await;
    okta_says.call(&group, "GROUP");
    let rename = json!([{ "op": "replace", "value": { "id": "GROUP", "displayName": "Law" } }]);
    let moved = json!([
        { "op": "remove", "path": "members[value eq \"ANN\"]" },
        { "op": "add", "path": "members", "value": [member("BOB", "bob")] },
    ]);
    let replaced = json!([{ "op": "replace", "path": "members", "value": [member("ANN", "ann"), member("BOB", "bob")] }]);
    for operations in [rename, moved, replaced] {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        okta_says.say(Method::PATCH, "/Groups/GROUP", Some(body)).await;
    }
    okta_says.say(Method::GET, "/Groups/GROUP", None).await;
    let whole = json!({ "schemas": [GROUP], "id": "GROUP", "displayName": "Law", "members": [] });
    okta_says.say(Method::PUT, "/Groups/GROUP", Some(whole)).await;
    okta_says.say(Method::DELETE, "/Groups/GROUP", None).await;
    insta::assert_snapshot!(okta_says.text());
}
