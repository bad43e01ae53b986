//! Single users.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::preview::FieldChangeBody;
use crate::admin::{ChangedUser, ErasureReceipt, FaceViews, UserView};
use crate::core::user::JsonObject;
use crate::store::ErasureCounts;

/// What is shown of a user.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct UserQuery {
    /// Also show what callers of each API are shown.
    #[serde(default)]
    pub(in crate::api::admin) faces: bool,
}

/// How a user is changed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct UserEditQuery {
    /// Add the user if there is none with this id.
    #[serde(default)]
    pub(in crate::api::admin) create: bool,
}

/// How a user is deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct UserDeletionQuery {
    /// Erase the person, and respond with a receipt.
    #[serde(default)]
    pub(in crate::api::admin) erase: bool,
    /// With `erase`: keep the person out although nothing is found of anybody with this name.
    #[serde(default)]
    pub(in crate::api::admin) unknown: bool,
}

/// A merge patch of the canonical user.
#[derive(Debug, ToSchema)]
#[schema(value_type = serde_json::Map<String, Value>)]
pub(in crate::api::admin) struct UserPatch(#[expect(dead_code, reason = "it only describes")] JsonObject);

/// A user as stored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct UserBody {
    /// Its id.
    id: String,
    /// Increases with every change.
    version: i64,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    created_at: time::OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: time::OffsetDateTime,
    /// The canonical user; `setBy` tells which sources set which fields.
    #[schema(value_type = serde_json::Map<String, Value>)]
    document: JsonObject,
    /// What callers of each API are shown; with `faces`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    faces: Option<FacesBody>,
}

/// A user as callers of each API are shown it, with everything that they can ask for except an account's views.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct FacesBody {
    /// As an account of BitBadges.
    #[schema(value_type = serde_json::Map<String, Value>)]
    bitbadges: Value,
    /// As a user of AvePoint Elements.
    #[schema(value_type = serde_json::Map<String, Value>)]
    avepoint: Value,
    /// As a user of GenAuth.
    #[schema(value_type = serde_json::Map<String, Value>)]
    genauth: Value,
}

/// What a change made of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct ChangedUserBody {
    /// Its id.
    id: String,
    /// Its version; as before if nothing changed.
    version: i64,
    /// Whether it was added.
    added: bool,
    /// The fields that changed.
    fields: Vec<FieldChangeBody>,
}

/// What is left of a person who was erased. Nothing in it tells who that was.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct ErasureReceiptBody {
    /// Keyed digest of the person's ids, in hexadecimal; the audit log has it, and the person may be allowed by it.
    receipt: String,
    /// When the person was erased.
    #[serde(with = "time::serde::rfc3339")]
    erased_at: time::OffsetDateTime,
    /// Rows that were deleted or changed, by what they are, and the number of digests kept.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    counts: ErasureCounts,
}

impl From<ErasureReceipt> for ErasureReceiptBody {
    fn from(receipt: ErasureReceipt) -> Self {
        let ErasureReceipt { receipt, erased_at, counts } = receipt;
        Self { receipt, erased_at, counts }
    }
}

impl From<UserView> for UserBody {
    fn from(user: UserView) -> Self {
        let UserView { id, version, created_at, updated_at, document, faces } = user;
        let faces = faces.map(|FaceViews { bitbadges, avepoint, genauth }| FacesBody {
            bitbadges,
            avepoint,
            genauth,
        });
        Self { id: id.into(), version, created_at, updated_at, document, faces }
    }
}

impl From<ChangedUser> for ChangedUserBody {
    fn from(changed: ChangedUser) -> Self {
        let ChangedUser { id, version, added, fields } = changed;
        Self { id: id.into(), version, added, fields: fields.iter().map(FieldChangeBody::from).collect() }
    }
}
