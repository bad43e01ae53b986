//! The enterprise extension (RFC 7643, section 4.3).

use super::{Attribute, Schema, urn};

/// The enterprise extension.
pub static ENTERPRISE: Schema = Schema {
    id: urn::ENTERPRISE,
    name: "EnterpriseUser",
    description: "A user's position in an enterprise",
    attributes: &[
        Attribute::text("employeeNumber", "Employee number."),
        Attribute::text("costCenter", "Cost center."),
        Attribute::text("organization", "Company."),
        Attribute::text("division", "Division."),
        Attribute::text("department", "Name of the department."),
        Attribute::complex("manager", MANAGER, "The user's manager, who may be unknown here."),
    ],
};

/// The standard has `displayName` read-only; here it is kept as sent, since the manager may be unknown.
const MANAGER: &[Attribute] = &[
    Attribute::resource_id("value", "The manager's id."),
    Attribute::reference("$ref", &["User"], "Where the manager is."),
    Attribute::text("displayName", "The manager's name."),
];
