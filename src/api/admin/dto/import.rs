//! Import options.

use serde::Deserialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, ImportOptions, MatchBy, SourceFormat};
use crate::api::admin::error::Error;

/// A source format, for the OpenAPI document.
struct FormatName;

impl utoipa::PartialSchema for FormatName {
    fn schema() -> RefOr<Schema> {
        let names = SourceFormat::all().map(SourceFormat::as_str);
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        schema.description(Some("Format of the body.")).into()
    }
}

impl ToSchema for FormatName {}

/// Import options.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ImportQuery {
    /// Format of the body; canonical users by default.
    #[param(inline, value_type = FormatName, required = false)]
    from: Option<String>,
    /// Keys that match records to existing users, besides the id: `email`, `external-id` and `address`, separated by
    /// commas, or `none`. By default all for vendor formats and none for canonical users.
    #[serde(rename = "match")]
    match_by: Option<String>,
    /// Import nothing if any record is rejected.
    #[serde(default)]
    strict: bool,
    /// Import nothing; report what would change.
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
