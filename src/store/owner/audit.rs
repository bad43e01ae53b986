//! The audit log.

use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use super::{AdminTransaction, OwnerStore, TenantColumn};
use crate::core::id::Slug;
use crate::store::StoreError;

/// The interface through which an action was requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The command line.
    Cli,
    /// The admin HTTP API.
    Api,
    /// SCIM, by an identity provider.
    Scim,
}

impl Via {
    /// All interfaces.
    pub const ALL: [Self; 3] = [Self::Cli, Self::Api, Self::Scim];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Api => "api",
            Self::Scim => "scim",
        }
    }
}

/// Who performs an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The interface.
    pub via: Via,
    /// User of the operating system, name of the admin token, or public id of the identity provider's credential.
    pub name: String,
}

/// An action to be logged. Never contains a secret.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// The action, such as `tenant.create`.
    pub act: &'static str,
    /// Slug of the tenant concerned.
    pub tenant: Option<&'a Slug>,
    /// Other object concerned: the public id of a credential.
    pub subject: &'a str,
    /// Options or outcome.
    pub detail: Value,
}

/// An audit log entry.
#[derive(Debug, Clone, PartialEq, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Increases with every entry.
    pub id: i64,
    /// Time of the action.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `cli`, `api` or `scim`.
    pub via: String,
    /// Who performed it.
    pub actor: String,
    /// The action.
    pub act: String,
    /// Slug of the tenant concerned.
    #[sqlx(flatten, try_from = "TenantColumn")]
    pub tenant: Option<Slug>,
    /// Other object concerned.
    pub subject: String,
    /// Options or outcome.
    #[sqlx(json)]
    pub detail: Value,
}

impl AdminTransaction {
    /// Logs `act` of `actor` in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it; [`StoreError::Denied`] if
    /// the role is not the owner's.
    pub async fn record(&mut self, actor: &Actor, act: &Act<'_>) -> Result<(), StoreError> {
        record(self.transaction.connection()?, actor, act).await
    }
}

/// Logs `act` of `actor` in the transaction of `connection`.
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
    /// The newest `most` entries, newest first; only those of the tenant with this slug and of the credentials that open
    /// it through its customer, if given, and only those with an id below `before`, if given.
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
        let statement = concat!(
            "SELECT id, at, via, actor, act, tenant, subject, detail FROM audit
             WHERE ($1::text IS NULL OR tenant = $1 OR (act LIKE 'credential.%' AND subject IN (
                     SELECT c.public_id FROM tenant o JOIN customer k ON k.id = o.customer_id
                       JOIN credential c ON ",
            is_for_customer!(),
            " WHERE o.slug = $1))) AND ($2::bigint IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3"
        );
        let tenant = tenant.map(Slug::as_str);
        let query = || sqlx::query_as(statement).bind(tenant).bind(before).bind(most);
        self.pool.read("audit", query).await
    }
}
