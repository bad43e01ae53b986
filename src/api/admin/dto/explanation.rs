//! Why callers are or are not shown a user.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::{ExplainedKey, Explanation};
use crate::api::enumerated::{FaceName, enumerated};
use crate::api::lookup::kinds;
use crate::core::face::Face;
use crate::core::id::UserId;

enumerated! {
    /// What a name is, in the words of the API whose callers use it.
    NameKind = Face::ALL.into_iter().flat_map(kinds).collect::<BTreeSet<_>>();
}

/// What a caller asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct ExplainBody {
    /// The API whose callers ask for the user.
    #[schema(value_type = FaceName)]
    pub(in crate::api::admin) face: String,
    /// What the name is, in that API's words, such as `email`; by default what the API takes it for.
    #[serde(rename = "type")]
    #[schema(value_type = Option<NameKind>)]
    pub(in crate::api::admin) kind: Option<String>,
    /// The name, as callers send it.
    pub(in crate::api::admin) name: String,
}

/// What the API does with it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct ExplanationBody {
    /// What is looked up; null if the name matches nobody, whoever is there.
    #[schema(required = true)]
    key: Option<KeyBody>,
    /// Ids of the users that callers are shown, in order.
    shown: Vec<String>,
    /// Why, in sentences.
    reasons: Vec<String>,
}

/// A lookup key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct KeyBody {
    /// Its kind.
    kind: &'static str,
    /// The name as normalised.
    value: String,
    /// How names of this kind are normalised.
    normalisation: &'static str,
    /// The tables asked, in order, with the columns of the index used.
    indexes: Vec<&'static str>,
}

impl From<Explanation> for ExplanationBody {
    fn from(Explanation { key, shown, reasons }: Explanation) -> Self {
        let key = key.map(|ExplainedKey { kind, value, normalisation, indexes }| KeyBody {
            kind,
            value,
            normalisation,
            indexes: indexes.to_vec(),
        });
        Self { key, shown: shown.into_iter().map(UserId::into).collect(), reasons }
    }
}
