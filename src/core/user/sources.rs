//! Which source set which fields of a user.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::face::Face;

/// Where data about users comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DataSource {
    /// Saved answers of AvePoint Elements.
    AvePoint,
    /// Saved answers of BitBadges.
    BitBadges,
    /// Saved answers of GenAuth.
    GenAuth,
    /// Canonical lines.
    Userbatch,
    /// An identity provider, by SCIM.
    Scim,
    /// An operator, who changed a single user.
    Operator,
    /// Tables in CSV, with columns as an operator mapped them.
    Csv,
    /// Users as downloaded from Microsoft Entra, in CSV.
    Entra,
    /// Users as exported from Okta, in CSV.
    Okta,
}

impl DataSource {
    /// All sources.
    pub const ALL: [Self; 9] = [
        Self::AvePoint,
        Self::BitBadges,
        Self::GenAuth,
        Self::Userbatch,
        Self::Scim,
        Self::Operator,
        Self::Csv,
        Self::Entra,
        Self::Okta,
    ];

    /// Its name, also as an issuer of user ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AvePoint => Face::AvePoint.as_str(),
            Self::BitBadges => Face::BitBadges.as_str(),
            Self::GenAuth => Face::GenAuth.as_str(),
            Self::Userbatch => "userbatch",
            Self::Scim => "scim",
            Self::Operator => "operator",
            Self::Csv => "csv",
            Self::Entra => "entra",
            Self::Okta => "okta",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

impl From<Face> for DataSource {
    fn from(face: Face) -> Self {
        match face {
            Face::AvePoint => Self::AvePoint,
            Face::BitBadges => Self::BitBadges,
            Face::GenAuth => Self::GenAuth,
        }
    }
}

/// The sources that list a user, each with the fields that it set last. Sources that gave a field the same value share
/// it. Fields of users that were imported before sources were told apart belong to none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SetBy(BTreeMap<DataSource, FieldNames>);

/// Fields, by their paths in the document, such as `contact.email`, `customData.school` or `identities[…]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum FieldNames {
    /// All that the user has.
    All(Star),
    /// These.
    Some(BTreeSet<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum Star {
    #[serde(rename = "*")]
    Star,
}

impl SetBy {
    /// All fields are set by `source` alone.
    #[must_use]
    pub fn only(source: DataSource) -> Self {
        Self(BTreeMap::from([(source, FieldNames::All(Star::Star))]))
    }

    /// Whether no source is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sources that list the user.
    pub fn sources(&self) -> impl Iterator<Item = DataSource> {
        self.0.keys().copied()
    }

    /// The sources that set the field at `path`.
    #[must_use]
    pub fn of(&self, path: &str) -> Sources {
        let setting = self.0.iter().filter(|(_, names)| match names {
            FieldNames::All(_) => true,
            FieldNames::Some(names) => names.contains(path),
        });
        setting.map(|(source, _)| *source).collect()
    }

    /// If nobody is known to have set any field, `source` did.
    pub fn claim(&mut self, source: DataSource) {
        if self.is_empty() {
            *self = Self::only(source);
        }
    }

    /// The sources in `listing`, of which each set those of `fields` that say so.
    pub(super) fn new<'a>(
        listing: Sources,
        fields: &(impl Iterator<Item = (&'a str, Sources)> + Clone),
    ) -> Self {
        let names = |source| {
            let is_set = |(_, by): &(&str, Sources)| by.contains(source);
            if fields.clone().all(|field| is_set(&field)) {
                return FieldNames::All(Star::Star);
            }
            FieldNames::Some(fields.clone().filter(is_set).map(|(path, _)| path.to_owned()).collect())
        };
        Self(listing.iter().map(|source| (source, names(source))).collect())
    }
}

/// A set of sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sources(u16);

impl Sources {
    /// One source.
    #[must_use]
    pub const fn one(source: DataSource) -> Self {
        Self(source.bit())
    }

    /// Whether `source` is among them.
    #[must_use]
    pub const fn contains(self, source: DataSource) -> bool {
        self.0 & source.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and `others`.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These except `source`.
    #[must_use]
    pub const fn without(self, source: DataSource) -> Self {
        Self(self.0 & !source.bit())
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = DataSource> {
        DataSource::ALL.into_iter().filter(move |source| self.contains(*source))
    }
}

impl FromIterator<DataSource> for Sources {
    fn from_iter<I: IntoIterator<Item = DataSource>>(sources: I) -> Self {
        sources.into_iter().fold(Self::default(), |all, source| all.with(Self::one(source)))
    }
}
