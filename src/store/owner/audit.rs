//! The record of administrative acts.

use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use super::{AdminTransaction, OwnerStore, TenantColumn};
use crate::core::id::Slug;
use crate::store::StoreError;

/// How an act came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A command.
    Cli,
    /// The operators' HTTP API.
    Api,
}

impl Via {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Api => "api",
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// How the act came in.
    pub via: Via,
    /// User of the operating system, or name of the token.
    pub name: String,
}

/// An act to be recorded. It never holds a secret.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// What was done, such as `tenant.create`.
    pub act: &'static str,
    /// Slug of the tenant it was done to.
    pub tenant: Option<&'a Slug>,
    /// What else it was done to: the public id of a credential.
    pub subject: &'a str,
    /// With which options or outcome.
    pub detail: Value,
}

/// A recorded act.
#[derive(Debug, Clone, PartialEq, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Grows with every act.
    pub id: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `cli` or `api`.
    pub via: String,
    /// Who.
    pub actor: String,
    /// What was done.
    pub act: String,
    /// To which tenant.
    #[sqlx(flatten, try_from = "TenantColumn")]
    pub tenant: Option<Slug>,
    /// To what else.
    pub subject: String,
    /// With which options or outcome.
    #[sqlx(json)]
    pub detail: Value,
}

impl AdminTransaction {
    /// Records `act` of `actor` in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it; [`StoreError::Denied`] if
    /// the role is not the owner's.
    pub async fn record(&mut self, actor: &Actor, act: &Act<'_>) -> Result<(), StoreError> {
        record(&mut self.transaction, actor, act).await
    }
}

/// Records `act` of `actor` in the transaction of `connection`.
pub(in crate::store) async fn record(
    connection: &mut PgConnection,
    actor: &Actor,
    act: &Act<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (via, actor, act, tenant, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(actor.via.as_str())
    .bind(&actor.name)
    .bind(act.act)
    .bind(act.tenant.map(Slug::as_str))
    .bind(act.subject)
    .bind(Json(&act.detail))
    .execute(connection)
    .await?;
    Ok(())
}

impl OwnerStore {
    /// The newest `most` acts, newest first; of one tenant if its slug is given. Only those before the act with
    /// the id `before`, if it is given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached; [`StoreError::Denied`] if the role is not the
    /// owner's.
    pub async fn audit(
        &self,
        tenant: Option<&Slug>,
        before: Option<i64>,
        most: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let statement = "SELECT id, at, via, actor, act, tenant, subject, detail FROM audit
             WHERE ($1::text IS NULL OR tenant = $1) AND ($2::bigint IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3";
        let tenant = tenant.map(Slug::as_str);
        self.database
            .read("audit", |pool| async move {
                sqlx::query_as(statement).bind(tenant).bind(before).bind(most).fetch_all(&pool).await
            })
            .await
    }
}
