//! What was done: the record of acts, and what an import did.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{ImportReport, Reject};
use crate::store::AuditEntry;

/// Which acts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct AuditQuery {
    /// Only acts about this tenant.
    pub(in crate::api::admin) tenant: Option<String>,
    /// Only acts before the one with this id.
    pub(in crate::api::admin) before: Option<i64>,
    /// Most acts; 50 if absent, 1,000 at most.
    pub(in crate::api::admin) limit: Option<u32>,
}

/// An administrative act.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ActBody {
    /// Grows with every act.
    id: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// `cli` or `api`.
    via: String,
    /// Who.
    actor: String,
    /// What was done.
    act: String,
    /// To which tenant.
    tenant: Option<String>,
    /// To what else.
    subject: String,
    /// With which options or outcome.
    #[schema(value_type = Object)]
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
    /// Line on which it starts, from 1.
    line: i64,
    /// Number of the record, from 1.
    record: i64,
    /// Which field; empty if it is the record as a whole.
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

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ImportBody {
    /// Records read, good and bad.
    records: u64,
    /// Users that are new.
    added: u64,
    /// Users whose documents changed.
    changed: u64,
    /// Records that told nothing new.
    unchanged: u64,
    /// Timeline entries that are new or changed.
    entries: u64,
    /// Records that were rejected.
    rejected: u64,
    /// Whether it was written; not so in a dry run.
    applied: bool,
    /// The first thousand rejected records.
    rejects: Vec<RejectBody>,
}

impl ImportBody {
    pub(in crate::api::admin) fn new(report: &ImportReport, rejects: Vec<RejectBody>) -> Self {
        Self {
            records: report.records,
            added: report.merged.added,
            changed: report.merged.changed,
            unchanged: report.merged.unchanged,
            entries: report.merged.entries,
            rejected: report.rejected,
            applied: report.merged.applied,
            rejects,
        }
    }
}
