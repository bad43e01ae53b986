//! All views of all versions of the vendor's API, and their data in this gateway.
//!
//! Names from the vendor's server (`src/routes/users.ts`, July 2023 to July 2024) and from the type `AccountViewKey` of
//! npm bitbadgesjs-sdk 0.3.75, 0.9.5 and 0.27.2, and of bitbadgespy-sdk 0.1.88 for Python.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::api::enumerated::enumerated;
use crate::core::view::Timeline;

/// A kind of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Name in requests.
    pub name: &'static str,
    /// `type` in responses.
    pub type_name: &'static str,
    /// The timeline it shows; `None` if the gateway does not store its data.
    pub timeline: Option<Timeline>,
    /// Whether only the newest versions have this name.
    pub is_newest: bool,
}

const fn kind(name: &'static str, type_name: &'static str, timeline: Timeline) -> Kind {
    Kind { name, type_name, timeline: Some(timeline), is_newest: false }
}

/// A view under its newest name.
const fn newest(kind: Kind) -> Kind {
    Kind { is_newest: true, ..kind }
}

/// A view without data in this gateway.
const fn empty(name: &'static str, type_name: &'static str) -> Kind {
    Kind { name, type_name, timeline: None, is_newest: false }
}

/// All kinds.
pub static KINDS: [Kind; 43] = [
    kind("latestActivity", "Activity", Timeline::Transfers),
    kind("transferActivity", "Activity", Timeline::Transfers),
    kind("badgesCollected", "Balances", Timeline::Holdings),
    kind("badgesCollectedWithHidden", "Balances", Timeline::Holdings),
    newest(kind("tokensCollected", "Balances", Timeline::Holdings)),
    kind("latestAnnouncements", "Announcements", Timeline::Announcements),
    kind("announcements", "Announcements", Timeline::Announcements),
    kind("latestReviews", "Reviews", Timeline::Reviews),
    kind("reviews", "Reviews", Timeline::Reviews),
    empty("addressMappings", "Address Mappings"),
    empty("latestAddressMappings", "Address Mappings"),
    empty("explicitlyIncludedAddressMappings", "Address Mappings"),
    empty("explicitlyExcludedAddressMappings", "Address Mappings"),
    empty("allLists", "Address Lists"),
    empty("allowlists", "Address Lists"),
    empty("blocklists", "Address Lists"),
    empty("whitelists", "Address Lists"),
    empty("blacklists", "Address Lists"),
    empty("createdLists", "Address Lists"),
    empty("privateLists", "Address Lists"),
    empty("listsActivity", "ListActivity"),
    empty("listActivity", "ListActivity"),
    empty("latestClaimAlerts", "Claim Alerts"),
    empty("claimAlerts", "Claim Alerts"),
    empty("sentClaimAlerts", "Claim Alerts"),
    empty("createdBy", "Collections"),
    empty("managing", "Collections"),
    empty("createdBadges", "Collections"),
    empty("managingBadges", "Collections"),
    newest(empty("createdTokens", "Collections")),
    newest(empty("managingTokens", "Collections")),
    empty("authCodes", "Auth Codes"),
    empty("siwbbRequests", "Siwbb Requests"),
    empty("createdSecrets", "Secrets"),
    empty("receivedSecrets", "Secrets"),
    empty("attestations", "Attestations"),
    empty("createdAttestations", "Attestations"),
    empty("receivedAttestations", "Attestations"),
    empty("attestationProofs", "Attestation Proofs"),
    empty("publicAttestationProofs", "Attestation Proofs"),
    empty("publicClaimActivity", "Claim Activity"),
    empty("allClaimActivity", "Claim Activity"),
    empty("pointsActivity", "Points Activity"),
];

/// The kinds that the vendor's site shows to everybody: what is on the chain, and what users publish. Hidden balances,
/// private lists, alerts, sign-ins, attestations and the like are shown to their users only.
const PUBLIC: [&str; 29] = [
    "latestActivity",
    "transferActivity",
    "badgesCollected",
    "tokensCollected",
    "latestAnnouncements",
    "announcements",
    "latestReviews",
    "reviews",
    "addressMappings",
    "latestAddressMappings",
    "explicitlyIncludedAddressMappings",
    "explicitlyExcludedAddressMappings",
    "allLists",
    "allowlists",
    "blocklists",
    "whitelists",
    "blacklists",
    "createdLists",
    "listsActivity",
    "listActivity",
    "createdBy",
    "managing",
    "createdBadges",
    "managingBadges",
    "createdTokens",
    "managingTokens",
    "publicAttestationProofs",
    "publicClaimActivity",
    "pointsActivity",
];

impl Kind {
    /// Whether everybody may see it.
    pub fn is_public(&self) -> bool {
        PUBLIC.contains(&self.name)
    }
}

enumerated! {
    /// Name of a view, in any version of the API.
    pub ViewName = KINDS.iter().map(|kind| kind.name);
    /// Type of the documents in a view.
    pub ViewType = KINDS.iter().map(|kind| kind.type_name).collect::<BTreeSet<_>>();
}

/// A view with a known name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownView(pub &'static Kind);

impl<'de> Deserialize<'de> for KnownView {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = KINDS.iter().find(|kind| kind.name == name);
        known.map(Self).ok_or_else(|| D::Error::custom("unknown view"))
    }
}
