//! Revalidation: what has changed since, asked for many requests in one statement.

use serde::Deserialize;
use sqlx::FromRow;
use sqlx::types::Json;
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
    /// The counter of access that is known, if any.
    pub access: Option<i64>,
    /// The server's start time that is known, as in [`Answer::server_started`], if any.
    pub server_started: Option<i64>,
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

/// The answer as it comes.
#[derive(FromRow)]
struct Row {
    /// `None` if everything is as it is known; otherwise the counter, the start time, and the tenants that moved.
    moved: Option<Json<Vec<MovedRow>>>,
    /// The places of the nonces that were used for the first time, from 1.
    first_uses: Option<Vec<i32>>,
    /// Whether the server only reads.
    read_only: bool,
}

/// The counter of access (place 0), the server's start time (place 0, with an empty list), or a tenant (from place 1).
#[derive(Deserialize)]
struct MovedRow(usize, i64, Option<Vec<UserId>>);

const ASK: &str = "
    SELECT revalidation($1, $2, $3, $4, $5) AS moved, NULL::integer[] AS first_uses,
           current_setting('transaction_read_only')::boolean AS read_only";

const ASK_AND_USE_NONCES: &str = "
    SELECT revalidation($1, $2, $3, $4, $5) AS moved, false AS read_only,
           (SELECT array_agg(place) FROM use_nonces($6, $7, $8)) AS first_uses";

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
        let Question { access, server_started, ref nonces, .. } = *question;
        let rows: Vec<Row> = if nonces.is_empty() {
            let query = || {
                let query = sqlx::query_as(ASK).bind(&tenants).bind(&seen);
                query.bind(access).bind(server_started).bind(MOST_LISTED)
            };
            self.pool.read("revalidate", query).await?
        } else {
            let query = sqlx::query_as(ASK_AND_USE_NONCES)
                .bind(tenants)
                .bind(seen)
                .bind(access)
                .bind(server_started)
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
        Ok(rows.into_iter().fold(question.unmoved(), Answer::with))
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

impl Question {
    /// The answer if nothing has moved.
    fn unmoved(&self) -> Answer {
        Answer {
            access: self.access.unwrap_or_default(),
            server_started: self.server_started.unwrap_or_default(),
            moved: Vec::new(),
            first_uses: vec![false; self.nonces.len()],
        }
    }
}

impl Answer {
    fn with(mut self, Row { moved, first_uses, .. }: Row) -> Self {
        if moved.is_some() {
            // Without a counter of access no caller is as it was.
            self.access = 0;
        }
        for MovedRow(place, generation, changed) in moved.map(|Json(moved)| moved).unwrap_or_default() {
            match (place.checked_sub(1), changed) {
                (Some(index), changed) => self.moved.push((index, Moved { generation, changed })),
                (None, None) => self.access = generation,
                (None, Some(_)) => self.server_started = generation,
            }
        }
        for place in first_uses.unwrap_or_default() {
            let index = usize::try_from(place).unwrap_or(0).wrapping_sub(1);
            if let Some(first_use) = self.first_uses.get_mut(index) {
                *first_use = true;
            }
        }
        self
    }
}
