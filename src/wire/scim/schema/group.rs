//! Groups (RFC 7643, section 4.2).

use super::{Attribute, Schema, urn};

/// The core schema of groups.
pub static GROUP: Schema = Schema {
    id: urn::GROUP,
    name: "Group",
    description: "A department of the directory",
    attributes: &[
        Attribute::text("displayName", "Name of the department.").required(),
        Attribute::list("members", MEMBERS, "The users in the department."),
    ],
};

/// What else a client sends of a member is known from the user itself.
const MEMBERS: &[Attribute] = &[Attribute::resource_id("value", "Id of the user.").immutable()];
