//! Audit log entries and import results.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::preview::PreviewBody;
use crate::admin::{ImportReport, Reject, UnusedColumns};
use crate::api::enumerated::enumerated;
use crate::store::{AuditEntry, Join, Via};

enumerated! {
    /// An interface.
    ViaName = Via::ALL.map(Via::as_str);
}

/// Filter of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct AuditQuery {
    /// Only entries about this tenant.
    pub(in crate::api::admin) tenant: Option<String>,
    /// Only entries before the one with this id.
    pub(in crate::api::admin) before: Option<i64>,
    /// Maximum number of entries; 50 by default, at most 1,000.
    pub(in crate::api::admin) limit: Option<u32>,
}

/// An audit log entry.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ActBody {
    /// Id; increases with every entry.
    id: i64,
    /// When it was done.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// By which interface.
    #[schema(value_type = ViaName)]
    via: String,
    /// Who did it.
    actor: String,
    /// What was done.
    act: String,
    /// Slug of the tenant, if any.
    #[schema(required = true)]
    tenant: Option<String>,
    /// Other subject, such as a credential's public id; may be empty.
    subject: String,
    /// Options or results.
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    detail: Value,
}

impl From<AuditEntry> for ActBody {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            via: entry.via,
            actor: entry.actor,
            act: entry.act,
            tenant: entry.tenant.map(String::from),
            subject: entry.subject,
            detail: entry.detail,
        }
    }
}

/// A record that was rejected.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct RejectBody {
    /// Line on which it starts, counted from 1.
    line: i64,
    /// Number of the record, counted from 1.
    record: i64,
    /// Faulty field; empty for the record as a whole.
    field: String,
    /// What is wrong with it.
    reason: String,
}

impl From<&Reject> for RejectBody {
    fn from(reject: &Reject) -> Self {
        Self {
            line: reject.line,
            record: reject.record,
            field: reject.field.clone(),
            reason: reject.reason.clone(),
        }
    }
}

/// A record that joined a user by another key than its id.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct JoinBody {
    /// Line on which it starts, counted from 1.
    line: i64,
    /// Number of the record, counted from 1.
    record: i64,
    /// The record's id.
    id: String,
    /// Id of the user that it joined.
    user: String,
    /// Field by which it was matched.
    field: &'static str,
}

impl From<&Join> for JoinBody {
    fn from(join: &Join) -> Self {
        let Join { line, record, id, user, field } = join.clone();
        Self { line, record, id, user, field }
    }
}

/// Result of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ImportBody {
    /// Records read, including rejected ones.
    records: u64,
    /// Users added.
    added: u64,
    /// Users changed.
    changed: u64,
    /// Records without changes.
    unchanged: u64,
    /// Users deleted, since no source lists them any more; with `replace`.
    removed: u64,
    /// Timeline entries added or changed.
    entries: u64,
    /// Records that joined a user by another key than its id.
    joined: u64,
    /// Records that were rejected.
    rejected: u64,
    /// Records about people who were erased, which were skipped.
    erased: u64,
    /// Whether the import was committed; false for a dry run.
    applied: bool,
    /// The first thousand rejected records.
    rejects: Vec<RejectBody>,
    /// The first thousand joins.
    joins: Vec<JoinBody>,
    /// Columns without use, if there are any; only of CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    columns: Option<UnusedColumnsBody>,
    /// The first users of each kind; only of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    preview: Option<PreviewBody>,
}

/// Columns of CSV that an import made no use of.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct UnusedColumnsBody {
    /// Columns that are mapped to no field.
    ignored: Vec<String>,
    /// Columns that were to be mapped, and that the body does not have.
    missing: Vec<String>,
}

impl From<&UnusedColumns> for UnusedColumnsBody {
    fn from(unused: &UnusedColumns) -> Self {
        Self { ignored: unused.ignored.clone(), missing: unused.missing.clone() }
    }
}

impl ImportBody {
    pub(in crate::api::admin) fn new(
        report: &ImportReport,
        rejects: Vec<RejectBody>,
        joins: Vec<JoinBody>,
        columns: Option<UnusedColumnsBody>,
    ) -> Self {
        Self {
            records: report.records,
            added: report.merged.added,
            changed: report.merged.changed,
            unchanged: report.merged.unchanged,
            removed: report.merged.removed,
            entries: report.merged.entries,
            joined: report.merged.joined,
            rejected: report.rejected,
            erased: report.merged.erased,
            applied: report.merged.applied,
            rejects,
            joins,
            columns,
            preview: report.preview.as_ref().map(PreviewBody::from),
        }
    }
}
