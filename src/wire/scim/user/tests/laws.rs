use proptest::prelude::*;
use serde_json::{Value, json};

use super::{changed, shown, written};
use crate::core::id::UserId;
use crate::core::user::{User, arbitrary};
use crate::wire::scim::patch::Patch;
use crate::wire::scim::patch::tests::laws::{any_json, operations};
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::schema::urn::{ENTERPRISE, OWN};
use crate::wire::scim::user::{Kept, UserChange};

/// Any resource that a client may send.
fn any_resource() -> impl Strategy<Value = Resource> {
    // No blank text, since a blank e-mail address is refused.
    let text = || "([a-zA-Z0-9@ äÄ]{0,5}[a-zA-Z@])?";
    let kind = || {
        proptest::option::of(proptest::sample::select(vec!["work", "home", "mobile", "WORK", "photo", ""]))
    };
    let element = (text(), kind(), proptest::option::of(any::<bool>()), proptest::option::of(text()));
    let element = element.prop_map(|(value, kind, primary, display)| {
        json!({
            "value": value, "type": kind, "primary": primary, "display": display, "country": display,
            "locality": value,
        })
    });
    let list = || proptest::collection::vec(element.clone(), 0..3);
    let names = ["displayName", "nickName", "title", "locale", "userType", "externalId", "profileUrl"];
    let texts = proptest::collection::vec((proptest::sample::select(names.to_vec()), text()), 0..5);
    let own = ["office", "gender", "workStatus", "website", "userPrincipalName", "phoneCountryCode"];
    let own_text = prop_oneof![text().boxed(), Just("male".to_owned()), Just("CLOSED".to_owned())];
    let own = proptest::option::of(proptest::collection::vec(
        (proptest::sample::select(own.to_vec()), own_text),
        0..4,
    ));
    let ent = ["department", "costCenter", "manager", "organization"];
    let ent = proptest::collection::vec((proptest::sample::select(ent.to_vec()), text()), 0..4);
    let name = proptest::collection::vec(
        (proptest::sample::select(vec!["formatted", "givenName", "familyName"]), text()),
        0..3,
    );
    let lists = [list().boxed(), list().boxed(), list().boxed(), list().boxed(), list().boxed()];
    ("[a-zA-Z@]{1,6}", texts, lists, proptest::option::of(any::<bool>()), (own, ent, name)).prop_filter_map(
        "a valid one",
        |(user_name, texts, lists, active, (own, ent, name))| {
            let object = |members: Vec<(&str, String)>| -> Value {
                members
                    .into_iter()
                    .map(|(name, text)| (name.to_owned(), text.into()))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            };
            let mut body = object(texts);
            body["userName"] = user_name.into();
            body["active"] = json!(active);
            for (name, list) in
                ["emails", "phoneNumbers", "photos", "addresses", "roles"].into_iter().zip(lists)
            {
                body[name] = list.into();
            }
            body["name"] = object(name);
            body[ENTERPRISE] = object(ent);
            if let Some(own) = own {
                body[OWN] = object(own);
            }
            Resource::read(body, &USERS).ok()
        },
    )
}

/// A user with what a client has sent of it, after other sources have changed it, too.
fn any_state() -> impl Strategy<Value = (User, Kept)> {
    (arbitrary::user(), any_resource()).prop_map(|(user, resource)| {
        let change = UserChange::create(&resource, UserId::new("u")).unwrap();
        (user, change.kept.unwrap_or_default())
    })
}

/// The resource without what only the service sets: that may follow from a change.
fn from_client(resource: &Resource) -> Value {
    let mut resource = written(resource);
    resource.as_object_mut().unwrap().shift_remove("schemas");
    let is_read_only = |name: &str| USERS.extension(OWN).unwrap().attribute(name).unwrap().is_read_only();
    if let Some(own) = resource.get_mut(OWN).and_then(Value::as_object_mut) {
        own.retain(|name, _| !is_read_only(name));
        if own.is_empty() {
            resource.as_object_mut().unwrap().shift_remove(OWN);
        }
    }
    resource
}

/// What may stand in a user's document that nobody wrote by this code.
fn any_kept() -> impl Strategy<Value = Kept> {
    let names = ["emails", "addresses", "name", "roles", "userName", "groups", "meta", ENTERPRISE, OWN];
    let names = || proptest::sample::select(names.to_vec());
    let attributes = proptest::collection::vec((names(), any_json()), 0..6);
    let selected = proptest::collection::vec((names(), 0..4_usize), 0..4);
    (attributes, selected).prop_map(|(attributes, selected)| {
        let attributes: Value =
            attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let selected: Value =
            selected.into_iter().map(|(name, index)| (name.to_owned(), json!(index))).collect();
        serde_json::from_value(json!({ "attributes": attributes, "selected": selected })).unwrap()
    })
}

proptest! {
    #[test]
    fn nothing_that_is_stored_makes_it_panic(
        user in arbitrary::user(),
        kept in any_kept(),
        wanted in any_resource(),
        operations in operations(),
    ) {
        let before = shown(&user, &kept);
        let mut body = json!({});
        body["Operations"] = operations;
        if let Ok(patch) = Patch::read(body, &USERS) {
            let _ = patch.apply(&before, &USERS);
        }
        let wanted = wanted.completed_by(&before, &USERS);
        prop_assert!(UserChange::between(&before, &wanted, &user, &kept).is_ok());
    }

    #[test]
    fn what_a_patch_makes_is_shown((user, kept) in any_state(), operations in operations()) {
        let before = shown(&user, &kept);
        let mut body = json!({});
        body["Operations"] = operations;
        let patched = Patch::read(body, &USERS).and_then(|patch| patch.apply(&before, &USERS));
        if let Ok(Some(mut wanted)) = patched {
            let Ok(change) = UserChange::between(&before, &wanted, &user, &kept) else { return Ok(()) };
            let (user, kept) = changed(&user, kept, change);
            prop_assert!(user.keys().is_ok());
            let after = shown(&user, &kept);
            // Without a value the status stays.
            wanted.set(&["active"], Some(after.get(&["active"]).unwrap().clone()));
            prop_assert_eq!(from_client(&after), from_client(&wanted));
        }
    }

    #[test]
    fn what_a_client_sent_comes_back((user, kept) in any_state(), wanted in any_resource()) {
        let before = shown(&user, &kept);
        let wanted = wanted.completed_by(&before, &USERS);
        let change = UserChange::between(&before, &wanted, &user, &kept).unwrap();
        let is_empty = change.is_empty();
        let (user, kept) = changed(&user, kept, change);
        let after = shown(&user, &kept);
        prop_assert_eq!(is_empty, after == before);
        prop_assert_eq!(from_client(&after), from_client(&wanted));
    }

    #[test]
    fn putting_what_was_shown_changes_nothing((user, kept) in any_state()) {
        let shown = shown(&user, &kept);
        let wanted = Resource::read(written(&shown), &USERS).unwrap().completed_by(&shown, &USERS);
        prop_assert_eq!(&wanted, &shown);
        let change = UserChange::between(&shown, &wanted, &user, &kept).unwrap();
        prop_assert!(change.is_empty(), "{:?}", change);
    }

    #[test]
    fn a_change_is_minimal((user, kept) in any_state(), wanted in any_resource()) {
        let shown = shown(&user, &kept);
        let wanted = wanted.completed_by(&shown, &USERS);
        let change = UserChange::between(&shown, &wanted, &user, &kept).unwrap();
        let before = serde_json::to_value(&user).unwrap();
        for (group, fields) in &change.patch {
            for (field, value) in fields.as_object().unwrap() {
                let stays = before.get(group).and_then(|group| group.get(field)).unwrap_or(&Value::Null);
                prop_assert_ne!(stays, value, "{}.{}", group, field);
            }
        }
        prop_assert_ne!(change.kept.as_ref(), Some(&kept));
        let (after, _) = changed(&user, kept, change);
        let survives = |user: &User| {
            let User { logins, identities, chain_accounts, community, custom_data, .. } = user.clone();
            let beside = (user.account.flags.clone(), user.metadata_source.clone());
            (logins, identities, chain_accounts, community, custom_data, beside)
        };
        prop_assert_eq!(survives(&after), survives(&user));
    }
}
