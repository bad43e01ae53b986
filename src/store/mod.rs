//! The store: the only place with SQL.
//!
//! Each role of the database has a store of its own: a [`ServingStore`] does what a gateway does, an [`OwnerStore`]
//! administrates. A gateway reaches user data through a [`TenantStore`] alone, and a [`TenantId`] can only be read from a row, so no
//! query exists without a tenant. The database holds the second lock: see `migrations/`.
//!
//! Every read is one call of a SQL function: one network turn, one snapshot, no open transaction that a
//! client's disconnect could leave behind on the connection.

mod error;
mod id;
mod migrate;
mod owner;
mod pool;
mod serving;
mod sql;
mod tenants;

pub use error::StoreError;
pub use id::{CredentialId, TenantId};
pub use migrate::{MigrateError, migrate};
pub use owner::{
    Act, Actor, AdminTransaction, AuditEntry, CredentialInfo, ExportSink, Merge, MergeObserver, MergeOptions,
    MergeReject, MergeReport, NewCredential, NewSecret, NewTenant, OwnerOptions, OwnerStore, PushError,
    RecordBatch, RecordError, RecordKind, RecordPosition, SealedSecret, SecretInfo, TenantInfo, UsersWritten,
    Via,
};
pub use pool::PoolOptions;
pub use serving::{
    Answer, CredentialUse, Customer, CustomerPage, Moved, Nonce, Question, RevalidationSession, SchemaState,
    ServingStore, StoredCredential, StoredPage, Tenant, TenantStore, UsersByKeys,
};
pub use tenants::TenantSettings;
