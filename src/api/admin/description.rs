//! What the API's document says of all calls.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{self, Ref, RefOr};
use utoipa::{Modify, OpenApi as _};

use super::auth::{MAX_OPERATOR_CHARS, OPERATOR};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "userbatch: administration",
        description = "Tenants, credentials, users in and out. On the operators' listener alone. \
            Every answer has an `X-Request-Id`, which its line in the log has too."
    ),
    servers((url = "/")),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("The token that the gateway was started with.".to_owned());
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What comes before the calls.
pub(super) fn openapi() -> openapi::OpenApi {
    Description::openapi()
}

/// `document` with what every call takes besides its own parameters.
pub(super) fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    let components = document.components.get_or_insert_default();
    components.parameters.insert(OPERATOR.to_owned(), operator().into());
    for path in document.paths.paths.values_mut() {
        let everywhere = Ref::new(format!("#/components/parameters/{OPERATOR}"));
        path.parameters.get_or_insert_default().push(RefOr::Ref(everywhere));
    }
    document
}

fn operator() -> Parameter {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[A-Za-z0-9.@_-]+$"))
        .max_length(Some(MAX_OPERATOR_CHARS));
    ParameterBuilder::new()
        .name(OPERATOR)
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Who is calling, for the record of acts. It is kept as a claim: the token alone is checked.",
        ))
        .schema(Some(name))
        .build()
}
