//! Why the callers of a face are or are not shown a user.

use serde::Serialize;
use serde_json::json;

use super::{AdminError, Administration, act};
use crate::core::directory::MAX_MATCHES;
use crate::core::face::Face;
use crate::core::id::{Slug, UserId};
use crate::core::key::{KeyKind, LookupKey};
use crate::store::lookup_indexes;

/// What a face does with a user's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What is looked up; `None` if the name matches nobody whoever is there.
    pub key: Option<ExplainedKey>,
    /// Ids of the users that callers are shown, in order.
    pub shown: Vec<UserId>,
    /// Why, in sentences.
    pub reasons: Vec<String>,
}

/// A lookup key, and where it is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedKey {
    /// Its kind.
    pub kind: &'static str,
    /// The name as normalised.
    pub value: String,
    /// How names of this kind are normalised.
    pub normalisation: &'static str,
    /// The tables asked, in order, with the columns of the index used.
    pub indexes: &'static [&'static str],
}

impl From<&LookupKey> for ExplainedKey {
    fn from(key: &LookupKey) -> Self {
        let kind = key.kind();
        Self {
            kind: kind.as_str(),
            value: key.value().to_owned(),
            normalisation: kind.normalisation(),
            indexes: lookup_indexes(kind),
        }
    }
}

/// What the directory has for the key asked.
struct Found {
    users: Vec<UserId>,
    /// Those who claim the e-mail address asked for.
    claimants: Vec<UserId>,
    /// Whom the same text names in another way.
    otherwise: Vec<(KeyKind, UserId)>,
}

impl Administration {
    /// Looks `text` up as a caller of `face` who gives it as `kind`, for whom it stands for `key`, or else for nothing
    /// because of the reason given. Nothing of the name is recorded in the audit log.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`] if no tenant has this slug; [`AdminError::Store`] if the database fails.
    pub async fn explain(
        &self,
        slug: &Slug,
        (face, kind): (Face, &str),
        key: Result<&LookupKey, String>,
        text: &str,
    ) -> Result<Explanation, AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let keys = asked_keys(key.as_ref().ok().copied(), text);
        let users = transaction.users_by_keys(tenant.id, &keys).await?;
        let detail = json!({ "face": face.as_str(), "type": kind });
        transaction.record(&self.actor, &act("user.explain", Some(slug), "", detail)).await?;
        transaction.commit().await?;
        let found = Found::of(key.as_ref().ok().copied(), keys.iter().zip(users));
        let mut reasons = Vec::new();
        if tenant.suspended_at.is_some() {
            reasons.push("The tenant is suspended: no caller is shown anything.".to_owned());
        }
        if let Err(reason) = &key {
            reasons.push(format!("As {kind}, {reason}."));
        }
        reasons.extend(found.reasons(face, key.is_ok()));
        let shown = if tenant.suspended_at.is_some() { Vec::new() } else { found.users };
        Ok(Explanation { key: key.ok().map(ExplainedKey::from), shown, reasons })
    }
}

/// The key asked for, first, and every other that `text` could be.
fn asked_keys(key: Option<&LookupKey>, text: &str) -> Vec<LookupKey> {
    let claim = key.filter(|key| key.kind() == KeyKind::Email);
    let claim = claim.and_then(|key| LookupKey::email_claim(key.value()));
    let others = LookupKey::readings(text).filter(|other| Some(other) != key);
    key.cloned().into_iter().chain(claim).chain(others).collect()
}

impl Found {
    fn of<'k>(asked: Option<&LookupKey>, found: impl Iterator<Item = (&'k LookupKey, Vec<UserId>)>) -> Self {
        let mut sorted = Self { users: Vec::new(), claimants: Vec::new(), otherwise: Vec::new() };
        for (key, users) in found {
            if Some(key) == asked {
                sorted.users = users;
            } else if key.kind() == KeyKind::EmailClaim {
                sorted.claimants = users;
            } else {
                sorted.otherwise.extend(users.into_iter().map(|user| (key.kind(), user)));
            }
        }
        sorted
    }

    /// Why the users found are shown, or nobody is; `is_key` tells whether anything was looked up.
    fn reasons(&self, face: Face, is_key: bool) -> Vec<String> {
        let mut reasons = match (&*self.users, is_key) {
            (_, false) => Vec::new(),
            ([], true) if face == Face::BitBadges => {
                vec!["No user of the tenant has this key: callers are shown a blank account.".to_owned()]
            }
            ([], true) => vec!["No user of the tenant has this key.".to_owned()],
            ([user], true) if self.claimants.contains(user) => vec![format!(
                "User {user} claims this e-mail address, which nobody vouches for, and nobody else has it."
            )],
            ([user], true) => vec![format!("User {user} has this key.")],
            (users, true) if users.len() < MAX_MATCHES => {
                vec![format!("{} users share this key; all are shown.", users.len())]
            }
            (_, true) => {
                vec![format!("The key is shared: the {MAX_MATCHES} users with the smallest ids are shown.")]
            }
        };
        reasons.extend(self.claimants.iter().filter(|user| !self.users.contains(user)).map(|user| {
            format!("User {user} claims this e-mail address too, which nobody vouches for; it finds another.")
        }));
        let elsewhere = self.otherwise.iter().filter(|(_, user)| !self.users.contains(user));
        reasons.extend(
            elsewhere.map(|(kind, user)| format!("It is the {} of user {user}: ask by that.", kind.as_str())),
        );
        reasons
    }
}
