//! The faces: the vendors' APIs that the gateway serves. Their names are listed here and nowhere else.

/// The face that a credential opens. A credential of one face is worth nothing at another.
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
    /// Every face.
    pub const ALL: [Self; 3] = [Self::BitBadges, Self::AvePoint, Self::GenAuth];

    /// Its name in the database, in tokens and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BitBadges => "bitbadges",
            Self::AvePoint => "avepoint",
            Self::GenAuth => "genauth",
        }
    }

    /// The face of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|face| face.as_str() == name)
    }

    /// How long a token for this face lives, in seconds: as long as the vendor's.
    #[must_use]
    pub const fn token_seconds(self) -> i64 {
        match self {
            Self::GenAuth => 7_200,
            Self::AvePoint | Self::BitBadges => 3_600,
        }
    }
}
