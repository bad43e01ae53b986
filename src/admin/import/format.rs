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
}

impl SourceFormat {
    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Canonical).chain(Face::ALL.map(Self::Vendor))
    }

    /// Name in commands, and issuer of its users' ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "userbatch",
            Self::Vendor(face) => face.as_str(),
        }
    }

    /// What its records are known as in the users that they set fields of.
    #[must_use]
    pub fn source(self) -> DataSource {
        match self {
            Self::Canonical => DataSource::Userbatch,
            Self::Vendor(face) => face.into(),
        }
    }

    /// What a record says about the fields that it does not have.
    pub(super) const fn extent(self) -> Extent {
        match self {
            Self::Canonical => Extent::Patch,
            Self::Vendor(Face::AvePoint) => Extent::Whole { unasked: &[] },
            Self::Vendor(Face::BitBadges) => Extent::Whole { unasked: wire::bitbadges::UNASKED },
            Self::Vendor(Face::GenAuth) => Extent::Whole { unasked: wire::genauth::UNASKED },
        }
    }

    /// The option that selects this format, for messages.
    pub(super) fn option(self) -> String {
        match self {
            Self::Canonical => "without --from".to_owned(),
            Self::Vendor(face) => format!("with --from {}", face.as_str()),
        }
    }

    /// Keys that match its records to existing users, besides ids. Canonical records have the user's id; a vendor's
    /// record may describe a user imported from another vendor.
    pub(super) fn match_by(self) -> Vec<KeyKind> {
        match self {
            Self::Canonical => Vec::new(),
            Self::Vendor(_) => vec![KeyKind::Email, KeyKind::ExternalId, KeyKind::Address],
        }
    }
}

impl fmt::Display for SourceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canonical => f.write_str("canonical NDJSON"),
            Self::Vendor(face) => write!(f, "a response of {}", face.title()),
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
        assert!("csv".parse::<SourceFormat>().is_err());
    }
}
