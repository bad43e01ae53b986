//! The keys under which the users that a filter finds are found.

use crate::core::case::fold;
use crate::core::key::LookupKey;
use crate::wire::scim::{Filter, IndexKey};

/// Maximum number of users that share a key which are looked at.
pub(super) const MAX_SHARING: u32 = 1_000;

/// The keys of a user that is shown with this `userName`, in whatever case: the folded one, which every user has that the
/// others would not find.
pub(super) fn name_keys(name: &str) -> impl Iterator<Item = LookupKey> {
    let folded = fold(name);
    let keys = [
        LookupKey::scim_user_name(name),
        LookupKey::username(name),
        LookupKey::username(&folded),
        LookupKey::email(name),
        LookupKey::email_claim(name),
        LookupKey::id(name),
        LookupKey::id(&folded),
    ];
    keys.into_iter().flatten()
}

/// The keys under which everybody whom the filter finds is found; `None` if no index is of help.
pub(super) fn lookup_keys(filter: &Filter) -> Option<Vec<LookupKey>> {
    if let Some(name) = filter.user_names().first() {
        return Some(name_keys(name).collect());
    }
    filter.index_keys().iter().find_map(|key| match key {
        IndexKey::Id(id) => Some(LookupKey::id(id).into_iter().collect()),
        IndexKey::ExternalId(id) => Some(LookupKey::external_id(id).into_iter().collect()),
        IndexKey::Email(email) => {
            let keys = [LookupKey::scim_email(email), LookupKey::email(email), LookupKey::email_claim(email)];
            Some(keys.into_iter().flatten().collect())
        }
        IndexKey::UserName(_) | IndexKey::DisplayName(_) | IndexKey::Member(_) => None,
    })
}
