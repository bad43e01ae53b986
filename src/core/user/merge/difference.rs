//! How a user changed, field by field.

use serde::Serialize;

use super::fields::Fields;
use crate::core::user::{DataSource, JsonObject};

/// How a field changed. Its values are not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Its path in the document.
    pub field: String,
    /// How it changed.
    pub change: HowChanged,
    /// The other sources that had set the value that is gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradicts: Vec<DataSource>,
}

/// How a field changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HowChanged {
    /// It had no value.
    Added,
    /// It has another value.
    Changed,
    /// It has no value any more.
    Removed,
}

impl HowChanged {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// How the user `before` became `after` by what `by` said; in the order of the fields. Who set a field is none of them.
#[must_use]
pub fn differences(before: JsonObject, after: JsonObject, by: DataSource) -> Vec<FieldChange> {
    let (before, after) = (Fields::of(before), Fields::of(after));
    let change_of = |path: &String| {
        let change = match (before.values.get(path), after.values.get(path)) {
            (Some(old), Some(new)) if old == new => return None,
            (Some(_), Some(_)) => HowChanged::Changed,
            (None, _) => HowChanged::Added,
            (Some(_), None) => HowChanged::Removed,
        };
        let contradicts = before.by(path).without(by).iter().collect();
        Some(FieldChange { field: path.clone(), change, contradicts })
    };
    let gone = before.values.keys().filter(|path| !after.values.contains_key(*path));
    after.values.keys().chain(gone).filter_map(change_of).collect()
}
