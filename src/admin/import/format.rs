//! What a source holds.

use std::fmt;
use std::str::FromStr;

use crate::core::face::Face;
use crate::core::key::KeyKind;

/// The format of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceFormat {
    /// Canonical users, one a line, and typed lines for what the views show.
    #[default]
    Canonical,
    /// Saved answers of a vendor's batch call.
    Vendor(Face),
}

impl SourceFormat {
    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Canonical).chain(Face::ALL.map(Self::Vendor))
    }

    /// Its name in commands, and the issuer of its users' ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "userbatch",
            Self::Vendor(face) => face.as_str(),
        }
    }

    /// How an import is told that its source has this format.
    pub(super) fn option(self) -> String {
        match self {
            Self::Canonical => "without --from".to_owned(),
            Self::Vendor(face) => format!("with --from {}", face.as_str()),
        }
    }

    /// By what its records find their users, besides ids. A canonical record has the id of its user; a vendor's
    /// record may be about a user of another vendor.
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
            Self::Vendor(face) => write!(f, "an answer of {}", face.title()),
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
    fn every_face_is_a_format_that_is_found_by_its_name() {
        for face in Face::ALL {
            assert_eq!(face.as_str().parse(), Ok(SourceFormat::Vendor(face)));
        }
        assert_eq!("userbatch".parse(), Ok(SourceFormat::default()));
        assert!("csv".parse::<SourceFormat>().is_err());
    }
}
