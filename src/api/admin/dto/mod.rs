//! Request and response bodies.

mod changes;
mod credential;
mod explanation;
mod found;
mod import;
mod lines;
mod outcome;
mod preview;
mod tenant;
mod user;

pub(super) use changes::{ChangeBody, ChangesBody, ChangesQuery, ResumeHeader};
pub(super) use credential::{
    CredentialBody, CredentialQuery, IssuedBody, NewCredentialBody, ResealedBody, RotationBody,
};
pub(super) use explanation::{ExplainBody, ExplanationBody};
pub(super) use found::{FindQuery, FoundBody};
pub(super) use import::{ExportQuery, ImportQuery, mappings};
pub(super) use lines::Lines;
pub(super) use outcome::{ActBody, AuditQuery, ImportBody, JoinBody, RejectBody, UnusedColumnsBody};
pub(super) use tenant::{Confirmation, NewTenantBody, TenantBody, TenantChangeBody};
pub(super) use user::{
    ChangedUserBody, ErasureReceiptBody, UserBody, UserDeletionQuery, UserEditQuery, UserPatch, UserQuery,
};
