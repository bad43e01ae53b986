//! Converts fields of a user to members of GenAuth's JSON, and back.

use std::borrow::Cow;

use serde_json::Value;

use crate::core::user::{Lend, Text, User};

/// A member that represents a `Field` of the canonical user.
pub(super) trait Member<'a, Field: Lend>: Sized {
    /// The member for `field`, of a user whose document lives for `'d`; omitted if `None`.
    fn write<'d: 'a>(field: &'a Field::Borrowed<'d>) -> Option<Self>
    where
        Field: 'd;

    /// The field for a member, which may be missing.
    fn read(member: Option<Self>) -> Field;

    /// The value that says that the field is empty, if the member says so.
    fn empty(&self) -> Option<Value> {
        None
    }
}

/// The member for `field`, of the type of which the user has it.
pub(super) fn write<'a, 'd: 'a, Field: Lend + 'd, M: Member<'a, Field>>(
    field: &'a Field::Borrowed<'d>,
    _: fn(&User) -> &Field,
) -> Option<M> {
    M::write(field)
}

/// What `member`, of the type of `field`, says of a field that is empty.
pub(super) fn empty<'a, Field: Lend, M: Member<'a, Field>>(
    member: Option<&M>,
    _field: &Field,
) -> Option<Value> {
    member.and_then(M::empty)
}

impl<'a> Member<'a, Option<String>> for Cow<'a, str> {
    fn write<'d: 'a>(field: &'a Option<Text<'d>>) -> Option<Self> {
        field.as_deref().map(Cow::Borrowed)
    }

    /// The vendor writes blank strings for unset fields.
    fn read(member: Option<Self>) -> Option<String> {
        member.filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
    }
}

impl<'a> Member<'a, Option<i64>> for i64 {
    fn write<'d: 'a>(field: &'a Option<i64>) -> Option<Self> {
        *field
    }

    fn read(member: Option<Self>) -> Option<i64> {
        member
    }
}

impl<'a> Member<'a, Option<bool>> for bool {
    fn write<'d: 'a>(field: &'a Option<bool>) -> Option<Self> {
        *field
    }

    fn read(member: Option<Self>) -> Option<bool> {
        member
    }
}

/// A flag that is always written.
impl<'a> Member<'a, bool> for bool {
    fn write<'d: 'a>(field: &'a bool) -> Option<Self> {
        Some(*field)
    }

    fn read(member: Option<Self>) -> bool {
        member.unwrap_or_default()
    }

    fn empty(&self) -> Option<Value> {
        (!self).then(|| false.into())
    }
}
