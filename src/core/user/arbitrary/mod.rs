//! Arbitrary canonical users that can be stored, for the property tests of every vendor's JSON.

mod account;
mod person;
mod value;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use self::account::{account, chain_account, community, identity, logins};
use self::person::{contact, employment, postal, profile};
pub(crate) use self::value::object;
use self::value::text;
use super::{SetBy, User};
use crate::core::face::Face;
use crate::core::id::UserId;

/// A user with any of its fields set and only valid keys. No text is blank: the vendors write blank texts for unset
/// fields.
pub(crate) fn user() -> impl Strategy<Value = User> {
    // Boxed, since strategies of this size would overflow a test's stack.
    let person = (profile().boxed(), contact().boxed(), postal().boxed(), employment().boxed());
    let elsewhere = (vec(identity(), 0..3).boxed(), vec(chain_account(), 0..3).boxed(), community().boxed());
    let account = (account().boxed(), logins().boxed(), elsewhere);
    let issuer = prop_oneof![
        prop::sample::select(Face::ALL.to_vec()).prop_map(|face| face.as_str().to_owned()),
        "[a-z]{1,8}"
    ];
    let issued_ids = btree_map(issuer, text(), 0..3);
    let open = (issued_ids.boxed(), object().boxed(), object().boxed(), object().boxed());
    (text(), person, account, open).prop_map(|(id, person, account, open)| {
        let (profile, contact, postal, employment) = person;
        let (account, logins, (identities, chain_accounts, community)) = account;
        let (issued_ids, custom_data, metadata_source, scim) = open;
        User {
            id: UserId::new(id),
            issued_ids,
            profile,
            contact,
            postal,
            employment,
            account,
            logins,
            identities,
            chain_accounts,
            community,
            custom_data,
            metadata_source,
            scim,
            set_by: SetBy::default(),
        }
    })
}

proptest! {
    #[test]
    fn any_user_can_be_stored_and_reads_back_the_same(user in user()) {
        prop_assert!(user.keys().is_ok());
        let written = serde_json::to_string(&user).unwrap();
        prop_assert_eq!(serde_json::from_str::<User>(&written).unwrap(), user);
    }
}
