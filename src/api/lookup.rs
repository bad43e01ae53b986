//! How the callers of each face name a user, for operators who ask why one is or is not shown.

use super::genauth::request::UserIdType;
use crate::core::address::{Address, AddressError};
use crate::core::face::Face;
use crate::core::key::LookupKey;

/// A user's name as a face's callers give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName {
    /// The face.
    pub face: Face,
    /// The kind of name, in the face's words.
    pub kind: &'static str,
    /// What the face looks up.
    pub key: Result<LookupKey, NotAKey>,
}

/// Why a name is looked up nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// No chain has such an address.
    #[error("it is not an address: {0}")]
    Address(#[from] AddressError),
    /// Malformed in another way.
    #[error("it is empty, too long or malformed for its kind, so that it matches nobody")]
    Unusable,
}

/// The face has no such kind of name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("callers of {} name users by {}", .0.title(), kinds(*.0).join(", "))]
pub struct UnknownKindError(Face);

/// The kinds of names by which callers of `face` ask for users; the first is the default.
#[must_use]
pub fn kinds(face: Face) -> Vec<&'static str> {
    match face {
        Face::BitBadges => vec!["address", "username"],
        Face::AvePoint => vec!["id"],
        Face::GenAuth => UserIdType::ALL.map(UserIdType::as_str).to_vec(),
    }
}

impl UserName {
    /// The name `text` of this `kind`, or of the default kind of `face`.
    ///
    /// # Errors
    /// [`UnknownKindError`].
    pub fn read(face: Face, kind: Option<&str>, text: &str) -> Result<Self, UnknownKindError> {
        let kinds = kinds(face);
        let known = kinds.iter().copied().find(|known| kind.is_none_or(|kind| kind == *known));
        let kind = known.ok_or(UnknownKindError(face))?;
        Ok(Self { face, kind, key: key(face, kind, text) })
    }

    /// What the face looks up, or why nothing, in words.
    pub fn looked_up(&self) -> Result<&LookupKey, String> {
        self.key.as_ref().map_err(ToString::to_string)
    }
}

fn key(face: Face, kind: &str, text: &str) -> Result<LookupKey, NotAKey> {
    let key = match face {
        Face::BitBadges if kind == "address" => LookupKey::address(Address::parse(text)?.key()),
        Face::BitBadges => LookupKey::username(text),
        Face::AvePoint => LookupKey::id(text),
        Face::GenAuth => {
            let kind = UserIdType::ALL.into_iter().find(|known| known.as_str() == kind);
            kind.and_then(|kind| kind.key(text))
        }
    };
    key.ok_or(NotAKey::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_every_face_becomes_a_key() {
        for face in Face::ALL {
            for kind in kinds(face) {
                let text = match kind {
                    "address" => "0xb246a3764d642BABbd6b075bca3e77E1cD563d78",
                    "phone" => "123",
                    _ => "a:b",
                };
                let name = UserName::read(face, Some(kind), text).unwrap();
                assert_eq!((name.face, name.kind), (face, kind));
                name.key.unwrap();
                UserName::read(face, Some(kind), "").unwrap().key.unwrap_err();
            }
            assert_eq!(UserName::read(face, None, "x").unwrap().kind, kinds(face)[0]);
            let unknown = UserName::read(face, Some("shoe_size"), "x").unwrap_err();
            assert!(unknown.to_string().contains(kinds(face)[0]), "{unknown}");
        }
    }
}
