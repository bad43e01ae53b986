//! The store: the only module with SQL.
//!
//! Each database role has its own store: a [`ServingStore`] for the gateway, an [`OwnerStore`] for administration. A
//! gateway reaches user data only through a [`TenantStore`], and a [`TenantId`] can only be read from a row, so every
//! query is bound to a tenant. The database enforces the same a second time: see `migrations/`.
//!
//! Every read is one call of an SQL function: one round trip, one snapshot, and no open transaction left on the
//! connection if a client disconnects.

mod connect;
mod error;
mod id;
mod migrate;
mod owner;
mod pool;
mod serving;
mod sql;
mod tenants;
mod tls;

pub use error::{DocumentFault, DriverError, StoreError};
pub use id::{CredentialId, TenantId};
pub use migrate::{MigrateError, migrate};
pub use owner::{
    Act, Actor, AdminTransaction, AuditEntry, Change, ChangePage, ChangedFields, CredentialInfo,
    DepartmentKey, DepartmentPage, Erased, ErasedName, ErasureCounts, ErasureFilter, ErasureKeys, Export,
    ExportSink, FeedPosition, FeedStep, FoundUsers, Join, LockedDirectory, MaxRemovals, MembersWanted,
    Membership, Merge, MergeObserver, MergeOptions, MergeReject, MergeReport, NewCredential, NewSecret,
    NewTenant, OwnerOptions, OwnerStore, Person, PlacedUser, PushError, PutError, RecordBatch, RecordError,
    RecordKind, RecordPosition, SealedSecret, SecretInfo, StoredDepartment, StoredUser, TenantInfo, Traces,
    Unlisted, UserChange, UsersWritten, Via, WordPlace, lookup_indexes,
};
pub use pool::{MAX_RESULT_BYTES, PoolOptions, in_time};
pub use serving::{
    Answer, CredentialUse, Customer, CustomerPage, Moved, Nonce, Question, SchemaState, ServingStore,
    StoredCredential, StoredPage, Tenant, TenantStore, UsersByKeys,
};
pub use tenants::TenantSettings;

/// What a credential whose secrets are publishable keys has among its stored scopes. No scope has this name.
pub const PUBLISHABLE: &str = "publishable";
