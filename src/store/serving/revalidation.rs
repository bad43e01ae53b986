//! Revalidation: what has changed since, asked for many requests in one statement.

use sqlx::FromRow;
use time::OffsetDateTime;

use super::ServingStore;
use crate::core::id::UserId;
use crate::store::error::StoreError;
use crate::store::id::{CredentialId, TenantId};

/// Most changed users that an answer lists of one tenant; beyond that it says that everything may have changed.
const MOST_LISTED: i32 = 1_000;

/// A nonce or an assertion's id, to be used up: it counts once, on every gateway, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// Whose it is.
    pub credential: CredentialId,
    /// What the caller wrote, or a digest of it.
    pub value: String,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

/// What one statement asks.
#[derive(Debug, Default)]
pub struct Question {
    /// The tenants, each with the generation that is known of it.
    pub tenants: Vec<(TenantId, Option<i64>)>,
    /// The nonces to use up.
    pub nonces: Vec<Nonce>,
}

/// How far a tenant's directory has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The generation now.
    pub generation: i64,
    /// The users that changed since the generation asked about; `None` if they are too many, or not known.
    pub changed: Option<Vec<UserId>>,
}

/// What the database answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// How often anything changed that decides who may call.
    pub access: i64,
    /// When the database server was started, in microseconds since the epoch. After a restart it may have lost what it
    /// had not yet stored.
    pub server_started: i64,
    /// Those tenants, by their index, that are at another generation than the one asked about.
    pub moved: Vec<(usize, Moved)>,
    /// For each nonce whether this was its first use.
    pub first_uses: Vec<bool>,
}

/// One row of the answer: the counter of access (place 0), a tenant (from place 1), or a nonce that was used for the
/// first time (from place -1 downwards).
#[derive(FromRow)]
struct Row {
    place: i32,
    generation: i64,
    changed: Option<Vec<String>>,
    /// Whether the server only reads.
    read_only: bool,
}

const ASK: &str = "
    SELECT place, generation, changed, current_setting('transaction_read_only')::boolean AS read_only
      FROM revalidate($1, $2, $3)";

const ASK_AND_USE_NONCES: &str = "
    SELECT place, generation, changed, false AS read_only FROM revalidate($1, $2, $3)
     UNION ALL SELECT -place, 0, NULL, false FROM use_nonces($4, $5, $6)";

impl ServingStore {
    /// What has changed since. Never retried if there are nonces: the lost answer to a first attempt would make them look
    /// used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer: the nonces may or may
    /// not have been used up. [`StoreError::ReadOnly`] if it only reads, even if it could answer.
    pub async fn revalidate(&self, question: &Question) -> Result<Answer, StoreError> {
        let (tenants, seen): (Vec<TenantId>, Vec<i64>) =
            question.tenants.iter().map(|(tenant, seen)| (*tenant, seen.unwrap_or(-1))).unzip();
        let nonces = &question.nonces;
        let rows: Vec<Row> = if nonces.is_empty() {
            let query = || sqlx::query_as(ASK).bind(&tenants).bind(&seen).bind(MOST_LISTED);
            self.pool.read("revalidate", query).await?
        } else {
            let query = sqlx::query_as(ASK_AND_USE_NONCES)
                .bind(tenants)
                .bind(seen)
                .bind(MOST_LISTED)
                .bind(nonces.iter().map(|nonce| nonce.credential).collect::<Vec<_>>())
                .bind(nonces.iter().map(|nonce| nonce.value.as_str()).collect::<Vec<_>>())
                .bind(nonces.iter().map(|nonce| nonce.expires_at).collect::<Vec<_>>());
            self.pool.once("revalidate", query).await?
        };
        if rows.iter().any(|row| row.read_only) {
            self.pool.renew();
            return Err(StoreError::ReadOnly);
        }
        Ok(answer(rows, nonces.len()))
    }

    /// Uses `nonce` up; false if it was used before. Never tried twice: a lost answer to the first try would look like
    /// a replay.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer: `nonce` may have been
    /// used up or not.
    pub async fn use_nonce(&self, nonce: Nonce) -> Result<bool, StoreError> {
        let query = sqlx::query_as("SELECT is_first_use FROM use_nonces($1, $2, $3)")
            .bind([nonce.credential])
            .bind([nonce.value.as_str()])
            .bind([nonce.expires_at]);
        let rows: Vec<(bool,)> = self.pool.once("use_nonces", query).await?;
        Ok(rows.contains(&(true,)))
    }
}

fn answer(rows: Vec<Row>, nonces: usize) -> Answer {
    let mut answer = Answer { first_uses: vec![false; nonces], ..Answer::default() };
    for Row { place, generation, changed, .. } in rows {
        let index = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX).wrapping_sub(1);
        if place > 0 {
            let changed = changed.map(|ids| ids.into_iter().map(UserId::new).collect());
            answer.moved.push((index, Moved { generation, changed }));
        } else if place < 0 {
            if let Some(first_use) = answer.first_uses.get_mut(index) {
                *first_use = true;
            }
        } else if changed.is_some() {
            answer.server_started = generation;
        } else {
            answer.access = generation;
        }
    }
    answer
}
