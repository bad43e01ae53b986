//! Parts of the OpenAPI document common to all operations.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{self, Ref, RefOr};
use utoipa::{Modify, OpenApi as _};

use super::auth::{MAX_OPERATOR_CHARS, OPERATOR};
use crate::api::completion;
use crate::api::fault::Problem;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "userbatch: administration",
        description = "Tenants, credentials, import and export of users. Served on the admin listener only. \
            Every response has an `X-Request-Id`, which is also logged."
    ),
    servers((url = "/")),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "tenants", description = "Tenants and their settings."),
        (name = "credentials", description = "What callers of the APIs authenticate with."),
        (name = "users", description = "Single users."),
        (name = "transfer", description = "Import, export and the feed of changes."),
        (name = "audit", description = "Who did what, and when.")
    )
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("The gateway's `USERBATCH_ADMIN_TOKEN`.".to_owned());
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document without its operations.
pub(super) fn openapi() -> openapi::OpenApi {
    Description::openapi()
}

/// Adds the parameters common to all operations to `document`.
pub(super) fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    let components = document.components.get_or_insert_default();
    components.parameters.insert(OPERATOR.to_owned(), operator().into());
    for path in document.paths.paths.values_mut() {
        let everywhere = Ref::new(format!("#/components/parameters/{OPERATOR}"));
        path.parameters.get_or_insert_default().push(RefOr::Ref(everywhere));
    }
    completion::complete(&mut document, include_str!("examples.json"));
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
            "Name of the caller, for the audit log. It is not verified: only the token is checked.",
        ))
        .schema(Some(name))
        .example(Some("jo".into()))
        .build()
}
