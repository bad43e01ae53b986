//! Skips records about people who were erased.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;

use super::Merge;
use crate::core::address::Address;
use crate::core::key::KeyKind;
use crate::core::view::Timeline;
use crate::store::StoreError;
use crate::store::owner::erasure::{Accounts, Barred, REPLACEMENT, barred};

/// Keys read at a time.
const FETCH: &str = "FETCH 10000 FROM named";

/// Users who are there all the same, whichever key of such a record finds them: to replace the source must not remove them.
const WITHHOLD: &str = "
    INSERT INTO withheld (target)
    SELECT k.user_id FROM unnest($1::bigint[]) AS p (place)
      JOIN staged_key s ON s.place = p.place
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = s.kind AND k.value = s.value OFFSET 0) k";

const COUNT_EXCLUSIVE: &str = "SELECT count(*) FROM staged_key WHERE place = ANY ($1) AND kind = ANY ($2)";

/// The accounts that entries are about, and those that wrote them.
const ACCOUNTS: &str = "
    SELECT DISTINCT account FROM (
        SELECT account FROM staged_entry UNION ALL SELECT account FROM staged_party
        UNION ALL SELECT document ->> 'from' FROM staged_entry WHERE kind = ANY ($1)) a
     WHERE account <> ''";

impl Merge {
    /// Removes what is staged about people who were erased; their accounts stay out of others' entries, too. Returns the
    /// number of records about them.
    pub(super) async fn skip_erased(&mut self) -> Result<u64, StoreError> {
        let barred = barred(&mut self.connection, self.tenant, self.erasure.as_deref()).await?;
        let Some(barred) = barred else { return Ok(0) };
        let places = self.erased_places(&barred).await?;
        if !places.is_empty() {
            self.skip_users(&places).await?;
        }
        self.skip_entries(&barred).await?;
        Ok(places.len() as u64)
    }

    /// The numbers of the records with a key of somebody who was erased.
    async fn erased_places(&mut self, barred: &Barred) -> Result<Vec<i64>, StoreError> {
        sqlx::raw_sql("DECLARE named NO SCROLL CURSOR FOR SELECT place, kind, value FROM staged_key")
            .execute(&mut self.connection)
            .await?;
        let mut places = BTreeSet::new();
        loop {
            let keys: Vec<(i64, i16, String)> = sqlx::query_as(FETCH).fetch_all(&mut self.connection).await?;
            if keys.is_empty() {
                break;
            }
            let erased = keys.iter().filter(|(_, kind, value)| {
                KeyKind::of_code(*kind).is_some_and(|kind| barred.has(kind, value))
            });
            places.extend(erased.map(|(place, ..)| *place));
        }
        sqlx::raw_sql("CLOSE named").execute(&mut self.connection).await?;
        Ok(places.into_iter().collect())
    }

    async fn skip_users(&mut self, places: &[i64]) -> Result<(), StoreError> {
        let withhold = sqlx::query(WITHHOLD).bind(places);
        withhold.execute(&mut self.connection).await?;
        let exclusive: Vec<i16> = KeyKind::exclusive().map(KeyKind::code).collect();
        let skipped = sqlx::query_scalar(COUNT_EXCLUSIVE).bind(places).bind(exclusive);
        let skipped: i64 = skipped.fetch_one(&mut self.connection).await?;
        self.exclusive_keys -= skipped;
        let delete = sqlx::query("DELETE FROM staged WHERE place = ANY ($1)").bind(places);
        delete.execute(&mut self.connection).await?;
        Ok(())
    }

    async fn skip_entries(&mut self, barred: &Barred) -> Result<(), StoreError> {
        let signed = [Timeline::Announcements, Timeline::Reviews].map(Timeline::code);
        let accounts = sqlx::query_scalar(ACCOUNTS).bind(signed.as_slice());
        let accounts: Vec<String> = accounts.fetch_all(&mut self.connection).await?;
        let erased: Vec<Address> = accounts
            .iter()
            .filter_map(|account| Address::parse(account).ok())
            .filter(|address| barred.has(KeyKind::Address, address.key().as_str()))
            .collect();
        let Some(erased) = Accounts::of(erased.iter()) else { return Ok(()) };
        for table in ["staged_entry", "staged_party"] {
            let statement = format!("DELETE FROM {table} WHERE account = ANY ($1)");
            let delete = sqlx::query(AssertSqlSafe(statement)).bind(&erased.keys);
            delete.execute(&mut self.connection).await?;
        }
        sqlx::query(
            "UPDATE staged_entry SET document = regexp_replace(document::text, $1, $2, 'gi')::json
              WHERE document::text ~* $1",
        )
        .bind(&erased.pattern)
        .bind(REPLACEMENT)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}
