//! The digests that are kept of erased people.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::key;
use super::person::{Person, readings};
use crate::core::address::Address;
use crate::core::erasure::{Digest, TenantDigests, hex};
use crate::core::key::{KeyKind, LookupKey};
use crate::store::StoreError;
use crate::store::owner::users::LockedDirectory;

/// Who was erased and had a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasedName {
    /// Nobody.
    Nobody,
    /// One person, whose receipt has this digest.
    One(Digest),
    /// So many.
    Several(usize),
}

/// What is shared bars nobody, of whomever it is kept. An identity of one person is not kept for another.
const KEEP: &str = "
    INSERT INTO erased_key (tenant_id, digest, receipt, bars)
    SELECT bound_tenant(), d.digest, $2, NOT (d.is_shared OR EXISTS (
           SELECT FROM erased_key k
            WHERE k.tenant_id = bound_tenant() AND k.digest = d.digest AND k.receipt <> $2))
      FROM unnest($1::bytea[], $3::boolean[], $4::boolean[]) AS d (digest, is_claim, is_shared)
     WHERE d.is_claim OR NOT EXISTS (
           SELECT FROM erased_key k
            WHERE k.tenant_id = bound_tenant() AND k.digest = d.digest AND k.receipt <> $2)
    ON CONFLICT (tenant_id, digest, receipt) DO UPDATE SET erased_at = now(), bars = excluded.bars";

/// Of claims ($1) that others made who were erased.
const UNBAR: &str = "
    UPDATE erased_key SET bars = false
     WHERE tenant_id = bound_tenant() AND digest = ANY ($1) AND receipt <> $2 AND bars";

const FIND_SHARED: &str = "
    SELECT e.value FROM unnest($1::text[]) AS e (value), unnest($2::smallint[]) AS t (kind)
     CROSS JOIN LATERAL (
           SELECT FROM user_shared_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = t.kind AND k.value = e.value AND k.user_id <> $3 LIMIT 1) k
     UNION
    SELECT e.value FROM unnest($1::text[]) AS e (value), unnest($2::smallint[]) AS t (kind)
     CROSS JOIN LATERAL (
           SELECT FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = t.kind AND k.value = e.value AND k.user_id <> $3 LIMIT 1) k";

const FIND_RECEIPTS: &str = "
    SELECT DISTINCT k.receipt FROM unnest($1::bytea[]) AS d (digest)
     CROSS JOIN LATERAL (
           SELECT k.receipt FROM erased_key k WHERE k.tenant_id = bound_tenant() AND k.digest = d.digest OFFSET 0) k";

const ALLOW: &str = "DELETE FROM erased_key WHERE tenant_id = bound_tenant() AND receipt = $1";

/// Digests to be kept, each with whether it is of a claim, and whether others make the same. Several keys of a person may
/// have the same digest.
type Kept = BTreeMap<Digest, (bool, bool)>;

/// Whether several people may say so of themselves: nobody vouches for it.
const fn is_claim(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::EmailClaim | KeyKind::ScimEmail | KeyKind::ScimUserName)
}

impl LockedDirectory<'_> {
    /// Keeps the digests of `person`. Returns the receipt's, how many were kept, and whether some had been before: the
    /// receipt is that of the person who was erased then.
    pub(super) async fn keep(
        &mut self,
        person: &Person,
        of_tenant: &TenantDigests,
    ) -> Result<(Digest, u64, bool), StoreError> {
        let earlier = match &person.user {
            Some(_) => ErasedName::Nobody,
            None => who(self.connection, of_tenant, person.keys.iter()).await?,
        };
        let receipt = match earlier {
            ErasedName::One(receipt) => receipt,
            ErasedName::Nobody | ErasedName::Several(_) => of_tenant.receipt(person.ids()),
        };
        let kept = self.digests_of(person, of_tenant).await?;
        let digests: Vec<Vec<u8>> = kept.keys().map(|digest| digest.to_vec()).collect();
        let (claims, shared): (Vec<bool>, Vec<bool>) = kept.into_values().unzip();
        let keep = sqlx::query(KEEP).bind(digests).bind(receipt.as_slice()).bind(claims).bind(shared);
        let keep = keep.execute(&mut *self.connection).await?;
        let addresses = person.keys.iter().filter(|key| key.kind() == KeyKind::Email || is_claim(key.kind()));
        let claims: Vec<Vec<u8>> = addresses
            .filter_map(|key| {
                let claim = LookupKey::email_claim(key.value()).filter(|_| key.kind() == KeyKind::Email);
                of_tenant.kept(claim.as_ref().unwrap_or(key))
            })
            .map(|digest| digest.to_vec())
            .collect();
        sqlx::query(UNBAR).bind(claims).bind(receipt.as_slice()).execute(&mut *self.connection).await?;
        Ok((receipt, keep.rows_affected(), earlier != ErasedName::Nobody))
    }

    async fn digests_of(&mut self, person: &Person, of_tenant: &TenantDigests) -> Result<Kept, StoreError> {
        let shared = self.shared_claims(person).await?;
        let mut kept = Kept::new();
        for key in &person.keys {
            if let Some(digest) = of_tenant.kept(key) {
                let is_claim = is_claim(key.kind());
                let vouched = LookupKey::email(key.value()).and_then(|email| of_tenant.kept(&email));
                let is_others = is_claim && self.is_kept_of_others(vouched, person, of_tenant).await?;
                kept.insert(digest, (is_claim, is_claim && (shared.contains(key.value()) || is_others)));
            }
        }
        let words = person.addresses.iter().filter_map(Address::solana);
        kept.extend(words.map(|word| (of_tenant.word(&word), (false, false))));
        Ok(kept)
    }

    /// Whether the address that `person` merely claims is that of somebody else who was erased.
    async fn is_kept_of_others(
        &mut self,
        vouched: Option<Digest>,
        person: &Person,
        of_tenant: &TenantDigests,
    ) -> Result<bool, StoreError> {
        let own = |digest: &Digest| person.keys.iter().any(|key| of_tenant.kept(key) == Some(*digest));
        let Some(digest) = vouched.filter(|digest| !own(digest)) else { return Ok(false) };
        let find = sqlx::query_scalar(FIND_RECEIPTS).bind(vec![digest.to_vec()]);
        let receipts: Vec<Vec<u8>> = find.fetch_all(&mut *self.connection).await?;
        Ok(!receipts.is_empty())
    }

    /// What `person` says and others do, too, such as an office's address: that does not keep anybody out.
    async fn shared_claims(&mut self, person: &Person) -> Result<BTreeSet<String>, StoreError> {
        const CLAIMS: [KeyKind; 2] = [KeyKind::EmailClaim, KeyKind::ScimEmail];
        const EMAILS: [KeyKind; 3] = [KeyKind::Email, KeyKind::EmailClaim, KeyKind::ScimEmail];
        const NAMES: [KeyKind; 1] = [KeyKind::ScimUserName];
        let id = person.user.as_ref().map_or("", |user| user.id.as_str());
        let mut all = BTreeSet::new();
        for (claims, kinds) in [(CLAIMS.as_slice(), EMAILS.as_slice()), (NAMES.as_slice(), NAMES.as_slice())]
        {
            let claimed = person.keys.iter().filter(|key| claims.contains(&key.kind()));
            let claimed: Vec<&str> = claimed.map(LookupKey::value).collect();
            let kinds: Vec<i16> = kinds.iter().map(|kind| kind.code()).collect();
            let find = sqlx::query_scalar(FIND_SHARED).bind(claimed).bind(kinds).bind(id);
            all.extend(find.fetch_all(&mut *self.connection).await? as Vec<String>);
        }
        Ok(all)
    }

    /// Who was erased and had `name`, which may be a receipt's digest, too. An id means nothing else.
    ///
    /// # Errors
    /// [`StoreError::ErasureKey`]; [`StoreError`] if a statement fails.
    pub async fn erased_with(&mut self, name: &str) -> Result<ErasedName, StoreError> {
        let Some(key) = key(self.connection, self.erasure.as_deref()).await? else {
            return Ok(ErasedName::Nobody);
        };
        let select = "SELECT DISTINCT receipt FROM erased_key
                       WHERE tenant_id = bound_tenant() AND encode(receipt, 'hex') = $1";
        if name.len() == 2 * size_of::<Digest>() && name.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let find = sqlx::query_scalar(select).bind(name.to_ascii_lowercase());
            let of_receipt: Option<Vec<u8>> = find.fetch_optional(&mut *self.connection).await?;
            if let Some(receipt) = of_receipt {
                return Ok(named(&[receipt]));
            }
        }
        let keys: Vec<LookupKey> = readings(name).collect();
        who(self.connection, &key.of(&self.tenant.to_string()), keys.iter()).await
    }

    /// Forgets that the person with this receipt was erased.
    ///
    /// # Errors
    /// [`StoreError`] if a statement fails.
    pub async fn allow(&mut self, receipt: Digest) -> Result<String, StoreError> {
        sqlx::query(ALLOW).bind(receipt.as_slice()).execute(&mut *self.connection).await?;
        Ok(hex(&receipt))
    }
}

/// Who was erased and had any of `keys`: by an id, if there is one who had it.
async fn who(
    connection: &mut PgConnection,
    of_tenant: &TenantDigests,
    keys: impl Iterator<Item = &LookupKey>,
) -> Result<ErasedName, StoreError> {
    let (ids, others): (Vec<_>, Vec<_>) = keys.partition(|key| key.kind() == KeyKind::Id);
    for keys in [ids, others] {
        let claims = keys.iter().filter(|key| key.kind() == KeyKind::Email);
        let claims: Vec<LookupKey> =
            claims.filter_map(|email| LookupKey::email_claim(email.value())).collect();
        let digests = keys.into_iter().chain(&claims).filter_map(|key| of_tenant.kept(key));
        let digests: Vec<Vec<u8>> = digests.map(|digest| digest.to_vec()).collect();
        let find = sqlx::query_scalar(FIND_RECEIPTS).bind(digests);
        let receipts: Vec<Vec<u8>> = find.fetch_all(&mut *connection).await?;
        let found = named(&receipts);
        if found != ErasedName::Nobody {
            return Ok(found);
        }
    }
    Ok(ErasedName::Nobody)
}

fn named(receipts: &[Vec<u8>]) -> ErasedName {
    match receipts {
        [] => ErasedName::Nobody,
        [receipt] => Digest::try_from(receipt.as_slice()).map_or(ErasedName::Nobody, ErasedName::One),
        several => ErasedName::Several(several.len()),
    }
}
