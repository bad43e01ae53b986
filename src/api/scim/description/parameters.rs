//! Parameters of several operations. Their names are in any case; unknown ones are ignored.

use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Which attributes a response has.
pub struct ShownAttributes;

/// Which part of a list, in which order, with which attributes.
pub struct ListParameters;

impl IntoParams for ShownAttributes {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            text(
                "attributes",
                "Names of the attributes to return, with commas between them; `id` comes along.",
            ),
            text("excludedAttributes", "Instead of `attributes`: those not to return."),
        ]
    }
}

impl IntoParams for ListParameters {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            text(
                "filter",
                "Which resources, as RFC 7644 writes it (section 3.4.2.2). One that cannot be read is refused.",
            ),
            text("sortBy", "The attribute to sort by. Without it, the order is the same each time."),
            query("sortOrder", "`ascending`, the default, or `descending`.", {
                crate::api::enumerated::one_of(["ascending", "descending"])
            }),
            number("startIndex", "Number of the first resource, from 1."),
            number("count", "Maximum number of resources; 0 for the total alone."),
            text(
                "cursor",
                "Instead of `startIndex`: empty for the first part, `nextCursor` of the last part for others.",
            ),
        ];
        parameters.extend(ShownAttributes::into_params(place));
        parameters
    }
}

fn text(name: &str, description: &str) -> Parameter {
    query(name, description, ObjectBuilder::new().schema_type(Type::String))
}

fn number(name: &str, description: &str) -> Parameter {
    query(name, description, ObjectBuilder::new().schema_type(Type::Integer))
}

fn query(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(description)).schema(Some(schema)).build()
}
