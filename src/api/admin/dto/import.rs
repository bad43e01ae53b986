//! How to import.

use serde::Deserialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, ImportOptions, MatchBy, SourceFormat};
use crate::api::admin::error::Error;

/// The name of a source's format, for the OpenAPI document.
struct FormatName;

impl utoipa::PartialSchema for FormatName {
    fn schema() -> RefOr<Schema> {
        let names = SourceFormat::all().map(SourceFormat::as_str);
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        schema.description(Some("What the body holds.")).into()
    }
}

impl ToSchema for FormatName {}

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ImportQuery {
    /// What the body holds; canonical users if absent.
    #[param(inline, value_type = FormatName, required = false)]
    from: Option<String>,
    /// By what a record finds its user, besides its id: `email`, `external-id` and `address`, separated by commas,
    /// or `none`. A vendor's records by all, canonical ones by none, if absent.
    #[serde(rename = "match")]
    match_by: Option<String>,
    /// Import nothing if any record is rejected.
    #[serde(default)]
    strict: bool,
    /// Import nothing; tell what would happen.
    #[serde(default)]
    dry_run: bool,
}

impl ImportQuery {
    pub(in crate::api::admin) fn options(&self) -> Result<ImportOptions, Error> {
        let from = self.from.as_deref().map(str::parse).transpose().map_err(AdminError::from)?;
        let match_by = self.match_by.as_deref().map(match_kinds).transpose()?;
        Ok(ImportOptions {
            from: from.unwrap_or_default(),
            match_by,
            strict: self.strict,
            dry_run: self.dry_run,
        })
    }
}

fn match_kinds(text: &str) -> Result<Vec<MatchBy>, Error> {
    let names = text.split(',').filter(|name| *name != "none");
    let kinds = names.map(|name| match name {
        "email" => Ok(MatchBy::Email),
        "external-id" => Ok(MatchBy::ExternalId),
        "address" => Ok(MatchBy::Address),
        _ => Err(Error::Admin(AdminError::Option(
            "match must be none, or any of email, external-id and address",
        ))),
    });
    kinds.collect()
}
