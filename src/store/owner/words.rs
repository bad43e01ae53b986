//! The words by which operators find users: kept up to date by whoever searches, so that no writer of users pays for them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use super::changes::{FeedPosition, Row, page};
use super::{AdminTransaction, Change, bind};
use crate::core::user::User;
use crate::store::{StoreError, TenantId};

/// Users whose words are brought up to date in a transaction.
const BATCH: u32 = 1_000;

/// As for the serving role, no statistics may lead away from the indexes.
const BY_INDEX: &str = "
    SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; SET LOCAL jit = off;
    SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Whether everything that was committed is in the words. A user whose deletion has not ended may not be.
const ARE_CURRENT: &str = "
    SELECT EXISTS (SELECT FROM user_word_state s JOIN directory d ON d.tenant_id = s.tenant_id
                    WHERE s.tenant_id = bound_tenant() AND s.step = 4 AND s.generation = d.generation)
           AND NOT EXISTS (SELECT FROM user_word w
                            WHERE w.tenant_id = bound_tenant() AND w.ordinal >= 0 AND w.word = '')";

const BEGIN_STATE: &str = "
    INSERT INTO user_word_state (tenant_id, generation, step, ordinal, listed_to)
    SELECT bound_tenant(), h.generation, 0, -1, h.last_ordinal FROM feed_head(bound_tenant()) h
    ON CONFLICT DO NOTHING";

const LOCK_STATE: &str = "
    SELECT generation, step, ordinal, listed_to FROM user_word_state WHERE tenant_id = bound_tenant() FOR UPDATE";

const FORGET_STATE: &str = "DELETE FROM user_word_state WHERE tenant_id = bound_tenant()";

const PUT_STATE: &str = "
    UPDATE user_word_state SET generation = $1, step = $2, ordinal = $3, listed_to = $4
     WHERE tenant_id = bound_tenant()";

const CHANGES: &str =
    "SELECT generation, step, ordinal, id FROM user_changes(bound_tenant(), $1, $2, $3, $4, $5)";

/// What an erasure keeps from readers of the feed, who must be told ids, a search goes on from.
const TRIMMED_TO: &str = "
    SELECT coalesce((SELECT generation FROM user_change_trim WHERE tenant_id = bound_tenant()), 0)";

const WAITING: &str = "
    SELECT w.ordinal FROM user_word w
     WHERE w.tenant_id = bound_tenant() AND w.ordinal >= 0 AND w.word = '' ORDER BY w.word, w.ordinal LIMIT $1";

/// Locks the users as a foreign key would: who deletes one waits until its words are there to be deleted with it. One
/// whom somebody is deleting is skipped.
const LOCK_USERS: &str = r#"
    SELECT u.ordinal, u.document FROM unnest($1::bigint[]) AS o (ordinal)
     CROSS JOIN LATERAL (
           SELECT n.ordinal, n.document FROM "user" n
            WHERE n.tenant_id = bound_tenant() AND n.ordinal >= 0 AND n.ordinal = o.ordinal
           OFFSET 0 FOR KEY SHARE SKIP LOCKED) u"#;

const STILL_THERE: &str = r#"
    SELECT u.ordinal FROM unnest($1::bigint[]) AS o (ordinal)
     CROSS JOIN LATERAL (
           SELECT n.ordinal FROM "user" n
            WHERE n.tenant_id = bound_tenant() AND n.ordinal >= 0 AND n.ordinal = o.ordinal OFFSET 0) u"#;

const KNOWN: &str = "
    SELECT o.ordinal, w.word FROM unnest($1::bigint[]) AS o (ordinal)
     CROSS JOIN LATERAL (
           SELECT w.word FROM user_word w WHERE w.tenant_id = bound_tenant() AND w.ordinal = o.ordinal OFFSET 0) w";

const LOSE: &str = "
    DELETE FROM user_word WHERE ctid = ANY (ARRAY (
        SELECT w.ctid FROM unnest($1::bigint[], $2::text[]) AS l (ordinal, word)
         CROSS JOIN LATERAL (
               SELECT w.ctid FROM user_word w
                WHERE w.tenant_id = bound_tenant() AND w.ordinal = l.ordinal AND w.word = l.word OFFSET 0) w))";

const GAIN: &str = "
    INSERT INTO user_word (tenant_id, ordinal, word)
    SELECT (SELECT bound_tenant()), g.ordinal, g.word FROM unnest($1::bigint[], $2::text[]) AS g (ordinal, word)
    ON CONFLICT DO NOTHING";

/// Words, each of a user with an ordinal.
type Words = BTreeSet<(i64, String)>;

#[derive(FromRow)]
struct State {
    generation: i64,
    step: i16,
    ordinal: i64,
    listed_to: i64,
}

impl AdminTransaction {
    /// Whether the words of `tenant` are those of its users as they are now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn words_are_current(&mut self, tenant: TenantId) -> Result<bool, StoreError> {
        self.open_words(tenant).await?;
        Ok(sqlx::query_scalar(ARE_CURRENT).fetch_one(self.transaction.connection()?).await?)
    }

    /// Brings the words of the next users of `tenant` up to date; false once there were no more. Others who do so take
    /// turns; nobody else is kept waiting, but for who deletes one of these users.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the tenant was deleted.
    pub async fn gather_words(&mut self, tenant: TenantId) -> Result<bool, StoreError> {
        self.open_words(tenant).await?;
        let connection = self.transaction.connection()?;
        sqlx::query(BEGIN_STATE).execute(&mut *connection).await?;
        let state: State = sqlx::query_as(LOCK_STATE).fetch_one(&mut *connection).await?;
        let state = FeedPosition::of_columns(state.generation, state.step, state.ordinal, state.listed_to);
        let (generation, step, ordinal, last) = state.columns();
        let changes = sqlx::query_as(CHANGES).bind(generation).bind(step).bind(ordinal).bind(last);
        let mut rows: Vec<Row> = changes.bind(i64::from(BATCH) + 1).fetch_all(&mut *connection).await?;
        if let Some(head) = rows.first_mut() {
            head.trimmed_to(sqlx::query_scalar(TRIMMED_TO).fetch_one(&mut *connection).await?);
        }
        let Some(page) = page(rows, state, BATCH) else {
            // The feed no longer has what comes next: all users are read again.
            sqlx::query(FORGET_STATE).execute(connection).await?;
            return Ok(true);
        };
        let there = page.changes.iter().filter(|change| change.change != Change::Removed);
        let mut ordinals: BTreeSet<i64> = there.filter_map(|change| change.position.ordinal()).collect();
        let waiting = sqlx::query_scalar(WAITING).bind(i64::from(BATCH));
        ordinals.extend(waiting.fetch_all(&mut *connection).await? as Vec<i64>);
        read_words(connection, ordinals.into_iter().collect()).await?;
        let (generation, step, ordinal, last) = page.next.columns();
        let put = sqlx::query(PUT_STATE).bind(generation).bind(step).bind(ordinal).bind(last);
        put.execute(connection).await?;
        Ok(page.has_more)
    }

    pub(super) async fn open_words(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        sqlx::raw_sql(BY_INDEX).execute(self.transaction.connection()?).await?;
        Ok(())
    }
}

/// Makes the words of the users with these ordinals those of their documents.
async fn read_words(connection: &mut PgConnection, ordinals: Vec<i64>) -> Result<(), StoreError> {
    if ordinals.is_empty() {
        return Ok(());
    }
    let users = sqlx::query_as(LOCK_USERS).bind(&ordinals).fetch_all(&mut *connection).await?;
    let users: BTreeMap<i64, Json<User>> = users.into_iter().collect();
    let skipped: Vec<i64> = ordinals.iter().copied().filter(|ordinal| !users.contains_key(ordinal)).collect();
    let mut words: Words = users
        .iter()
        .flat_map(|(ordinal, user)| user.words().into_iter().map(|word| (*ordinal, word)))
        .collect();
    let known = sqlx::query_as(KNOWN).bind(ordinals).fetch_all(&mut *connection).await?;
    let known: Words = known.into_iter().collect();
    if !skipped.is_empty() {
        // Their words stay as they are: who deletes the user holds them, too.
        let waiting = sqlx::query_scalar(STILL_THERE).bind(skipped).fetch_all(&mut *connection).await?;
        let waiting: BTreeSet<i64> = waiting.into_iter().collect();
        words.extend(known.iter().filter(|(ordinal, _)| waiting.contains(ordinal)).cloned());
        words.extend(waiting.into_iter().map(|ordinal| (ordinal, String::new())));
    }
    for (statement, words) in [(LOSE, known.difference(&words)), (GAIN, words.difference(&known))] {
        let (ordinals, words): (Vec<i64>, Vec<&str>) =
            words.map(|(ordinal, word)| (*ordinal, word.as_str())).unzip();
        if !ordinals.is_empty() {
            sqlx::query(statement).bind(ordinals).bind(words).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
