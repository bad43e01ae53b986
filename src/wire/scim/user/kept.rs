//! What a client sent that the canonical user has no field for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::user::JsonObject;

/// What SCIM has of a user and the canonical user has not. Stored beside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    /// The resource without what has a canonical field: further e-mail addresses, roles, `name.formatted`. An
    /// element whose value is canonical is here without it.
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    pub(super) attributes: JsonObject,
    /// The place of that element in its list, by the list's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) selected: BTreeMap<String, usize>,
}

impl Kept {
    /// Whether there is nothing to store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.selected.is_empty()
    }
}
