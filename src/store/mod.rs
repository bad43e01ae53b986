//! The store: the only place with SQL.
//!
//! User data is reached through a [`TenantStore`] alone, and a [`TenantId`] can only be read from a row, so no
//! query exists without a tenant. The database holds the second lock: see `migrations/`.
//!
//! Every read is one call of a SQL function: one network turn, one snapshot, no open transaction that a
//! client's disconnect could leave behind on the connection.

mod admin;
mod credentials;
mod customers;
mod directory;
mod error;
mod export;
mod import;
mod migrate;
mod pool;
mod scram;
mod tenants;
mod write;

pub use admin::{
    Act, Actor, AdminTransaction, AuditRow, CredentialInfo, SealedSecret, SecretInfo, TenantInfo, Via,
};
pub use credentials::{CredentialRow, CredentialUse, NewCredential, NewSecret};
pub use customers::{Customer, CustomerPage};
pub use directory::TenantStore;
pub use error::StoreError;
pub use export::{DocumentKind, ExportSink};
pub use import::{
    Batch, Import, MergeObserver, MergeOptions, MergeReject, MergeReport, Place, RecordFault, TimelineEntry,
    Written,
};
pub use migrate::{MigrateError, migrate};
pub use pool::{Store, StoreOptions};
pub use tenants::{NewTenant, TenantId, TenantRow, TenantSettings};
pub use write::{Activity, DirectoryWriter, UserFault};
