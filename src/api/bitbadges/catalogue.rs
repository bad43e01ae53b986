//! Every view that some version of the vendor's API knows, and what is in it here.
//!
//! Names from the vendor's server (`src/routes/users.ts`, July 2023 to July 2024) and from the type
//! `AccountViewKey` of npm bitbadgesjs-sdk 0.3.75 and 0.9.5.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// What a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Transfers of badges.
    Transfers,
    /// What the account holds.
    Holdings,
    /// Announcements to the holders of a collection.
    Announcements,
    /// Reviews of the account.
    Reviews,
    /// Nothing that this gateway keeps: always one empty page.
    Nothing,
}

impl Content {
    /// A stable name, for binding a bookmark to it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Holdings => "holdings",
            Self::Announcements => "announcements",
            Self::Reviews => "reviews",
            Self::Nothing => "nothing",
        }
    }
}

/// A view whose name is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in requests.
    pub name: &'static str,
    /// Its `type` in answers.
    pub type_name: &'static str,
    /// What it shows.
    pub content: Content,
}

const fn kind(name: &'static str, type_name: &'static str, content: Content) -> Kind {
    Kind { name, type_name, content }
}

/// All kinds.
pub static KINDS: [Kind; 40] = [
    kind("latestActivity", "Activity", Content::Transfers),
    kind("transferActivity", "Activity", Content::Transfers),
    kind("badgesCollected", "Balances", Content::Holdings),
    kind("badgesCollectedWithHidden", "Balances", Content::Holdings),
    kind("latestAnnouncements", "Announcements", Content::Announcements),
    kind("announcements", "Announcements", Content::Announcements),
    kind("latestReviews", "Reviews", Content::Reviews),
    kind("reviews", "Reviews", Content::Reviews),
    kind("addressMappings", "Address Mappings", Content::Nothing),
    kind("latestAddressMappings", "Address Mappings", Content::Nothing),
    kind("explicitlyIncludedAddressMappings", "Address Mappings", Content::Nothing),
    kind("explicitlyExcludedAddressMappings", "Address Mappings", Content::Nothing),
    kind("allLists", "Address Lists", Content::Nothing),
    kind("allowlists", "Address Lists", Content::Nothing),
    kind("blocklists", "Address Lists", Content::Nothing),
    kind("whitelists", "Address Lists", Content::Nothing),
    kind("blacklists", "Address Lists", Content::Nothing),
    kind("createdLists", "Address Lists", Content::Nothing),
    kind("privateLists", "Address Lists", Content::Nothing),
    kind("listsActivity", "ListActivity", Content::Nothing),
    kind("listActivity", "ListActivity", Content::Nothing),
    kind("latestClaimAlerts", "Claim Alerts", Content::Nothing),
    kind("claimAlerts", "Claim Alerts", Content::Nothing),
    kind("sentClaimAlerts", "Claim Alerts", Content::Nothing),
    kind("createdBy", "Collections", Content::Nothing),
    kind("managing", "Collections", Content::Nothing),
    kind("createdBadges", "Collections", Content::Nothing),
    kind("managingBadges", "Collections", Content::Nothing),
    kind("authCodes", "Auth Codes", Content::Nothing),
    kind("siwbbRequests", "Siwbb Requests", Content::Nothing),
    kind("createdSecrets", "Secrets", Content::Nothing),
    kind("receivedSecrets", "Secrets", Content::Nothing),
    kind("attestations", "Attestations", Content::Nothing),
    kind("createdAttestations", "Attestations", Content::Nothing),
    kind("receivedAttestations", "Attestations", Content::Nothing),
    kind("attestationProofs", "Attestation Proofs", Content::Nothing),
    kind("publicAttestationProofs", "Attestation Proofs", Content::Nothing),
    kind("publicClaimActivity", "Claim Activity", Content::Nothing),
    kind("allClaimActivity", "Claim Activity", Content::Nothing),
    kind("pointsActivity", "Points Activity", Content::Nothing),
];

/// A view, by a name that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownView(pub &'static Kind);

impl<'de> Deserialize<'de> for KnownView {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = KINDS.iter().find(|kind| kind.name == name);
        known.map(Self).ok_or_else(|| D::Error::custom("no such view"))
    }
}
