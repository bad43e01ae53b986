//! Options of imports and exports.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::admin::{AdminError, ImportOptions, Mapping, MatchBy, SourceFormat};
use crate::api::admin::error::Error;
use crate::api::enumerated::enumerated;
use crate::store::MaxRemovals;

enumerated! {
    /// Format of the body.
    FormatName = SourceFormat::all().map(SourceFormat::as_str);
    /// A key that matches records to existing users, or `none`.
    MatchName = MatchBy::ALL.map(MatchBy::as_str).into_iter().chain([NO_KEY]);
}

/// Stands for no key.
const NO_KEY: &str = "none";

/// Import options.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ImportQuery {
    /// Format of the body; canonical users by default.
    #[param(inline, value_type = FormatName, required = false)]
    from: Option<String>,
    /// Keys that match records to existing users, besides the id: `email`, `external-id` and `address`, separated by
    /// commas, or `none`. By default none for canonical users and all for any other format.
    #[serde(rename = "match")]
    #[param(inline, value_type = Vec<MatchName>, required = false, style = Form, explode = false)]
    match_by: Option<String>,
    /// The body is all that the source has: users that it listed before and no longer lists lose what it gave them, and
    /// are deleted where no other source lists them.
    #[serde(default)]
    replace: bool,
    /// With `replace`, the maximum share of the users that the source listed which it may no longer list, in percent.
    /// Above it, nothing is imported.
    #[param(inline, value_type = Option<String>, default = "10%", pattern = r"^\d{1,3}(\.\d{1,2})?%?$")]
    max_removals: Option<String>,
    /// Import nothing if any record is rejected.
    #[serde(default)]
    strict: bool,
    /// Import nothing; report what would change.
    #[serde(default)]
    dry_run: bool,
}

impl ImportQuery {
    /// The options, with those of the columns of CSV.
    pub(in crate::api::admin) fn options(&self, map: Vec<Mapping>) -> Result<ImportOptions, Error> {
        let from = self.from.as_deref().map(str::parse).transpose().map_err(AdminError::from)?;
        let match_by = self.match_by.as_deref().map(match_kinds).transpose()?;
        Ok(ImportOptions {
            from: from.unwrap_or_default(),
            map,
            match_by,
            replace: self.replacement()?,
            strict: self.strict,
            dry_run: self.dry_run,
        })
    }
}

impl ImportQuery {
    fn replacement(&self) -> Result<Option<MaxRemovals>, Error> {
        let most = self.max_removals.as_deref();
        let most = most.map_or(Some(MaxRemovals::default()), MaxRemovals::parse);
        let most = most.ok_or(Error::Admin(AdminError::Option("maxRemovals must be from 0% to 100%")))?;
        Ok(self.replace.then_some(most))
    }
}

/// The columns that `query` maps: `map=COLUMN=FIELD`, once for each; an empty one is none.
///
/// # Errors
/// [`AdminError::Mapping`].
pub(in crate::api::admin) fn mappings(query: &str) -> Result<Vec<Mapping>, Error> {
    let pairs =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, text)| name == "map" && !text.is_empty());
    let mappings = pairs.map(|(_, mapping)| mapping.parse::<Mapping>());
    mappings.collect::<Result<_, _>>().map_err(|error| AdminError::from(error).into())
}

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ExportQuery {
    /// A cursor of the tenant's changes: only users added or changed since then, without timelines, and after them a line
    /// `{"removed": id}` for each user removed since.
    pub(in crate::api::admin) since: Option<String>,
}

fn match_kinds(text: &str) -> Result<Vec<MatchBy>, Error> {
    let names = text.split(',').filter(|name| *name != NO_KEY);
    let kinds = names.map(|name| {
        MatchBy::named(name).ok_or(Error::Admin(AdminError::Option(
            "match must be none, or any of email, external-id and address",
        )))
    });
    kinds.collect()
}
