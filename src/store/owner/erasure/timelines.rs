//! Accounts of erased people, in timelines.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::core::address::Address;
use crate::store::StoreError;

/// What stands for an account of an erased person in the entries of others: the account that nobody has.
pub(in crate::store::owner) const REPLACEMENT: &str = "0x0000000000000000000000000000000000000000";

/// Accounts, as keys and in every form.
pub(in crate::store::owner) struct Accounts {
    pub(in crate::store::owner) keys: Vec<String>,
    /// A regular expression that finds any of the forms, in any case.
    pub(in crate::store::owner) pattern: String,
}

impl Accounts {
    /// `None` if there are none.
    pub(in crate::store::owner) fn of<'a>(addresses: impl Iterator<Item = &'a Address>) -> Option<Self> {
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

/// Replaces the accounts in the entries of others, in their texts, too. Reads all of the tenant's. Returns the numbers of
/// transfers, announcements and reviews.
pub(super) async fn replace(
    connection: &mut PgConnection,
    accounts: &Accounts,
) -> Result<[u64; 3], StoreError> {
    let mut replaced = [0; 3];
    for (table, count) in ["transfer", "announcement", "review"].into_iter().zip(&mut replaced) {
        let statement = format!(
            "UPDATE {table} SET document = regexp_replace(document::text, $1, $2, 'gi')::json
              WHERE tenant_id = bound_tenant() AND document::text ~* $1"
        );
        let replace = sqlx::query(AssertSqlSafe(statement)).bind(&accounts.pattern).bind(REPLACEMENT);
        *count = replace.execute(&mut *connection).await?.rows_affected();
    }
    Ok(replaced)
}
