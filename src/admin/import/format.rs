//! Source formats.

use std::fmt;
use std::str::FromStr;

use crate::core::face::Face;
use crate::core::key::KeyKind;
use crate::core::user::DataSource;
use crate::core::user::merge::Extent;
use crate::wire;

/// The format of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceFormat {
    /// Canonical users, one per line, and typed lines for timeline entries.
    #[default]
    Canonical,
    /// Saved responses of a vendor's batch operation.
    Vendor(Face),
    /// Saved lists of users by SCIM (RFC 7644).
    Scim,
    /// CSV with a header.
    Table(TableKind),
}

/// Which columns a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Any; an operator says which fields they are.
    Any,
    /// Those of Microsoft Entra's "Download users".
    Entra,
    /// Those of Okta's exports and reports of people.
    Okta,
}

impl TableKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Any, Self::Entra, Self::Okta];
}

impl SourceFormat {
    /// Formats whose sources are pages of users in JSON.
    pub(super) const PAGES: [Self; 4] = [
        Self::Vendor(Face::BitBadges),
        Self::Vendor(Face::AvePoint),
        Self::Vendor(Face::GenAuth),
        Self::Scim,
    ];

    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Canonical).chain(Self::PAGES).chain(TableKind::ALL.map(Self::Table))
    }

    /// Name in commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "userbatch",
            Self::Vendor(face) => face.as_str(),
            Self::Scim => "scim",
            Self::Table(TableKind::Any) => "csv",
            Self::Table(TableKind::Entra) => "entra-csv",
            Self::Table(TableKind::Okta) => "okta-csv",
        }
    }

    /// What its records are known as in the users that they set fields of, and who issues their ids.
    #[must_use]
    pub fn source(self) -> DataSource {
        match self {
            Self::Canonical => DataSource::Userbatch,
            Self::Vendor(face) => face.into(),
            Self::Scim => DataSource::Scim,
            Self::Table(TableKind::Any) => DataSource::Csv,
            Self::Table(TableKind::Entra) => DataSource::Entra,
            Self::Table(TableKind::Okta) => DataSource::Okta,
        }
    }

    /// What a record says about the fields that it does not have.
    pub(super) const fn extent(self) -> Extent {
        match self {
            Self::Canonical => Extent::Patch,
            Self::Vendor(Face::AvePoint) => Extent::Whole { unasked: &[] },
            Self::Vendor(Face::BitBadges) => Extent::Whole { unasked: wire::bitbadges::UNASKED },
            Self::Vendor(Face::GenAuth) => Extent::Whole { unasked: wire::genauth::UNASKED },
            Self::Scim => Extent::Whole { unasked: wire::scim::UNASKED },
            Self::Table(_) => Extent::Row,
        }
    }

    /// The option that selects this format, for messages.
    pub(super) fn option(self) -> String {
        match self {
            Self::Canonical => "without --from".to_owned(),
            Self::Table(TableKind::Any) => {
                format!("with --from {}, and --map COLUMN=FIELD for each column", self.as_str())
            }
            Self::Vendor(_) | Self::Scim | Self::Table(_) => format!("with --from {}", self.as_str()),
        }
    }

    /// Keys that match its records to existing users, besides ids. Canonical records have the user's id; any other
    /// may describe a user that came from another source.
    pub(super) fn match_by(self) -> Vec<KeyKind> {
        match self {
            Self::Canonical => Vec::new(),
            Self::Vendor(_) | Self::Scim | Self::Table(_) => {
                vec![KeyKind::Email, KeyKind::ExternalId, KeyKind::Address]
            }
        }
    }
}

impl fmt::Display for SourceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canonical => f.write_str("canonical NDJSON"),
            Self::Vendor(face) => write!(f, "a response of {}", face.title()),
            Self::Scim => f.write_str("a list of users by SCIM"),
            Self::Table(TableKind::Any) => f.write_str("CSV"),
            Self::Table(TableKind::Entra) => f.write_str("CSV of Microsoft Entra's users"),
            Self::Table(TableKind::Okta) => f.write_str("CSV of Okta's users"),
        }
    }
}

impl FromStr for SourceFormat {
    type Err = UnknownFormatError;

    fn from_str(name: &str) -> Result<Self, UnknownFormatError> {
        Self::all().find(|format| format.as_str() == name).ok_or(UnknownFormatError)
    }
}

/// No format has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("from must be one of {}", SourceFormat::all().map(SourceFormat::as_str).collect::<Vec<_>>().join(", "))]
pub struct UnknownFormatError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_parsed_by_name() {
        for face in Face::ALL {
            assert_eq!(face.as_str().parse(), Ok(SourceFormat::Vendor(face)));
        }
        assert_eq!("userbatch".parse(), Ok(SourceFormat::default()));
        for format in SourceFormat::all() {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert!("xml".parse::<SourceFormat>().is_err());
    }
}
