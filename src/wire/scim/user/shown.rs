//! The canonical user as a resource.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::fields::{TEXT_FIELDS, WORD_FIELDS};
use super::kept::Kept;
use super::own;
use super::selected::SELECTED_LISTS;
use crate::core::user::{AccountStatus, User};
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::urn::OWN;
use crate::wire::scim::schema::{ResourceType, USERS};

/// What is escaped in a segment of a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is known of the record of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// When the record was created.
    pub created: OffsetDateTime,
    /// When it was last changed.
    pub last_modified: OffsetDateTime,
    /// Its version, without the `W/""` of an entity tag.
    pub version: String,
    /// URL under which the endpoints are, without a slash at its end.
    pub base: String,
}

impl ResourceType {
    /// The URL of the resource with this id, below `base`.
    #[must_use]
    pub fn location(&self, base: &str, id: &str) -> String {
        format!("{base}{}/{}", self.endpoint, utf8_percent_encode(id, ESCAPED))
    }
}

impl Meta {
    /// `W/"version"`: a weak entity tag, since the same version may be shown with other attributes.
    #[must_use]
    pub fn entity_tag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// The URL of the resource with this id.
    #[must_use]
    pub fn location(&self, of: &ResourceType, id: &str) -> String {
        of.location(&self.base, id)
    }

    /// The attribute `meta` of the resource with this id.
    pub(in crate::wire::scim) fn attribute(&self, of: &ResourceType, id: &str) -> Value {
        let time = |at: OffsetDateTime| at.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
        json!({
            "resourceType": of.name,
            "created": time(self.created),
            "lastModified": time(self.last_modified),
            "location": self.location(of, id),
            "version": self.entity_tag(),
        })
    }
}

/// The user as a resource, with what was kept of it. Its attributes are in the order of the schema.
#[must_use]
pub fn to_resource(user: &User, kept: &Kept, meta: &Meta) -> Resource {
    let mut shown = Resource::from_members(kept.attributes.clone());
    let id = user.id.as_str();
    shown.set(&["id"], Some(id));
    shown.set(&["meta"], Some(meta.attribute(&USERS, id)));
    shown.set(&["userName"], Some(user.login_name()));
    shown.set(&["active"], Some(is_active(user)));
    for field in TEXT_FIELDS {
        shown.set(field.path, (field.get)(user).filter(|text| !text.is_empty()));
    }
    for list in SELECTED_LISTS {
        shown.set(&[list.name], Some(list.shown(user, kept)));
    }
    let groups = user.employment.department_ids.iter().map(|id| json!({ "value": id }));
    shown.set(&["groups"], Some(groups.collect::<Vec<_>>()));
    show_own(&mut shown, user, kept);
    shown.arrange(&USERS);
    shown
}

/// What a user without a login name is called.
pub(super) fn fallback_name<'a>(
    principal_name: Option<&'a str>,
    email: Option<&'a str>,
    id: &'a str,
) -> &'a str {
    let filled = |name: &&str| !name.is_empty();
    principal_name.filter(filled).or(email.filter(filled)).unwrap_or(id)
}

/// Whether the account is in use; one without a status is.
const fn is_active(user: &User) -> bool {
    matches!(user.account.status, None | Some(AccountStatus::Activated))
}

fn show_own(shown: &mut Resource, user: &User, kept: &Kept) {
    for field in WORD_FIELDS {
        let word = (field.get)(user);
        let kept = kept.attributes.get(OWN).and_then(|own| own.get(field.name)).and_then(Value::as_str);
        // As it was sent, unless another source has changed it since.
        let text = kept.filter(|text| field.parse(text) == word.as_deref()).map(str::to_owned).or(word);
        if let Some(own) = shown.members_mut().get_mut(OWN).and_then(Value::as_object_mut) {
            own.remove(field.name);
        }
        shown.set(&[OWN, field.name], text);
    }
    for (name, value) in own::read_only(user) {
        shown.set(&[OWN, &name], Some(value));
    }
}
