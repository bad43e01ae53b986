//! Schemas of users and groups, from the same tables as `/Schemas`.

use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use crate::wire::scim::schema::{
    self as tables, Attribute, COMMON, DataType, GROUPS, Mutability, ResourceType, USERS,
};

/// A schema with its name.
type Named = (String, RefOr<Schema>);

/// Those of the types of resources, of their extensions, and of lists of each type.
pub(super) fn schemas() -> Vec<Named> {
    let types = [&USERS, &GROUPS];
    let extensions = types.iter().flat_map(|known| known.extensions);
    let extensions = extensions.map(|extension| extension_schema(extension));
    let described = ["ResourceType", "Schema"];
    let lists = types.map(|known| known.core.name).into_iter().chain(described).map(list_schema);
    let any = types.iter().fold(ObjectBuilder::new(), |object, known| with_attributes_of(object, known));
    let any = any.description(Some("A user or a group: what only the other type has is not there."));
    let any = ("Resource".to_owned(), any.into());
    let all = [any, list_schema("Resource")];
    types.map(resource_schema).into_iter().chain(extensions).chain(lists).chain(all).collect()
}

fn resource_schema(known: &ResourceType) -> Named {
    let object = with_attributes_of(ObjectBuilder::new(), known);
    (known.core.name.to_owned(), object.description(Some(format!("{}.", known.description))).into())
}

fn with_attributes_of(object: ObjectBuilder, known: &ResourceType) -> ObjectBuilder {
    let object = with_attributes(object, COMMON.iter().chain(known.core.attributes));
    known.extensions.iter().fold(object, |object, extension| {
        object.property(extension.id, Ref::from_schema_name(extension.name))
    })
}

fn extension_schema(extension: &tables::Schema) -> Named {
    let object = with_attributes(ObjectBuilder::new(), extension.attributes);
    (extension.name.to_owned(), object.description(Some(format!("{}.", extension.description))).into())
}

fn with_attributes<'a>(
    object: ObjectBuilder,
    attributes: impl IntoIterator<Item = &'a Attribute>,
) -> ObjectBuilder {
    let attributes = attributes.into_iter();
    attributes.fold(object, |object, attribute| object.property(attribute.name, attribute_schema(attribute)))
}

/// No attribute is required: an identity provider may ask for some of them only.
fn attribute_schema(attribute: &Attribute) -> RefOr<Schema> {
    let is_read_only = attribute.mutability == Mutability::ReadOnly;
    let value = value_schema(attribute);
    if attribute.multi_valued {
        // utoipa's lists cannot be read-only.
        let items = if is_read_only { value.read_only(true) } else { value };
        return ArrayBuilder::new().items(items).description(Some(attribute.description)).into();
    }
    let value = value.description(Some(attribute.description));
    if is_read_only { value.read_only(true).into() } else { value.into() }
}

/// The schema of a value, or of each value of a list.
fn value_schema(attribute: &Attribute) -> ObjectBuilder {
    let value = ObjectBuilder::new();
    match attribute.data_type {
        DataType::Complex => with_attributes(value, attribute.sub_attributes),
        DataType::Boolean => value.schema_type(Type::Boolean),
        DataType::Integer => value.schema_type(Type::Integer),
        DataType::DateTime => {
            let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
            value.schema_type(Type::String).format(Some(format))
        }
        DataType::String | DataType::Binary | DataType::Reference => value.schema_type(Type::String),
    }
}

/// A list of what the schema `name` describes (RFC 7644, section 3.4.2; RFC 9865).
fn list_schema(name: &str) -> Named {
    let number = |description| ObjectBuilder::new().schema_type(Type::Integer).description(Some(description));
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let list = ObjectBuilder::new()
        .property("schemas", ArrayBuilder::new().items(text()))
        .property("totalResults", number("How many there are in all."))
        .property("itemsPerPage", number("How many of them are here."))
        .property("startIndex", number("Number of the first, from 1; not in parts by cursor."))
        .property(
            "nextCursor",
            text().description(Some("The cursor of the next part, unless this is the last.")),
        )
        .property("Resources", ArrayBuilder::new().items(Ref::from_schema_name(name)));
    let list = ["schemas", "totalResults", "itemsPerPage", "Resources"]
        .into_iter()
        .fold(list, ObjectBuilder::required);
    (format!("{name}List"), list.into())
}
