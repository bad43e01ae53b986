//! Keeps people who were erased out of what an import brings.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::timelines::REPLACEMENT;
use super::{ErasureKeys, key};
use crate::core::address::{Mention, mentions};
use crate::core::erasure::{Digest, TenantDigests};
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::User;
use crate::store::{StoreError, TenantId};

/// What keeps the erased people of a tenant out.
#[derive(Debug)]
pub struct ErasureFilter {
    of_tenant: TenantDigests,
    digests: HashSet<Digest>,
}

const SELECT: &str = "SELECT digest FROM erased_key WHERE tenant_id = bound_tenant() AND bars";

impl ErasureFilter {
    /// Reads who was erased from the directory of `tenant`, to which the transaction is bound; `None` if nobody was. Those
    /// whom `known` has are left out.
    pub(in crate::store::owner) async fn read(
        connection: &mut PgConnection,
        tenant: TenantId,
        keys: Option<&dyn ErasureKeys>,
        known: Option<&Self>,
    ) -> Result<Option<Self>, StoreError> {
        let digests: Vec<Vec<u8>> = sqlx::query_scalar(SELECT).fetch_all(&mut *connection).await?;
        let digests = digests.iter().filter_map(|digest| Digest::try_from(digest.as_slice()).ok());
        let is_new = |digest: &Digest| known.is_none_or(|known| !known.digests.contains(digest));
        let digests: HashSet<Digest> = digests.filter(is_new).collect();
        if digests.is_empty() {
            return Ok(None);
        }
        let key = key(connection, keys).await?.ok_or(StoreError::ErasureKey)?;
        Ok(Some(Self { of_tenant: key.of(&tenant.to_string()), digests }))
    }

    /// Whether a record with this key is about an erased person.
    pub(in crate::store::owner) fn has(&self, kind: KeyKind, value: &str) -> bool {
        self.of_tenant.barring(kind, value).any(|digest| self.digests.contains(&digest))
    }

    pub(in crate::store::owner) fn has_any<'k>(&self, keys: impl IntoIterator<Item = &'k LookupKey>) -> bool {
        keys.into_iter().any(|key| self.has(key.kind(), key.value()))
    }

    /// The JSON text with another account in the place of each of an erased person; `None` if it has none.
    pub(in crate::store::owner) fn replaced(&self, json: &str) -> Option<String> {
        let mut kept = 0;
        let mut text = String::new();
        for Mention { range, .. } in mentions(json).filter(|mention| self.is_erased(json, mention)) {
            text += json.get(kept..range.start).unwrap_or_default();
            text += REPLACEMENT;
            kept = range.end;
        }
        (kept > 0).then(|| text + json.get(kept..).unwrap_or_default())
    }

    fn is_erased(&self, json: &str, mention: &Mention) -> bool {
        let has_account = |account| self.has(KeyKind::Address, account);
        let word = json.get(mention.range.clone()).filter(|_| mention.is_word);
        mention.account.as_ref().is_some_and(|account| has_account(account.as_str()))
            || word.is_some_and(|word| self.digests.contains(&self.of_tenant.word(word)))
    }

    /// The user without erased people: as managers, and in texts. `None` if there are none.
    pub(in crate::store::owner) fn cleaned(&self, user: &User, document: &str) -> Option<User> {
        let replaced = self.replaced(document).and_then(|text| serde_json::from_str::<User>(&text).ok());
        // An id is not a text.
        let replaced = replaced.filter(|replaced| replaced.id == user.id);
        let mut cleaned = replaced.clone().unwrap_or_else(|| user.clone());
        let removed = cleaned.remove_managers(|id| self.has(KeyKind::Id, id));
        (removed || replaced.is_some()).then_some(cleaned)
    }
}
