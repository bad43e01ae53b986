//! The store: the only place with SQL.
//!
//! User data is reached through a [`TenantStore`] alone, and a [`TenantId`] can only be read from a row, so no
//! query exists without a tenant. The database holds the second lock: see `migrations/`.
//!
//! Every read is one call of a SQL function: one network turn, one snapshot, no open transaction that a
//! client's disconnect could leave behind on the connection.

mod error;
mod migrate;
mod owner;
mod pool;
mod serving;
mod tenants;

pub use error::StoreError;
pub use migrate::{MigrateError, migrate};
pub use owner::{
    Act, Actor, AdminTransaction, AuditRow, CredentialInfo, DocumentKind, ExportSink, Merge, MergeObserver,
    MergeOptions, MergeReject, MergeReport, Place, PushError, RecordBatch, RecordError, SealedSecret,
    SecretInfo, TenantInfo, Via, WriteProgress,
};
pub use pool::{Store, StoreOptions};
pub use serving::{
    Answer, CredentialRow, CredentialUse, Customer, CustomerPage, Moved, NewCredential, NewSecret, Nonce,
    Question, StoredPage, TenantStore, UsersByKeys,
};
pub use tenants::{NewTenant, TenantId, TenantRow, TenantSettings};
