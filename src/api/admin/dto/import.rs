//! How to import.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, ImportOptions, MatchBy, SourceFormat};
use crate::api::admin::error::Error;

/// What the body holds.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Canonical users, one a line, as the export writes them.
    #[default]
    Userbatch,
    /// Saved answers of AvePoint Elements.
    AvePoint,
    /// Saved answers of GenAuth.
    GenAuth,
    /// Saved answers of BitBadges.
    BitBadges,
}

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ImportQuery {
    /// What the body holds; canonical users if absent.
    #[serde(default)]
    #[param(inline)]
    from: Format,
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
        let from = match self.from {
            Format::Userbatch => SourceFormat::Userbatch,
            Format::AvePoint => SourceFormat::AvePoint,
            Format::GenAuth => SourceFormat::GenAuth,
            Format::BitBadges => SourceFormat::BitBadges,
        };
        let match_by = self.match_by.as_deref().map(match_kinds).transpose()?;
        Ok(ImportOptions { from, match_by, strict: self.strict, dry_run: self.dry_run })
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
