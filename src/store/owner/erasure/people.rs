//! Erases one person from a directory.

use serde::Serialize;
use sqlx::types::Json;

use super::filter::ErasureFilter;
use super::key_or_new;
use super::person::Person;
use super::search::Traces;
use super::timelines;
use crate::core::erasure::hex;
use crate::core::id::Slug;
use crate::core::user::{JsonObject, User};
use crate::store::StoreError;
use crate::store::owner::merge::document;
use crate::store::owner::users::{LockedDirectory, PutError};

/// Rows that an erasure deleted or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureCounts {
    /// Users deleted.
    pub users: u64,
    /// Keys deleted.
    pub keys: u64,
    /// Other users who named the person as their manager, or in whose texts an account was.
    pub reports: u64,
    /// Holdings deleted.
    pub holdings: u64,
    /// Reviews of the person deleted.
    pub reviews: u64,
    /// Places in audiences deleted.
    pub audiences: u64,
    /// Transfers in which nobody stands for the person now.
    pub transfers: u64,
    /// Announcements of the same kind.
    pub announcements: u64,
    /// Reviews of others, of the same kind.
    pub reviews_of_others: u64,
    /// Holdings of others, of the same kind.
    pub holdings_of_others: u64,
    /// Entries of the feed and of the log of changes that named the person or an account.
    pub changes: u64,
    /// Entries of the audit log whose subject is a digest now.
    pub audit: u64,
    /// Digests kept.
    pub digests: u64,
}

impl ErasureCounts {
    /// Whether nothing of the person was found.
    #[must_use]
    pub fn found_nothing(&self) -> bool {
        *self == Self { digests: self.digests, ..Self::default() }
    }
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Keyed digest of the person's ids, in hexadecimal.
    pub receipt: String,
    /// Whether digests of the person were kept before.
    pub was_erased: bool,
    /// What was deleted or changed.
    pub counts: ErasureCounts,
}

const READ_TRACED: &str = r#"
    SELECT u.document FROM (SELECT DISTINCT id FROM trace_user) t
     CROSS JOIN LATERAL (
           SELECT u.document FROM "user" u WHERE u.tenant_id = bound_tenant() AND u.id = t.id OFFSET 0) u"#;

/// Caches that are behind such a change drop all users of the tenant, or all timelines of that kind.
const FORGET_CHANGES: &str = "
    WITH forgotten AS (
        DELETE FROM directory_change WHERE ctid = ANY (ARRAY (
            SELECT c.ctid FROM (SELECT DISTINCT subject, generation, id FROM trace_log) t
             CROSS JOIN LATERAL (
                   SELECT c.ctid FROM directory_change c
                    WHERE c.tenant_id = bound_tenant() AND c.subject = t.subject AND c.generation = t.generation
                      AND c.id = t.id OFFSET 0) c))
        RETURNING subject, generation),
    widened AS (
        INSERT INTO directory_change (tenant_id, subject, generation, id, change)
        SELECT DISTINCT bound_tenant(), subject, generation, '', 0 FROM forgotten
        ON CONFLICT DO NOTHING)
    SELECT count(*) FROM forgotten";

const FORGET_REMOVALS: &str = "
    DELETE FROM user_change WHERE ctid = ANY (ARRAY (
        SELECT c.ctid FROM (SELECT DISTINCT generation, last_ordinal FROM trace_feed) t
         CROSS JOIN LATERAL (
               SELECT c.ctid FROM user_change c
                WHERE c.tenant_id = bound_tenant() AND c.generation = t.generation AND c.change = 1
                  AND c.last_ordinal = t.last_ordinal OFFSET 0) c))";

/// Readers of the feed who have not been told yet cannot be told any more who is gone: they start over. Searches need not.
const START_OVER: &str = "
    INSERT INTO user_change_trim (tenant_id, generation, erased_to)
    SELECT tenant_id, 0, generation FROM directory WHERE tenant_id = bound_tenant()
        ON CONFLICT (tenant_id) DO UPDATE SET erased_to = excluded.erased_to";

impl LockedDirectory<'_> {
    /// Erases `person` from every table of the tenant with this slug, and keeps digests of what found the person.
    ///
    /// # Errors
    /// [`StoreError::ErasureKey`] without the ring's keys; [`PutError`] if a statement fails. The transaction is to be
    /// given up then.
    pub async fn erase(&mut self, slug: &Slug, person: &Person, traces: &Traces) -> Result<Erased, PutError> {
        let of_tenant =
            key_or_new(self.connection, self.erasure.as_deref()).await?.of(&self.tenant.to_string());
        let (receipt, digests, was_erased) = self.keep(person, &of_tenant).await?;
        let receipt = hex(&receipt);
        let mut counts = ErasureCounts { digests, ..ErasureCounts::default() };
        if let Some(user) = &person.user {
            self.delete(user).await?;
            (counts.users, counts.keys) = (1, person.keys.len() as u64);
        }
        if let Some(accounts) = person.accounts() {
            let deleted = timelines::delete(self.connection, &accounts).await?;
            [counts.holdings, counts.reviews, counts.audiences, _] = deleted;
        }
        let since = self.complete(traces, person).await?;
        counts.reports = Box::pin(self.clean_traced(person)).await?;
        if let Some(accounts) = person.accounts() {
            let replaced = timelines::replace(self.connection, &accounts).await?;
            [counts.holdings_of_others, counts.transfers, counts.announcements, counts.reviews_of_others] =
                replaced;
        }
        self.complete_logged(person, since).await?;
        counts.changes = self.forget_changes().await?;
        counts.audit = self.forget_acts(slug, person, &receipt).await?;
        Ok(Erased { receipt, was_erased, counts })
    }

    /// Removes the person from the documents of the users who were found. Returns how many had it.
    async fn clean_traced(&mut self, person: &Person) -> Result<u64, PutError> {
        let find = sqlx::query_scalar(READ_TRACED).fetch_all(&mut *self.connection).await;
        let documents: Vec<Json<JsonObject>> = find.map_err(StoreError::from)?;
        if documents.is_empty() {
            return Ok(0);
        }
        let connection = &mut *self.connection;
        let filter = ErasureFilter::read(connection, self.tenant, self.erasure.as_deref(), None).await?;
        let Some(filter) = filter else { return Ok(0) };
        let mut changed = 0;
        for Json(before) in documents {
            let before: User = serde_json::from_value(before.into()).map_err(StoreError::from)?;
            if person.user.as_ref().is_some_and(|user| user.id == before.id) {
                continue;
            }
            if let Some(after) = filter.cleaned(&before, &document(&before)?) {
                self.put(Some(&before), &after).await?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    /// Removes the person from the logs of changes. Returns how many entries there were.
    async fn forget_changes(&mut self) -> Result<u64, StoreError> {
        let forgotten: i64 = sqlx::query_scalar(FORGET_CHANGES).fetch_one(&mut *self.connection).await?;
        let removals = sqlx::query(FORGET_REMOVALS).execute(&mut *self.connection).await?.rows_affected();
        if removals > 0 {
            sqlx::query(START_OVER).execute(&mut *self.connection).await?;
        }
        Ok(forgotten.unsigned_abs() + removals)
    }

    async fn forget_acts(&mut self, slug: &Slug, person: &Person, receipt: &str) -> Result<u64, StoreError> {
        let mut names: Vec<String> = person.id_texts().into_iter().map(str::to_owned).collect();
        names.extend(person.element_paths()?);
        let audit = sqlx::query_scalar("SELECT erase_from_audit($1, $2, $3)").bind(slug.as_str());
        let audit: i64 = audit.bind(names).bind(receipt).fetch_one(&mut *self.connection).await?;
        Ok(audit.unsigned_abs())
    }
}
