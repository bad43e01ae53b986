//! The kinds of timelines, and an entry of any of them.

use serde::de::{DeserializeSeed, Deserializer};
use serde::{Deserialize as _, Serialize};

use super::documents::{Announcement, Audience, Holding, Review, Transfer};
use crate::pager::keyset::SortKey;

/// A kind of timeline. Views show all of them but [`Self::Audiences`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timeline {
    /// An account's holdings.
    Holdings,
    /// Transfers from and to an account.
    Transfers,
    /// Announcements of the collections in which an account holds badges, or whose audience it is in.
    Announcements,
    /// Reviews of an account.
    Reviews,
    /// The collections whose audience an account is in.
    Audiences,
}

impl Timeline {
    /// All kinds, in export order.
    pub const ALL: [Self; 5] =
        [Self::Holdings, Self::Transfers, Self::Announcements, Self::Reviews, Self::Audiences];

    /// The kinds that views show.
    pub const SHOWN: [Self; 4] = [Self::Holdings, Self::Transfers, Self::Announcements, Self::Reviews];

    /// A stable name, to which bookmarks are bound.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holdings => "holdings",
            Self::Transfers => "transfers",
            Self::Announcements => "announcements",
            Self::Reviews => "reviews",
            Self::Audiences => "audiences",
        }
    }

    /// The table of the entries, and the member of a canonical NDJSON line that holds one.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Holdings => "holding",
            Self::Transfers => "transfer",
            Self::Announcements => "announcement",
            Self::Reviews => "review",
            Self::Audiences => "audience",
        }
    }

    /// The columns that identify an entry within its tenant. Exports are sorted by them.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Holdings | Self::Audiences => "account, collection_id",
            Self::Transfers => "id",
            Self::Announcements => "collection_id, at, id",
            Self::Reviews => "account, at, id",
        }
    }

    /// The code under which an import stages entries of this kind.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Transfers => 1,
            Self::Announcements => 2,
            Self::Reviews => 3,
            Self::Holdings => 4,
            Self::Audiences => 5,
        }
    }
}

/// Parses a document as an entry of this kind.
impl<'de> DeserializeSeed<'de> for Timeline {
    type Value = TimelineEntry;

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<TimelineEntry, D::Error> {
        match self {
            Self::Holdings => Holding::deserialize(document).map(TimelineEntry::Holding),
            Self::Transfers => Transfer::deserialize(document).map(TimelineEntry::Transfer),
            Self::Announcements => Announcement::deserialize(document).map(TimelineEntry::Announcement),
            Self::Reviews => Review::deserialize(document).map(TimelineEntry::Review),
            Self::Audiences => Audience::deserialize(document).map(TimelineEntry::Audience),
        }
    }
}

/// A timeline entry. Serialised as its document alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TimelineEntry {
    /// An account's holding in one collection.
    Holding(Holding),
    /// A transfer.
    Transfer(Transfer),
    /// An announcement.
    Announcement(Announcement),
    /// A review.
    Review(Review),
    /// An account in the audience of a collection.
    Audience(Audience),
}

impl TimelineEntry {
    /// The kind of its timeline.
    #[must_use]
    pub const fn timeline(&self) -> Timeline {
        match self {
            Self::Holding(_) => Timeline::Holdings,
            Self::Transfer(_) => Timeline::Transfers,
            Self::Announcement(_) => Timeline::Announcements,
            Self::Review(_) => Timeline::Reviews,
            Self::Audience(_) => Timeline::Audiences,
        }
    }

    /// Its position in a timeline: sorted by time; holdings, of which an account has one per collection, by collection.
    #[must_use]
    pub fn sort_key(&self) -> SortKey {
        let (at, id) = match self {
            Self::Holding(holding) => (holding.collection_id, ""),
            Self::Transfer(transfer) => (transfer.at, transfer.id.as_str()),
            Self::Announcement(announcement) => (announcement.at, announcement.id.as_str()),
            Self::Review(review) => (review.at, review.id.as_str()),
            Self::Audience(audience) => (audience.collection_id, ""),
        };
        SortKey { at, id: id.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_distinct() {
        let distinct = |names: [String; 5]| std::collections::BTreeSet::from(names).len() == 5;
        assert!(distinct(Timeline::ALL.map(|timeline| timeline.as_str().to_owned())));
        assert!(distinct(Timeline::ALL.map(|timeline| timeline.table().to_owned())));
        assert!(distinct(Timeline::ALL.map(|timeline| timeline.code().to_string())));
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let account = crate::core::address::AccountKey::try_from(
            "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x".to_owned(),
        );
        let (id, from, text, block) = ("i".to_owned(), "Mint".to_owned(), "t".to_owned(), "9".to_owned());
        let announcement = Announcement { id, at: 1, collection_id: 2, from, text, block };
        let (id, from, text, block) = ("i".to_owned(), "Mint".to_owned(), "t".to_owned(), "9".to_owned());
        let review = Review { id, at: 1, from, about: account.unwrap(), stars: "5".to_owned(), text, block };
        for entry in [TimelineEntry::Announcement(announcement), TimelineEntry::Review(review)] {
            let document = serde_json::to_string(&entry).unwrap();
            let mut reader = serde_json::Deserializer::from_str(&document);
            assert_eq!(entry.timeline().deserialize(&mut reader).unwrap(), entry);
        }
    }
}
