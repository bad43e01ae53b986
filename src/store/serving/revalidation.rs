//! Revalidation: one statement asks what has changed, on behalf of many requests.

use sqlx::FromRow;
use time::OffsetDateTime;

use super::ServingStore;
use crate::core::id::UserId;
use crate::store::error::StoreError;
use crate::store::id::{CredentialId, TenantId};

/// Maximum number of changed users reported per tenant; beyond that, all users are considered changed.
const MOST_LISTED: i32 = 1_000;

/// A nonce or an assertion's id to be used up: valid once, across all gateways, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// The credential.
    pub credential: CredentialId,
    /// The client's text, or a digest of it.
    pub value: String,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

/// The content of one statement.
#[derive(Debug, Default)]
pub struct Question {
    /// The tenants, each with the last known generation.
    pub tenants: Vec<(TenantId, Option<i64>)>,
    /// The nonces to use up.
    pub nonces: Vec<Nonce>,
}

/// Changes in a tenant's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The current generation.
    pub generation: i64,
    /// Users changed since the generation asked about; `None` if there are too many, or they are not known.
    pub changed: Option<Vec<UserId>>,
}

/// The database's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The counter of changes that affect who may call.
    pub access: i64,
    /// Start time of the database server, in microseconds since the epoch. After a restart, transactions may be lost
    /// that were not yet on disk.
    pub server_started: i64,
    /// The tenants, by index, whose generation differs from the one asked about.
    pub moved: Vec<(usize, Moved)>,
    /// For each nonce, whether this was its first use.
    pub first_uses: Vec<bool>,
}

/// One row of the answer: the access counter (place 0), a tenant (from place 1 up), or a nonce used for the first time
/// (from place -1 down).
#[derive(FromRow)]
struct Row {
    place: i32,
    generation: i64,
    changed: Option<Vec<String>>,
}

const ASK: &str = "SELECT place, generation, changed FROM revalidate($1, $2, $3)";

const ASK_AND_USE_NONCES: &str = "
    SELECT place, generation, changed FROM revalidate($1, $2, $3)
     UNION ALL SELECT -place, 0, NULL FROM use_nonces($4, $5, $6)";

impl ServingStore {
    /// What has changed. Never retried: if only the response was lost, a retry would find the nonces used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer: the nonces may or may
    /// not have been used up.
    pub async fn revalidate(&self, question: &Question) -> Result<Answer, StoreError> {
        let (tenants, seen): (Vec<TenantId>, Vec<i64>) =
            question.tenants.iter().map(|(tenant, seen)| (*tenant, seen.unwrap_or(-1))).unzip();
        let (tenants, seen) = (&tenants, &seen);
        let nonces = &question.nonces;
        let statement = |pool| async move {
            if nonces.is_empty() {
                let ask = sqlx::query_as(ASK).bind(tenants).bind(seen).bind(MOST_LISTED);
                return ask.fetch_all(&pool).await;
            }
            let ask = sqlx::query_as(ASK_AND_USE_NONCES).bind(tenants).bind(seen).bind(MOST_LISTED);
            ask.bind(nonces.iter().map(|nonce| nonce.credential).collect::<Vec<_>>())
                .bind(nonces.iter().map(|nonce| nonce.value.as_str()).collect::<Vec<_>>())
                .bind(nonces.iter().map(|nonce| nonce.expires_at).collect::<Vec<_>>())
                .fetch_all(&pool)
                .await
        };
        let rows: Vec<Row> = self.database.once("revalidate", &statement).await?;
        Ok(answer(rows, question.nonces.len()))
    }

    /// Uses up `nonce`; false if it was used before. Never retried: if only the response was lost, a retry would look
    /// like a replay.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer: `nonce` may or may not
    /// have been used up.
    pub async fn use_nonce(&self, nonce: Nonce) -> Result<bool, StoreError> {
        let nonce = &nonce;
        let statement = |pool| async move {
            sqlx::query_scalar("SELECT is_first_use FROM use_nonces($1, $2, $3)")
                .bind([nonce.credential])
                .bind([nonce.value.as_str()])
                .bind([nonce.expires_at])
                .fetch_optional(&pool)
                .await
        };
        Ok(self.database.once("use_nonces", &statement).await?.unwrap_or(false))
    }
}

fn answer(rows: Vec<Row>, nonces: usize) -> Answer {
    let mut answer = Answer { first_uses: vec![false; nonces], ..Answer::default() };
    for Row { place, generation, changed } in rows {
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
