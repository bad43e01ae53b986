//! Lines of JSON, in a description.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// The schema of lines of JSON. A client generator that does not know the media type reads and writes them as they are
/// only if the format is binary.
pub(in crate::api::admin) struct Lines;

impl PartialSchema for Lines {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

impl ToSchema for Lines {}
