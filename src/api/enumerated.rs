//! Enumerated values in OpenAPI documents, each from the one list that the code itself has.

use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::core::face::{Api, Face};
use crate::core::scope::Scope;

/// The schema of one of `values`, which are all text or all numbers.
pub fn one_of<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> ObjectBuilder {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    let kind = if values.iter().all(Value::is_number) { Type::Integer } else { Type::String };
    ObjectBuilder::new().schema_type(kind).enum_values(Some(values))
}

/// Declares types that only stand for one of a list of values in a document.
macro_rules! enumerated {
    ($(#[doc = $description:literal] $visibility:vis $name:ident = $values:expr;)*) => {$(
        #[doc = $description]
        #[derive(Debug)]
        $visibility struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::api::enumerated::one_of($values).description(Some($description.trim())).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}
pub(super) use enumerated;

enumerated! {
    /// Name of an API.
    pub ApiName = Api::ALL.map(Api::as_str);
    /// Name of a vendor's API.
    pub FaceName = Face::ALL.map(Face::as_str);
    /// Name of a scope.
    pub ScopeName = Scope::ALL.map(Scope::as_str);
}
