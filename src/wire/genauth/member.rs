//! Converts fields of a user to members of GenAuth's JSON, and back.

use std::borrow::Cow;

use serde_json::Value;

use crate::core::user::JsonObject;

/// A member that represents a `Field` of the canonical user.
pub(super) trait Member<'a, Field>: Sized {
    /// The member for `field`; omitted if `None`.
    fn write(field: &'a Field) -> Option<Self>;

    /// The field for a member, which may be missing.
    fn read(member: Option<Self>) -> Field;

    /// The value that says that the field is empty, if the member says so.
    fn empty(&self) -> Option<Value> {
        None
    }
}

/// What `member`, of the type of `field`, says of a field that is empty.
pub(super) fn empty<'a, Field, M: Member<'a, Field>>(member: Option<&M>, _field: &Field) -> Option<Value> {
    member.and_then(M::empty)
}

impl<'a> Member<'a, Option<String>> for Cow<'a, str> {
    fn write(field: &'a Option<String>) -> Option<Self> {
        field.as_deref().map(Cow::Borrowed)
    }

    /// The vendor writes blank strings for unset fields.
    fn read(member: Option<Self>) -> Option<String> {
        member.filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
    }
}

impl Member<'_, Option<i64>> for i64 {
    fn write(field: &Option<i64>) -> Option<Self> {
        *field
    }

    fn read(member: Option<Self>) -> Option<i64> {
        member
    }
}

impl Member<'_, Option<bool>> for bool {
    fn write(field: &Option<bool>) -> Option<Self> {
        *field
    }

    fn read(member: Option<Self>) -> Option<bool> {
        member
    }
}

/// A flag that is always written.
impl Member<'_, bool> for bool {
    fn write(field: &bool) -> Option<Self> {
        Some(*field)
    }

    fn read(member: Option<Self>) -> bool {
        member.unwrap_or_default()
    }

    fn empty(&self) -> Option<Value> {
        (!self).then(|| false.into())
    }
}

impl<'a> Member<'a, JsonObject> for Cow<'a, JsonObject> {
    fn write(field: &'a JsonObject) -> Option<Self> {
        (!field.is_empty()).then_some(Cow::Borrowed(field))
    }

    fn read(member: Option<Self>) -> JsonObject {
        member.unwrap_or_default().into_owned()
    }

    fn empty(&self) -> Option<Value> {
        self.is_empty().then(|| JsonObject::new().into())
    }
}
