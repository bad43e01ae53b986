//! What an import would do.

use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::{Contradictions, ImportPreview};
use crate::api::enumerated::enumerated;
use crate::core::user::DataSource;
use crate::core::user::merge::{FieldChange, HowChanged};
use crate::store::ChangedFields;

enumerated! {
    /// How a field changes.
    FieldChangeName = [HowChanged::Added, HowChanged::Changed, HowChanged::Removed].map(HowChanged::as_str);
    /// Where data about users comes from.
    SourceName = DataSource::ALL.map(DataSource::as_str);
}

/// What an import would do: the first five users of each kind. Fields are named, values are not told.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct PreviewBody {
    /// Ids of users that would be added.
    added: Vec<String>,
    /// Users that would change, field by field.
    changed: Vec<ChangedFieldsBody>,
    /// Ids of users that would be deleted.
    removed: Vec<String>,
    /// Where the source contradicts others.
    contradictions: ContradictionsBody,
}

/// Fields that another source had set to another value, which the import would replace.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct ContradictionsBody {
    /// Number of fields, of all users.
    fields: u64,
    /// The first users, with those fields.
    users: Vec<ChangedFieldsBody>,
}

/// How a user would change.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct ChangedFieldsBody {
    /// Id of the user.
    id: String,
    /// The fields that would change.
    fields: Vec<FieldChangeBody>,
}

/// How a field would change.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct FieldChangeBody {
    /// Its path in the user's document.
    field: String,
    /// How it would change.
    #[schema(value_type = FieldChangeName)]
    change: &'static str,
    /// The other sources that had set the value that would be gone.
    #[schema(value_type = Vec<SourceName>)]
    contradicts: Vec<&'static str>,
}

impl From<&ImportPreview> for PreviewBody {
    fn from(preview: &ImportPreview) -> Self {
        Self {
            added: preview.added.clone(),
            changed: preview.changed.iter().map(ChangedFieldsBody::from).collect(),
            removed: preview.removed.clone(),
            contradictions: (&preview.contradictions).into(),
        }
    }
}

impl From<&Contradictions> for ContradictionsBody {
    fn from(contradictions: &Contradictions) -> Self {
        let users = contradictions.users.iter().map(ChangedFieldsBody::from).collect();
        Self { fields: contradictions.fields, users }
    }
}

impl From<&ChangedFields> for ChangedFieldsBody {
    fn from(change: &ChangedFields) -> Self {
        Self { id: change.id.clone(), fields: change.fields.iter().map(FieldChangeBody::from).collect() }
    }
}

impl From<&FieldChange> for FieldChangeBody {
    fn from(field: &FieldChange) -> Self {
        Self {
            field: field.field.clone(),
            change: field.change.as_str(),
            contradicts: field.contradicts.iter().map(|source| source.as_str()).collect(),
        }
    }
}
