//! Those who write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use userbatch::admin::{ImportOptions, SourceFormat};
use userbatch::core::face::Face;
use userbatch::store::MaxRemovals;

use super::{Edit, Names, ROUNDS, Random, SHARED, Scene, id};
use crate::importing::CANONICAL;
use crate::scim::answer;

const EMAIL: &str = "/contact/email";
/// Users of the whole files and of the provider, besides the shared ones.
const OWN: usize = 4;

/// Who edits one user at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    Operator,
    CarefulOperator,
    Provider,
    CarefulProvider,
    /// Gives users e-mail addresses that others want too, or takes theirs.
    OperatorOfEmails,
    ProviderOfEmails,
}

impl Editor {
    pub const ALL: [Self; 6] = [
        Self::Operator,
        Self::CarefulOperator,
        Self::Provider,
        Self::CarefulProvider,
        Self::OperatorOfEmails,
        Self::ProviderOfEmails,
    ];

    const fn field(self) -> &'static str {
        match self {
            Self::Operator => "/profile/nickname",
            Self::CarefulOperator => "/profile/website",
            Self::Provider => "/profile/zoneinfo",
            Self::CarefulProvider => "/scim/attributes/userType",
            Self::OperatorOfEmails | Self::ProviderOfEmails => EMAIL,
        }
    }

    /// The member that GenAuth's callers see it as, if nobody else writes it.
    const fn shown_as(self) -> Option<&'static str> {
        match self {
            Self::Operator => Some("nickname"),
            Self::CarefulOperator => Some("website"),
            Self::Provider => Some("zoneinfo"),
            Self::CarefulProvider | Self::OperatorOfEmails | Self::ProviderOfEmails => None,
        }
    }

    fn value(self, round: usize, random: &mut Random) -> Value {
        match (self.field(), random.below(3)) {
            (EMAIL, 0) => Value::Null,
            (EMAIL, address) => format!("{address}@example.com").into(),
            _ => format!("{self:?} {round}").into(),
        }
    }

    /// The version made, and the one named; `None` if it was refused because of what others had written.
    async fn write(self, scene: &Scene, user: usize, value: &Value) -> Option<(i64, Option<i64>)> {
        let (request, base) = match self {
            Self::Operator => (scene.operate(user, &json!({ "profile": { "nickname": value } })), None),
            Self::OperatorOfEmails => (scene.operate(user, &json!({ "contact": { "email": value } })), None),
            Self::CarefulOperator => {
                let base = scene.version_for_operators(user).await;
                let request = scene.operate(user, &json!({ "profile": { "website": value } }));
                (request.header("if-match", format!("\"{base}\"")), Some(base))
            }
            Self::Provider => (scene.patch(user, "timezone", value), None),
            Self::ProviderOfEmails => {
                let emails = value.as_str().map(|email| json!([{ "value": email, "type": "work" }]));
                (scene.patch(user, "emails", &emails.unwrap_or(json!([]))), None)
            }
            Self::CarefulProvider => scene.put(user, value).await,
        };
        let (status, answer) = answer(request).await;
        let may_lose = match status {
            StatusCode::PRECONDITION_FAILED => base.is_some(),
            StatusCode::CONFLICT => self.field() == EMAIL,
            _ => false,
        };
        assert!(status == StatusCode::OK || may_lose, "{self:?}: {status} {answer}");
        (status == StatusCode::OK).then(|| (version(&answer), base))
    }
}

/// The version of a user, as either API tells it.
fn version(answer: &Value) -> i64 {
    let of_scim = || answer["meta"]["version"].as_str().unwrap().trim_matches(['W', '/', '"']).parse();
    answer["version"].as_i64().unwrap_or_else(|| of_scim().unwrap())
}

impl Scene {
    fn operate(&self, user: usize, patch: &Value) -> RequestBuilder {
        self.api.request(Method::PATCH, &format!("/tenants/a/users/{}", id(user))).json(patch)
    }

    async fn version_for_operators(&self, user: usize) -> i64 {
        let path = format!("/tenants/a/users/{}", id(user));
        version(&self.api.call(Method::GET, &path, None).await.1)
    }

    fn patch(&self, user: usize, path: &str, value: &Value) -> RequestBuilder {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": path, "value": value }],
        });
        self.provider.request(Method::PATCH, &format!("/Users/{}", id(user))).json(&body)
    }

    /// A replacement of what is shown of the user, with another `userType`; and the version shown.
    async fn put(&self, user: usize, value: &Value) -> (RequestBuilder, Option<i64>) {
        let path = format!("/Users/{}", id(user));
        let mut shown = self.provider.get(&path).await.1;
        let base = version(&shown);
        shown["userType"] = value.clone();
        let request = self.provider.request(Method::PUT, &path).header("if-match", format!("W/\"{base}\""));
        (request.json(&shown), Some(base))
    }
}

/// Edits shared users one by one, and sees that the cache knows.
pub async fn edit(scene: Arc<Scene>, editor: Editor, seed: u64) -> Vec<Edit> {
    let mut random = Random(seed ^ (editor as u64) << 8);
    let mut edits = Vec::new();
    for round in 0..ROUNDS {
        let user = random.below(SHARED);
        let value = editor.value(round, &mut random);
        let began = Instant::now();
        let Some((version, base)) = editor.write(&scene, user, &value).await else { continue };
        let ended = Instant::now();
        if let Some(member) = editor.shown_as() {
            let shown = scene.callers.genauth("user_id", &id(user)).await;
            assert_eq!(shown["data"][0][member], value, "not seen at once: {shown}");
        }
        edits.push(Edit { user, field: editor.field(), value, base, version, began, ended });
    }
    edits
}

/// Imports that add to shared users. Returns the last job title of each.
pub async fn merge(scene: Arc<Scene>, seed: u64) -> Names {
    let mut random = Random(seed ^ 0xA000);
    let mut titles = Names::new();
    for round in 0..ROUNDS {
        let named = (0..SHARED)
            .filter(|&user| user == round % SHARED || random.below(2) == 0)
            .map(|user| (id(user), format!("T{round}")));
        let named: Names = named.collect();
        let line = |(id, title): (&String, &String)| {
            json!({ "id": id, "employment": { "jobTitle": title } }).to_string() + "\n"
        };
        let (_, rejects) =
            scene.admin.import("a", named.iter().map(line).collect::<String>(), CANONICAL).await;
        assert_eq!(rejects, []);
        titles.extend(named);
    }
    titles
}

/// Whole files of one source, which lists now these and now those. Returns whom the last one lists.
pub async fn replace_files(scene: Arc<Scene>, seed: u64) -> Names {
    let mut random = Random(seed ^ 0xB000);
    let options = ImportOptions {
        from: SourceFormat::Vendor(Face::AvePoint),
        replace: MaxRemovals::percent(100.0),
        ..ImportOptions::default()
    };
    let mut listed = Names::new();
    for round in 0..ROUNDS {
        let everybody = (0..SHARED).map(id).chain((0..OWN).map(|user| format!("listed-{user}")));
        let chosen = everybody.enumerate().filter(|(place, _)| *place == 0 || random.below(2) == 0);
        listed = chosen.map(|(_, id)| (id, format!("N{round}"))).collect();
        let users = listed.iter().map(|(id, name)| json!({ "id": id, "displayName": name }));
        let file = json!({ "data": users.collect::<Vec<_>>(), "metadata": {} }).to_string();
        let (outcome, rejects) = scene.admin.try_import("a", file, &options).await;
        outcome.unwrap();
        assert_eq!(rejects, []);
    }
    listed
}

/// Users whom the provider creates and deletes. Returns the names of those that are left.
pub async fn come_and_go(scene: Arc<Scene>, seed: u64) -> Names {
    let mut random = Random(seed ^ 0xC000);
    let mut there = BTreeMap::new();
    for round in 0..ROUNDS {
        let (user, name) = (random.below(OWN), format!("P{round}"));
        if let Some((id, _)) = there.remove(&user) {
            let gone = scene.provider.call(Method::DELETE, &format!("/Users/{id}"), None).await;
            assert_eq!(gone.0, StatusCode::NO_CONTENT, "{}", gone.1);
            continue;
        }
        let email = format!("own-{user}@example.com");
        let new = json!({ "userName": email, "displayName": name, "emails": [{ "value": email }] });
        let created = scene.provider.create(new).await;
        there.insert(user, (crate::scim::id(&created).to_owned(), name));
    }
    there.into_values().collect()
}
