//! Users read without copying them: what the faces render, of whom a batch has hundreds.
//!
//! [`BorrowedUser`] has the fields of [`User`] that a face can show. Each type of field says by [`Lend`] what it is
//! when borrowed, so that the two cannot differ.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::chain::with_addresses;
use super::{
    AccessFlag, AccountStatus, BorrowedAccount, BorrowedCommunity, BorrowedContact, BorrowedEmployment,
    BorrowedLogins, BorrowedPostal, BorrowedProfile, ChainAccount, Gender, Identity, JsonObject, Source,
    User, WorkStatus,
};
use crate::core::address::Address;

/// A user whose texts are those of its document, or of a [`User`].
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorrowedUser<'a> {
    /// See [`User::id`], as for all others.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Ids that other systems issued.
    #[serde(default)]
    pub issued_ids: Cow<'a, BTreeMap<String, String>>,
    /// Names and personal data.
    #[serde(borrow, default)]
    pub profile: BorrowedProfile<'a>,
    /// How to reach the user.
    #[serde(borrow, default)]
    pub contact: BorrowedContact<'a>,
    /// Postal address.
    #[serde(borrow, default)]
    pub postal: BorrowedPostal<'a>,
    /// The position in the company.
    #[serde(borrow, default)]
    pub employment: BorrowedEmployment<'a>,
    /// The account itself.
    #[serde(borrow, default)]
    pub account: BorrowedAccount<'a>,
    /// Logins and password.
    #[serde(borrow, default)]
    pub logins: BorrowedLogins<'a>,
    /// Identities at external identity sources.
    #[serde(default)]
    pub identities: Cow<'a, [Identity]>,
    /// Accounts on blockchains.
    #[serde(default)]
    pub chain_accounts: Cow<'a, [ChainAccount]>,
    /// Public community profile.
    #[serde(borrow, default)]
    pub community: BorrowedCommunity<'a>,
    /// The company's custom fields.
    #[serde(borrow, default)]
    pub custom_data: FreeForm<'a>,
    /// Where each field came from.
    #[serde(borrow, default)]
    pub metadata_source: FreeForm<'a>,
}

impl User {
    /// The user without a copy of anything.
    #[must_use]
    pub fn borrowed(&self) -> BorrowedUser<'_> {
        BorrowedUser {
            id: Text(Cow::Borrowed(self.id.as_str())),
            issued_ids: Cow::Borrowed(&self.issued_ids),
            profile: self.profile.lend(),
            contact: self.contact.lend(),
            postal: self.postal.lend(),
            employment: self.employment.lend(),
            account: self.account.lend(),
            logins: self.logins.lend(),
            identities: self.identities.lend(),
            chain_accounts: Cow::Borrowed(&self.chain_accounts),
            community: self.community.lend(),
            custom_data: self.custom_data.lend(),
            metadata_source: self.metadata_source.lend(),
        }
    }
}

impl BorrowedUser<'_> {
    /// The user's id at `issuer`: the one it issued, or else the user's own.
    #[must_use]
    pub fn id_for(&self, issuer: &str) -> &str {
        self.issued_ids.get(issuer).map_or(&*self.id, String::as_str)
    }

    /// The user's chain accounts with their addresses; those with an unrecognised address are left out.
    pub fn addresses(&self) -> impl Iterator<Item = (&ChainAccount, Address)> {
        with_addresses(&self.chain_accounts)
    }
}

/// A type of a field that can be read without copying its text.
pub trait Lend {
    /// The field, borrowed.
    type Borrowed<'a>
    where
        Self: 'a;

    /// Borrows it.
    fn lend(&self) -> Self::Borrowed<'_>;
}

macro_rules! lent_as_it_is {
    ($($type:ty),*) => {
        $(impl Lend for $type {
            type Borrowed<'a> = Self;

            fn lend(&self) -> Self {
                *self
            }
        })*
    };
}

lent_as_it_is!(
    bool,
    Option<bool>,
    Option<i64>,
    Option<OffsetDateTime>,
    Option<Gender>,
    Option<AccountStatus>,
    Option<Source>,
    Option<WorkStatus>
);

macro_rules! lent_as_slice {
    ($($item:ty),*) => {
        $(impl Lend for Vec<$item> {
            type Borrowed<'a> = Cow<'a, [$item]>;

            fn lend(&self) -> Cow<'_, [$item]> {
                Cow::Borrowed(self)
            }
        })*
    };
}

lent_as_slice!(String, AccessFlag, Identity);

impl Lend for Option<String> {
    type Borrowed<'a> = Option<Text<'a>>;

    fn lend(&self) -> Option<Text<'_>> {
        self.as_deref().map(|text| Text(Cow::Borrowed(text)))
    }
}

impl Lend for JsonObject {
    type Borrowed<'a> = FreeForm<'a>;

    fn lend(&self) -> FreeForm<'_> {
        FreeForm(Form::Object(self))
    }
}

/// A text; a copy only where JSON writes it with escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfText;

        impl<'de> Visitor<'de> for OfText {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(OfText)
    }
}

/// A free-form object, passed on as it is written.
#[derive(Debug, Clone, Default)]
pub struct FreeForm<'a>(Form<'a>);

#[derive(Debug, Clone, Default)]
enum Form<'a> {
    #[default]
    Empty,
    Object(&'a JsonObject),
    Json(&'a RawValue),
}

impl FreeForm<'_> {
    /// Whether it has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Form::Empty => true,
            Form::Object(object) => object.is_empty(),
            Form::Json(json) => {
                let members = json.get().strip_prefix('{').and_then(|json| json.strip_suffix('}'));
                members.is_some_and(|members| members.trim().is_empty())
            }
        }
    }

    /// Its members.
    ///
    /// # Errors
    /// [`serde_json::Error`] if it is no object.
    pub fn read(&self) -> Result<Cow<'_, JsonObject>, serde_json::Error> {
        match self.0 {
            Form::Empty => Ok(Cow::default()),
            Form::Object(object) => Ok(Cow::Borrowed(object)),
            Form::Json(json) => serde_json::from_str(json.get()).map(Cow::Owned),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for FreeForm<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|json| Self(Form::Json(json)))
    }
}

impl Serialize for FreeForm<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Form::Empty => JsonObject::new().serialize(serializer),
            Form::Object(object) => object.serialize(serializer),
            Form::Json(json) => json.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::core::user::arbitrary;

    /// Everything that a face can show of a user.
    fn shown(user: &BorrowedUser<'_>) -> String {
        let BorrowedUser { id, issued_ids, profile, contact, postal, employment, account, logins, .. } = user;
        let groups = format!(
            "{id:?}{issued_ids:?}{profile:?}{contact:?}{postal:?}{employment:?}{account:?}{logins:?}"
        );
        let BorrowedUser { identities, chain_accounts, community, custom_data, metadata_source, .. } = user;
        let free = json!([custom_data, metadata_source]);
        format!("{groups}{identities:?}{chain_accounts:?}{community:?}{free}")
    }

    #[test]
    fn an_object_without_members_is_empty_however_it_is_written() {
        for (document, is_empty) in [
            (r#"{"id":"1"}"#, true),
            (r#"{"id":"1","customData":{}}"#, true),
            (r#"{"id":"1","customData": { } }"#, true),
            (r#"{"id":"1","customData":{"":null}}"#, false),
        ] {
            let user: BorrowedUser<'_> = serde_json::from_str(document).unwrap();
            assert_eq!(user.custom_data.is_empty(), is_empty, "{document}");
            assert_eq!(user.custom_data.read().unwrap().is_empty(), is_empty, "{document}");
        }
    }

    proptest! {
        #[test]
        fn a_users_document_is_read_as_the_user(user in arbitrary::user()) {
            let document = serde_json::to_string(&user).unwrap();
            let read: BorrowedUser<'_> = serde_json::from_str(&document).unwrap();
            prop_assert_eq!(shown(&read), shown(&user.borrowed()));
            prop_assert_eq!(&*read.custom_data.read().unwrap(), &user.custom_data);
        }
    }
}
