//! What an identity source provides about a user, without its secrets.
//!
//! Identity sources send tokens and session keys along with a user's name and picture. Anyone who has one can act as
//! the user there, so none may be stored, shown or exported. [`IdentityInfo`] is the one place that enforces this: a
//! value of this type contains no secrets, wherever it came from.
//!
//! # The rule
//!
//! A member is a secret, and is dropped with everything in it, at any depth, if its name contains one of [`SECRETS`],
//! ignoring case and everything but ASCII letters and digits: `session_key`, `sessionKey`, `client_secret`,
//! `ID-Token`, `passwordHash`, `userpwd2`. Two kinds of names are exempt:
//!
//! * names that continue with a word of [`ABOUT`] after the secret's: `tokenCount` and `password_changed_at` describe
//!   a secret but are not one;
//! * [`UNRELATED`] words that only begin like one: `secretary`.
//!
//! When in doubt, a member is dropped: `tokenId` may be a handle that grants as much as its token. Only names are
//! examined, not the text of values.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::user::JsonObject;

const SECRETS: [&str; 18] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "credential",
    "cookie",
    "jwt",
    "sessionkey",
    "privatekey",
    "apikey",
    "accesskey",
    "signingkey",
    "encryptionkey",
    "authcode",
    "authorizationcode",
];
const ABOUT: [&str; 10] =
    ["count", "type", "at", "expires", "expiresin", "expiry", "expiration", "length", "strength", "policy"];
const UNRELATED: [&str; 3] = ["secretary", "secretaries", "secretariat"];

/// A JSON object without secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "JsonObject")]
pub struct IdentityInfo(JsonObject);

impl IdentityInfo {
    /// Whether it has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object.
    #[must_use]
    pub const fn as_object(&self) -> &JsonObject {
        &self.0
    }
}

impl From<JsonObject> for IdentityInfo {
    /// Drops the secrets.
    fn from(mut members: JsonObject) -> Self {
        drop_secrets(&mut members);
        Self(members)
    }
}

fn drop_secrets(members: &mut JsonObject) {
    members.retain(|name, _| !is_secret(name));
    members.values_mut().for_each(drop_secrets_within);
}

fn drop_secrets_within(value: &mut Value) {
    match value {
        Value::Object(members) => drop_secrets(members),
        Value::Array(values) => values.iter_mut().for_each(drop_secrets_within),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let mut folded: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    for word in UNRELATED {
        // A space keeps the text on its two sides apart.
        folded = folded.replace(word, " ");
    }
    SECRETS.iter().any(|secret| {
        let after = folded.rsplit_once(secret).map(|(_, after)| after);
        after.is_some_and(|after| !ABOUT.iter().any(|about| after.ends_with(about)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn info(value: Value) -> Value {
        serde_json::to_value(serde_json::from_value::<IdentityInfo>(value).unwrap()).unwrap()
    }

    #[test]
    fn secrets_go_in_every_case_and_spelling() {
        let names = "token Token TOKENS accessToken access_token ACCESS-TOKEN access\u{a0}token id-token ID-Token idToken \
                     refreshtokens oauthTokenSecret accessTokenV2 token_value session_key sessionKey SESSIONKEY \
                     session.key client_secret clientSecret appsecret password Password passwordHash password_salt \
                     passwd userPwd pwd2 passphrase privateKey api_key accessKey credentials cookies jwt \
                     authorization_code secretaryToken";
        for name in names.split(' ') {
            assert_eq!(info(json!({ name: "57_secret", "name": "Bob" })), json!({ "name": "Bob" }), "{name}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_in_its_order() {
        let harmless = json!({
            "tokenCount": 2, "token_type": "bearer", "tokenExpiresAt": 7, "expires_in": 7_200, "passwordLastSetAt": 1,
            "password_expiration": "never", "secretary": "Ann", "executiveSecretaryPhone": "1", "publicKey": "k",
            "openid": "o", "unionid": "u", "keyboard": "us", "": null, "names": [["a"], { "b": 1.5 }], "密码": "",
        });
        assert_eq!(info(harmless.clone()).to_string(), harmless.to_string());
    }

    #[test]
    fn secrets_go_at_any_depth_with_all_that_is_in_them() {
        let nested = json!({
            "name": "Bob",
            "raw": [{ "refresh_token": "57_b", "id": 7, "tokenCount": 2 }, "text", [[{ "session_key": "57_c" }]]],
            "ID-Token": { "a": { "b": "57_d" } },
            "profile": { "oauth": { "client_secret": "57_e", "scope": ["a"] } },
        });
        let kept = json!({
            "name": "Bob",
            "raw": [{ "id": 7, "tokenCount": 2 }, "text", [[{}]]],
            "profile": { "oauth": { "scope": ["a"] } },
        });
        assert_eq!(info(nested), kept);
    }

    /// `innermost` nested in objects and arrays along `path`: a name for an object, `None` for an array.
    fn nested(innermost: Value, path: &[Option<String>]) -> Value {
        path.iter().rev().fold(innermost, |inner, step| match step {
            Some(name) => json!({ name: inner, "beside": 1 }),
            None => json!([0, inner]),
        })
    }

    /// The name of a secret with separators, in other cases, with a prefix and a suffix.
    fn secret_name() -> impl Strategy<Value = String> {
        let separator = proptest::option::of(proptest::sample::select(vec!['-', '_', '.', ' ']));
        let spelling = proptest::collection::vec((any::<bool>(), separator), 17);
        let name = (proptest::sample::select(SECRETS.to_vec()), spelling).prop_map(|(name, spelling)| {
            let letters = name.chars().zip(spelling).flat_map(|(letter, (is_upper, separator))| {
                let letter = if is_upper { letter.to_ascii_uppercase() } else { letter };
                std::iter::once(letter).chain(separator)
            });
            letters.collect::<String>()
        });
        ("([a-z]{1,6}[_-]?)?", name, "s?[0-9]{0,2}").prop_map(|(before, name, after)| before + &name + &after)
    }

    proptest! {
        #[test]
        fn no_secret_survives_wherever_it_stands(
            name in secret_name(),
            path in proptest::collection::vec(proptest::option::of("[a-z]{0,8}"), 0..6),
        ) {
            let innermost = json!({ name: { "deep": ["57_secret"] } });
            let kept = info(json!({ "root": nested(innermost, &path) }));
            prop_assert!(!kept.to_string().contains("57_secret"), "{kept}");
        }

        #[test]
        fn dropping_secrets_twice_changes_nothing(object in crate::core::user::arbitrary::object()) {
            let once = IdentityInfo::from(object);
            prop_assert_eq!(IdentityInfo::from(once.as_object().clone()), once);
        }
    }
}
