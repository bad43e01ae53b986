//! The faces: the vendor APIs that the gateway serves; and SCIM beside them. Their names are defined only here.

use std::str::FromStr;

/// The API of one vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// BitBadges, by API key.
    BitBadges,
    /// AvePoint Elements, by OAuth 2.0 client credentials.
    AvePoint,
    /// GenAuth, by signature or management token.
    GenAuth,
}

impl Face {
    /// All faces.
    pub const ALL: [Self; 3] = [Self::BitBadges, Self::AvePoint, Self::GenAuth];

    /// Its name in commands, the database, tokens, metrics, and as an issuer of user ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BitBadges => "bitbadges",
            Self::AvePoint => "avepoint",
            Self::GenAuth => "genauth",
        }
    }

    /// The vendor's product name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::BitBadges => "BitBadges",
            Self::AvePoint => "AvePoint Elements",
            Self::GenAuth => "GenAuth",
        }
    }

    /// Lifetime of an access token for this face, in seconds: the same as the vendor's.
    #[must_use]
    pub const fn token_seconds(self) -> i64 {
        match self {
            Self::GenAuth => 7_200,
            Self::AvePoint | Self::BitBadges => 3_600,
        }
    }
}

impl FromStr for Face {
    type Err = UnknownFaceError;

    fn from_str(name: &str) -> Result<Self, UnknownFaceError> {
        Self::ALL.into_iter().find(|face| face.as_str() == name).ok_or(UnknownFaceError)
    }
}

/// An API of the public listener: a face, or SCIM, by which an identity provider writes users. A credential is valid for
/// one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// The API of a vendor.
    Face(Face),
    /// SCIM 2.0, by bearer token.
    Scim,
}

impl Api {
    /// All APIs.
    pub const ALL: [Self; 4] =
        [Self::Face(Face::BitBadges), Self::Face(Face::AvePoint), Self::Face(Face::GenAuth), Self::Scim];

    /// Its name in commands, the database, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Face(face) => face.as_str(),
            Self::Scim => "scim",
        }
    }

    /// The name of what it is.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Face(face) => face.title(),
            Self::Scim => "SCIM",
        }
    }
}

impl From<Face> for Api {
    fn from(face: Face) -> Self {
        Self::Face(face)
    }
}

impl FromStr for Api {
    type Err = UnknownApiError;

    fn from_str(name: &str) -> Result<Self, UnknownApiError> {
        Self::ALL.into_iter().find(|api| api.as_str() == name).ok_or(UnknownApiError)
    }
}

/// The text is not the name of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("face must be one of {}", Api::ALL.map(Api::as_str).join(", "))]
pub struct UnknownApiError;

/// The text is not the name of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("face must be one of {}", Face::ALL.map(Face::as_str).join(", "))]
pub struct UnknownFaceError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_is_found_by_its_name_alone() {
        for face in Face::ALL {
            assert_eq!(face.as_str().parse(), Ok(face));
        }
        let error = "Genauth".parse::<Face>().unwrap_err();
        assert_eq!(error.to_string(), "face must be one of bitbadges, avepoint, genauth");
    }

    #[test]
    fn every_api_is_found_by_its_name_alone_and_every_face_is_one() {
        for api in Api::ALL {
            assert_eq!(api.as_str().parse(), Ok(api));
        }
        assert!(Face::ALL.into_iter().all(|face| Api::ALL.contains(&face.into())));
        let error = "SCIM".parse::<Api>().unwrap_err();
        assert_eq!(error.to_string(), "face must be one of bitbadges, avepoint, genauth, scim");
    }
}
