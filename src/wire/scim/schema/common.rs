//! Attributes of every resource (RFC 7643, section 3.1). `/Schemas` does not list them.

use super::Attribute;

/// The common attributes. They stand at the top of a resource, before those of its core schema.
pub static COMMON: &[Attribute] = &[
    Attribute::reference("schemas", &["uri"], "URNs of the schemas of which there is data.")
        .many()
        .read_only()
        .always(),
    Attribute::text("id", "Id that the service issued.").exact().read_only().always().unique(),
    Attribute::text("externalId", "Id that the client issued.").exact(),
    Attribute::complex(
        "meta",
        &[
            Attribute::text("resourceType", "Name of the type of the resource.").exact().read_only(),
            Attribute::time("created", "When the record was created.").read_only(),
            Attribute::time("lastModified", "When the record was last changed.").read_only(),
            Attribute::reference("location", &["uri"], "Where the resource is.").read_only(),
            Attribute::text("version", "Entity tag of the resource.").exact().read_only(),
        ],
        "About the resource.",
    )
    .read_only(),
];
