//! Accounts of erased people, in timelines.

use sqlx::{AssertSqlSafe, PgConnection};

use super::search::{MENTIONING, has_id};
use crate::core::address::Address;
use crate::core::view::Timeline;
use crate::store::StoreError;

/// What stands for an account of an erased person in the entries of others: the account that nobody has.
pub(super) const REPLACEMENT: &str = "0x0000000000000000000000000000000000000000";

/// Accounts, as keys and in every form.
pub(super) struct Accounts {
    pub(super) keys: Vec<String>,
    /// A regular expression that finds any of the forms, in any case.
    pub(super) pattern: String,
}

impl Accounts {
    /// `None` if there are none.
    pub(super) fn of<'a>(addresses: impl Iterator<Item = &'a Address>) -> Option<Self> {
        let (mut keys, mut forms) = (Vec::new(), Vec::new());
        for address in addresses {
            keys.push(address.key().as_str().to_owned());
            // Letters and digits alone.
            forms.extend(address.forms());
        }
        (!keys.is_empty()).then(|| Self { keys, pattern: format!("({})", forms.join("|")) })
    }
}

/// Deletes what is about the accounts alone, and their places in others' transfers. Returns the numbers of rows of
/// holdings, reviews, audiences and parties.
pub(super) async fn delete(
    connection: &mut PgConnection,
    accounts: &Accounts,
) -> Result<[u64; 4], StoreError> {
    let mut deleted = [0; 4];
    for (table, count) in ["holding", "review", "audience", "transfer_party"].into_iter().zip(&mut deleted) {
        let statement =
            format!("DELETE FROM {table} WHERE tenant_id = bound_tenant() AND account = ANY ($1)");
        let delete = sqlx::query(AssertSqlSafe(statement)).bind(&accounts.keys);
        *count = delete.execute(&mut *connection).await?.rows_affected();
    }
    Ok(deleted)
}

/// The places of the entries of `timeline` that a search found.
fn found(timeline: Timeline) -> String {
    let (table, key) = (timeline.table(), timeline.key());
    let same = key.split(", ").map(|column| format!("n.{column} = t.{column}")).collect::<Vec<_>>();
    format!(
        "ARRAY (SELECT n.ctid FROM (SELECT DISTINCT {key} FROM trace_{table}) t
                 CROSS JOIN LATERAL (
                       SELECT n.ctid FROM {table} n
                        WHERE n.tenant_id = bound_tenant() AND {} OFFSET 0) n)",
        same.join(" AND ")
    )
}

const REPLACED: &str = "regexp_replace(document::text, $1, $2, 'gi')::json";

/// Replaces the accounts in the entries of others that a search found, in their texts, too. Returns the numbers of
/// holdings, transfers, announcements and reviews.
pub(super) async fn replace(
    connection: &mut PgConnection,
    accounts: &Accounts,
) -> Result<[u64; 4], StoreError> {
    let mut replaced = [0; 4];
    for ((timeline, ..), count) in MENTIONING.into_iter().zip(&mut replaced) {
        if has_id(timeline) {
            *count = rename(connection, accounts, timeline).await?;
        }
        let (table, found) = (timeline.table(), found(timeline));
        let statement = format!("UPDATE {table} SET document = {REPLACED} WHERE ctid = ANY ({found})");
        let replace = sqlx::query(AssertSqlSafe(statement)).bind(&accounts.pattern).bind(REPLACEMENT);
        *count += replace.execute(&mut *connection).await?.rows_affected();
    }
    Ok(replaced)
}

/// Gives the entries whose ids are made of an account other ids. Of two that have the same one then, one is kept. Returns
/// how many there were.
async fn rename(
    connection: &mut PgConnection,
    accounts: &Accounts,
    timeline: Timeline,
) -> Result<u64, StoreError> {
    let (table, key) = (timeline.table(), timeline.key());
    let renamed = key.replace(" id", " regexp_replace(id, $1, $2, 'gi')");
    let renamed = if key == "id" { "regexp_replace(id, $1, $2, 'gi')" } else { renamed.as_str() };
    let statement = format!(
        "WITH renamed AS (DELETE FROM {table} WHERE ctid = ANY ({}) AND id ~* $1 RETURNING *)
         INSERT INTO {table} (tenant_id, {key}, document) SELECT tenant_id, {renamed}, {REPLACED} FROM renamed
         ON CONFLICT DO NOTHING",
        found(timeline)
    );
    let rename = sqlx::query(AssertSqlSafe(statement)).bind(&accounts.pattern).bind(REPLACEMENT);
    let renamed = rename.execute(&mut *connection).await?.rows_affected();
    if renamed > 0 && timeline == Timeline::Transfers {
        // Parties are indexed by account, so this reads all of the tenant.
        let parties = "
            WITH renamed AS (DELETE FROM transfer_party WHERE tenant_id = bound_tenant() AND transfer_id ~* $1 RETURNING *)
            INSERT INTO transfer_party (tenant_id, account, at, transfer_id, collection_id, incoming)
            SELECT tenant_id, account, at, regexp_replace(transfer_id, $1, $2, 'gi'), collection_id, incoming FROM renamed
            ON CONFLICT DO NOTHING";
        let rename = sqlx::query(parties).bind(&accounts.pattern).bind(REPLACEMENT);
        rename.execute(&mut *connection).await?;
    }
    Ok(renamed)
}
