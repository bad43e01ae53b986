//! Skips records about people who were erased. Those who had been when the merge began are left out while the records are
//! staged; who was erased since then is looked for in what is staged, under the lock.

use std::collections::BTreeSet;

use sqlx::types::Json;

use super::Merge;
use super::records::{document, exclusive_keys, in_text};
use crate::core::key::KeyKind;
use crate::core::user::User;
use crate::store::StoreError;
use crate::store::owner::bind;
use crate::store::owner::erasure::ErasureFilter;

/// Rows read at a time. Not to be prepared once: what it returns differs.
const FETCH: &str = "FETCH 10000 FROM staged_rows";

/// Users who are there all the same, whichever key of such a record finds them: to replace the source must not remove them.
const WITHHOLD: &str = "
    INSERT INTO withheld (target)
    SELECT DISTINCT k.user_id FROM withheld_key s
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = s.kind AND k.value = s.value OFFSET 0) k";

const COUNT_EXCLUSIVE: &str = "SELECT count(*) FROM staged_key WHERE place = ANY ($1) AND kind = ANY ($2)";

const UNSTAGE: [&str; 2] = [
    "INSERT INTO withheld_key (kind, value) SELECT kind, value FROM staged_key WHERE place = ANY ($1)",
    "DELETE FROM staged WHERE place = ANY ($1)",
];

const CHANGE_ENTRIES: &str = "
    UPDATE staged_entry e SET id = c.id, document = c.document::json
      FROM unnest($1::text[], $2::text[], $3::text[]) AS c (at, id, document) WHERE e.ctid = c.at::tid";

const CHANGE_USER: [&str; 2] = [
    "UPDATE staged SET document = $2::json WHERE kind = 0 AND place = $1",
    "DELETE FROM staged WHERE kind > 0 AND place = $1",
];

impl Merge {
    /// Reads who was erased before the records are read.
    pub(super) async fn read_erased(&mut self) -> Result<(), StoreError> {
        sqlx::raw_sql("BEGIN").execute(&mut self.connection).await?;
        self.erased_before = self.erased_since(None).await?.map(Into::into);
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await?;
        Ok(())
    }

    async fn erased_since(
        &mut self,
        known: Option<&ErasureFilter>,
    ) -> Result<Option<ErasureFilter>, StoreError> {
        bind(&mut self.connection, self.tenant).await?;
        ErasureFilter::read(&mut self.connection, self.tenant, self.erasure.as_deref(), known).await
    }

    /// Leaves out who was erased since the merge began; their accounts stay out of others' entries, too. Returns the
    /// number of all records that are left out.
    pub(super) async fn skip_erased(&mut self) -> Result<u64, StoreError> {
        let known = self.erased_before.clone();
        if let Some(since) = self.erased_since(known.as_deref()).await? {
            self.unstage_users(&since).await?;
            self.clean_users(&since).await?;
            self.clean_entries(&since).await?;
        }
        sqlx::query(WITHHOLD).execute(&mut self.connection).await?;
        Ok(self.erased)
    }

    /// Removes the records with a key of somebody who was erased.
    async fn unstage_users(&mut self, erased: &ErasureFilter) -> Result<(), StoreError> {
        self.open("SELECT place, kind, value FROM staged_key").await?;
        let mut places = BTreeSet::new();
        loop {
            let keys: Vec<(i64, i16, String)> =
                sqlx::query_as(FETCH).persistent(false).fetch_all(&mut self.connection).await?;
            if keys.is_empty() {
                break;
            }
            let found = keys.iter().filter(|(_, kind, value)| {
                KeyKind::of_code(*kind).is_some_and(|kind| erased.has(kind, value))
            });
            places.extend(found.map(|(place, ..)| *place));
        }
        self.close().await?;
        self.erased += places.len() as u64;
        let places: Vec<i64> = places.into_iter().collect();
        let exclusive: Vec<i16> = KeyKind::exclusive().map(KeyKind::code).collect();
        let count = sqlx::query_scalar(COUNT_EXCLUSIVE).bind(&places).bind(exclusive);
        let skipped: i64 = count.fetch_one(&mut self.connection).await?;
        self.exclusive_keys -= skipped;
        for statement in UNSTAGE {
            sqlx::query(statement).bind(&places).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Removes erased people from the records about others.
    async fn clean_users(&mut self, erased: &ErasureFilter) -> Result<(), StoreError> {
        let mut cleaned = Vec::new();
        self.open("SELECT place, document FROM staged_user").await?;
        loop {
            let users: Vec<(i64, Json<User>)> =
                sqlx::query_as(FETCH).persistent(false).fetch_all(&mut self.connection).await?;
            if users.is_empty() {
                break;
            }
            for (place, Json(user)) in users {
                let after = erased.cleaned(&user, &serde_json::to_string(&user)?);
                cleaned.extend(after.map(|after| (place, after, user)));
            }
        }
        self.close().await?;
        for (place, user, before) in cleaned {
            let [change, delete] = CHANGE_USER;
            let Ok(text) = document(&user) else { continue };
            sqlx::query(change).bind(place).bind(text).execute(&mut self.connection).await?;
            sqlx::query(delete).bind(place).execute(&mut self.connection).await?;
            let (keys, old) = (user.keys().unwrap_or_default(), before.keys().unwrap_or_default());
            self.exclusive_keys += exclusive_keys(&keys) - exclusive_keys(&old);
            self.pushed.records.push_keys(place, user.id.as_str(), &keys);
        }
        self.stage_pushed().await
    }

    /// Removes the entries of erased people, and the people from the entries of others.
    async fn clean_entries(&mut self, erased: &ErasureFilter) -> Result<(), StoreError> {
        let is_erased = |account: &String| erased.has(KeyKind::Address, account);
        for table in ["staged_entry", "staged_party"] {
            let select = format!("SELECT DISTINCT account FROM {table} WHERE account <> ''");
            let accounts = sqlx::query_scalar(sqlx::AssertSqlSafe(select));
            let mut accounts: Vec<String> = accounts.fetch_all(&mut self.connection).await?;
            accounts.retain(is_erased);
            let delete = format!("DELETE FROM {table} WHERE account = ANY ($1)");
            let delete = sqlx::query(sqlx::AssertSqlSafe(delete)).bind(accounts);
            delete.execute(&mut self.connection).await?;
        }
        let (mut at, mut ids, mut documents) = (Vec::new(), Vec::new(), Vec::new());
        self.open("SELECT ctid::text, id, document::text FROM staged_entry").await?;
        loop {
            let entries: Vec<(String, String, String)> =
                sqlx::query_as(FETCH).persistent(false).fetch_all(&mut self.connection).await?;
            if entries.is_empty() {
                break;
            }
            for (place, id, document) in entries {
                if let Some(document) = erased.replaced(&document) {
                    at.push(place);
                    ids.push(in_text(erased, &id).unwrap_or(id));
                    documents.push(document);
                }
            }
        }
        self.close().await?;
        let change = sqlx::query(CHANGE_ENTRIES).bind(at).bind(ids).bind(documents);
        change.execute(&mut self.connection).await?;
        Ok(())
    }

    async fn open(&mut self, select: &str) -> Result<(), StoreError> {
        let open = format!("DECLARE staged_rows NO SCROLL CURSOR FOR {select}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(open)).execute(&mut self.connection).await?;
        Ok(())
    }

    async fn close(&mut self) -> Result<(), StoreError> {
        sqlx::raw_sql("CLOSE staged_rows").execute(&mut self.connection).await?;
        Ok(())
    }
}
