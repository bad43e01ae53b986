//! Value parsers for enumerated options.

use std::error::Error;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::admin::{MatchBy, SourceFormat, TableKind};
use crate::core::face::{Api, Face};
use crate::core::scope::Scope;
use crate::store::MaxRemovals;

/// Parser for the name of an API.
pub(super) fn api() -> impl TypedValueParser<Value = Api> {
    one_of(Api::ALL.map(|api| PossibleValue::new(api.as_str())))
}

/// Parser for the name of a vendor's API.
pub(super) fn face() -> impl TypedValueParser<Value = Face> {
    one_of(Face::ALL.map(|face| PossibleValue::new(face.as_str())))
}

/// Parser for a scope.
pub(super) fn scope() -> impl TypedValueParser<Value = Scope> {
    one_of(
        Scope::ALL
            .map(|scope| PossibleValue::new(scope.as_str()).help(scope.description().trim_end_matches('.'))),
    )
}

/// Parser for a source format.
pub(in crate::cli) fn source_format() -> impl TypedValueParser<Value = SourceFormat> {
    one_of(SourceFormat::all().map(|format| {
        let help = match format {
            SourceFormat::Canonical => "Canonical users, one per line, as written by `export`".to_owned(),
            SourceFormat::Vendor(face) => format!("Saved responses of {}", face.title()),
            SourceFormat::Scim => "Saved lists of users by SCIM".to_owned(),
            SourceFormat::Table(TableKind::Any) => {
                "CSV with a header; --map says which columns to take".to_owned()
            }
            SourceFormat::Table(TableKind::Entra) => "CSV of Microsoft Entra's \"Download users\"".to_owned(),
            SourceFormat::Table(TableKind::Okta) => "CSV of Okta's exports and reports of people".to_owned(),
        };
        PossibleValue::new(format.as_str()).help(help)
    }))
}

/// Parser for a key that matches records to users; `None` for none.
pub(super) fn match_by() -> impl TypedValueParser<Value = Option<MatchBy>> {
    let keys = MatchBy::ALL.map(|key| {
        let help = match key {
            MatchBy::Email => "E-mail address",
            MatchBy::ExternalId => "Id in the company's own systems",
            MatchBy::Address => "Chain account",
        };
        PossibleValue::new(key.as_str()).help(help)
    });
    let none = PossibleValue::new("none").help("Nothing");
    PossibleValuesParser::new([none].into_iter().chain(keys)).map(|name| MatchBy::named(&name))
}

/// Parser for a share of users.
pub(super) fn max_removals(text: &str) -> Result<MaxRemovals, &'static str> {
    MaxRemovals::parse(text).ok_or("a percentage from 0 to 100, such as 10%")
}

fn one_of<T>(values: impl IntoIterator<Item = PossibleValue>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(values).try_map(|name| name.parse::<T>())
}
