//! Erased people: keyed digests of the lookup keys that found them, by which a record about one is known without any
//! of its values being kept.

use ring::hmac;

use super::key::{KeyKind, LookupKey};

/// A keyed digest.
pub type Digest = [u8; 32];

/// The key of the digests, HMAC-SHA-256 (RFC 2104); one for the whole database.
pub struct ErasureKey(hmac::Key);

impl std::fmt::Debug for ErasureKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ErasureKey").finish_non_exhaustive()
    }
}

impl ErasureKey {
    /// The key made of `secret`, of at least 32 random bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The digests of the people of `tenant`.
    #[must_use]
    pub fn of(&self, tenant: &str) -> TenantDigests {
        let begin = |label: &str| {
            let mut context = hmac::Context::with_key(&self.0);
            for part in [label, tenant] {
                update(&mut context, part);
            }
            context
        };
        let kinds = KeyKind::ALL.map(|kind| {
            let mut context = begin("key");
            update(&mut context, kind.as_str());
            context
        });
        TenantDigests { kinds, words: begin("word"), receipts: begin("receipt") }
    }
}

/// Makes the digests of one tenant; what all of them begin with is digested already.
pub struct TenantDigests {
    /// In the order of [`KeyKind::ALL`].
    kinds: [hmac::Context; KeyKind::ALL.len()],
    words: hmac::Context,
    receipts: hmac::Context,
}

impl std::fmt::Debug for TenantDigests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TenantDigests").finish_non_exhaustive()
    }
}

impl TenantDigests {
    /// What is kept of `key` of an erased person; `None` if others may have it, too: an office's telephone number, a
    /// custom field, an identity at any connection, a department.
    #[must_use]
    pub fn kept(&self, key: &LookupKey) -> Option<Digest> {
        let kind = match key.kind() {
            KeyKind::Phone | KeyKind::SyncRelation | KeyKind::CustomField | KeyKind::Department => {
                return None;
            }
            KeyKind::ScimEmail => KeyKind::EmailClaim,
            kind => kind,
        };
        Some(self.digest(kind, key.value()))
    }

    /// What would be kept of an erased person whom a record with the key `value` is about. Nobody need vouch for an
    /// address in a record, but a mere claim of one does not bar whom it belongs to.
    pub fn barring(&self, kind: KeyKind, value: &str) -> impl Iterator<Item = Digest> {
        let kinds: &[KeyKind] = match kind {
            KeyKind::Phone | KeyKind::SyncRelation | KeyKind::CustomField | KeyKind::Department => &[],
            KeyKind::EmailClaim | KeyKind::ScimEmail => &[KeyKind::Email, KeyKind::EmailClaim],
            KeyKind::Id => &[KeyKind::Id],
            KeyKind::Username => &[KeyKind::Username],
            KeyKind::Email => &[KeyKind::Email],
            KeyKind::ExternalId => &[KeyKind::ExternalId],
            KeyKind::Identity => &[KeyKind::Identity],
            KeyKind::Address => &[KeyKind::Address],
            KeyKind::ScimUserName => &[KeyKind::ScimUserName],
        };
        kinds.iter().map(move |kind| self.digest(*kind, value))
    }

    /// What is kept of an address whose account cannot be told where it is written in another case.
    #[must_use]
    pub fn word(&self, word: &str) -> Digest {
        signed(&self.words, [word.to_ascii_lowercase().as_str()])
    }

    /// The digest of all ids of a person, for the receipt.
    #[must_use]
    pub fn receipt<'k>(&self, ids: impl Iterator<Item = &'k LookupKey>) -> Digest {
        signed(&self.receipts, ids.map(LookupKey::value))
    }

    fn digest(&self, kind: KeyKind, value: &str) -> Digest {
        let place = KeyKind::ALL.iter().position(|known| *known == kind);
        // Every kind is among them.
        let context = place.and_then(|place| self.kinds.get(place)).unwrap_or(&self.words);
        signed(context, [value])
    }
}

/// The digest of what was begun and `parts`.
fn signed<'p>(begun: &hmac::Context, parts: impl IntoIterator<Item = &'p str>) -> Digest {
    let mut context = begun.clone();
    for part in parts {
        update(&mut context, part);
    }
    // A tag of HMAC-SHA-256 is as long as that.
    context.sign().as_ref().first_chunk().copied().unwrap_or_default()
}

/// Adds a part with its length, so that no two lists of parts are one text.
fn update(context: &mut hmac::Context, part: &str) {
    context.update(&part.len().to_be_bytes());
    context.update(part.as_bytes());
}

/// A digest as text.
#[must_use]
pub fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_barred(erased: &LookupKey, found: &LookupKey) -> bool {
        let digests = ErasureKey::new(&[7; 32]).of("t");
        let kept = digests.kept(erased);
        digests.barring(found.kind(), found.value()).any(|digest| kept == Some(digest))
    }

    #[test]
    fn an_address_bars_whoever_has_or_claims_it_and_a_claim_bars_claims() {
        let vouched = LookupKey::email("Ann@Example.com").unwrap();
        let claims = [
            LookupKey::email_claim("ann@example.com").unwrap(),
            LookupKey::scim_email("ANN@example.com").unwrap(),
        ];
        assert!(is_barred(&vouched, &LookupKey::email("ann@example.COM").unwrap()));
        for claim in &claims {
            assert!(is_barred(&vouched, claim));
            assert!(!is_barred(claim, &vouched), "whose address it is did not ask for the claim");
            assert!(claims.iter().all(|other| is_barred(claim, other)));
        }
    }

    #[test]
    fn what_others_share_bars_nobody() {
        let phone = LookupKey::phone("030 1").unwrap();
        assert!(!is_barred(&phone, &phone));
        let field = LookupKey::custom_field("team", "a").unwrap();
        assert!(!is_barred(&field, &field));
    }

    #[test]
    fn a_digest_is_of_one_tenant_one_kind_and_one_key() {
        let key = ErasureKey::new(&[7; 32]);
        let (of_t, of_u, other) = (key.of("t"), key.of("u"), ErasureKey::new(&[8; 32]).of("t"));
        let (id, name) = (LookupKey::id("ann").unwrap(), LookupKey::username("ann").unwrap());
        let mut digests =
            vec![of_t.kept(&id), of_t.kept(&name), of_u.kept(&id), other.kept(&id), Some(of_t.word("ann"))];
        digests.push(Some(of_t.receipt([&id].into_iter())));
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 6);
    }
}
