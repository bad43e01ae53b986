//! What a dry run would do, as text.

use crate::admin::{ImportPreview, ImportReport};
use crate::core::user::merge::FieldChange;
use crate::store::ChangedFields;

/// The first users of each kind, a line each; empty unless `report` is of a dry run. Joins and rejected records are listed
/// as in any other import.
pub(super) fn text(report: &ImportReport) -> String {
    let Some(ImportPreview { added, changed, removed, contradictions, .. }) = &report.preview else {
        return String::new();
    };
    let mut lines: Vec<String> = added.iter().map(|id| format!("would add {id}")).collect();
    lines.extend(changed.iter().map(|change| format!("would change {}", fields(change))));
    lines.extend(removed.iter().map(|id| format!("would remove {id}")));
    if contradictions.fields > 0 {
        lines.push(format!("contradicts other sources in {} fields", contradictions.fields));
        lines.extend(contradictions.users.iter().map(|change| format!("contradicts {}", against(change))));
    }
    let unlisted = report.merged.unlisted;
    if unlisted.too_many {
        lines.push(format!(
            "would be refused: {} of {} users of this source are not in the file (--max-removals)",
            unlisted.users, unlisted.of
        ));
    }
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

fn fields(change: &ChangedFields) -> String {
    let fields = change.fields.iter().map(|field| format!("{} {}", field.field, field.change.as_str()));
    format!("{}: {}", change.id, fields.collect::<Vec<_>>().join(", "))
}

fn against(change: &ChangedFields) -> String {
    let sources = |field: &FieldChange| {
        let sources: Vec<&str> = field.contradicts.iter().map(|source| source.as_str()).collect();
        format!("{} of {}", field.field, sources.join(" and "))
    };
    let fields: Vec<String> = change.fields.iter().map(sources).collect();
    format!("{}: {}", change.id, fields.join(", "))
}
