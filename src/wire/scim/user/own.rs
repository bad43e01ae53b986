//! The read-only attributes of our own extension.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fields::word;
use crate::core::user::{ChainAccount, Community, Identity, JsonObject, Logins, User};

/// The attributes that are shown of the user and cannot be changed.
pub(super) fn read_only(user: &User) -> JsonObject {
    let User { contact, employment, account, .. } = user;
    object([
        ("status", word(&account.status).map(Value::from)),
        ("issuedIds", Some(user.issued_ids.iter().map(issued_id).collect())),
        ("departmentIds", Some(employment.department_ids.clone().into())),
        ("postIds", Some(employment.post_ids.clone().into())),
        ("organisationIds", Some(employment.organisation_ids.clone().into())),
        ("flags", Some(account.flags.iter().filter_map(word).collect())),
        ("statusChangedAt", time(account.status_changed_at)),
        ("createdAt", time(account.created_at)),
        ("updatedAt", time(account.updated_at)),
        ("startsAt", time(account.starts_at)),
        ("endsAt", time(account.ends_at)),
        ("emailVerified", contact.email.as_ref().map(|_| contact.email_verified.into())),
        ("phoneVerified", contact.phone.as_ref().map(|_| contact.phone_verified.into())),
        ("logins", Some(logins(&user.logins).into())),
        ("community", Some(community(&user.community).into())),
        ("identities", Some(user.identities.iter().map(identity).collect())),
        ("chainAccounts", Some(user.chain_accounts.iter().map(chain_account).collect())),
        ("customData", Some(user.custom_data.iter().map(custom_field).collect())),
    ])
}

/// The members that have a value.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> JsonObject {
    let is_set = |value: &Value| match value {
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    let members =
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.filter(is_set)?)));
    members.collect()
}

fn text(text: Option<&String>) -> Option<Value> {
    text.map(|text| text.as_str().into())
}

fn time(at: Option<OffsetDateTime>) -> Option<Value> {
    at.and_then(|at| at.format(&Rfc3339).ok()).map(Value::from)
}

/// JSON as text: the standard has no lists or objects in an element.
fn json(value: &impl serde::Serialize) -> Option<Value> {
    serde_json::to_string(value).ok().map(Value::from)
}

fn issued_id((issuer, id): (&String, &String)) -> Value {
    object([("issuer", text(Some(issuer))), ("value", text(Some(id)))]).into()
}

fn logins(logins: &Logins) -> JsonObject {
    object([
        ("count", logins.count.map(Value::from)),
        ("lastAt", time(logins.last_at)),
        ("lastIp", text(logins.last_ip.as_ref())),
        ("lastApp", text(logins.last_app.as_ref())),
        ("lastMfaAt", time(logins.last_mfa_at)),
        ("browser", text(logins.browser.as_ref())),
        ("device", text(logins.device.as_ref())),
        ("passwordSetAt", time(logins.password_set_at)),
        ("passwordSecurityLevel", logins.password_security_level.map(Value::from)),
        ("resetPasswordOnNextLogin", logins.reset_password_on_next_login.map(Value::from)),
    ])
}

fn community(community: &Community) -> JsonObject {
    object([
        ("discord", text(community.discord.as_ref())),
        ("twitter", text(community.twitter.as_ref())),
        ("github", text(community.github.as_ref())),
        ("telegram", text(community.telegram.as_ref())),
        ("readme", text(community.readme.as_ref())),
        ("avatar", text(community.avatar.as_ref())),
        ("resolvedName", text(community.resolved_name.as_ref())),
        ("seenActivity", community.seen_activity.map(Value::from)),
        ("joinedAt", community.joined_at.map(Value::from)),
    ])
}

fn identity(identity: &Identity) -> Value {
    let info = (!identity.info.is_empty()).then(|| json(identity.info.as_object())).flatten();
    let members = object([
        ("id", text(Some(&identity.id))),
        ("connectionId", text(Some(&identity.connection_id))),
        ("provider", text(Some(&identity.provider))),
        ("type", text(Some(&identity.kind))),
        ("idThere", text(Some(&identity.id_there))),
        ("info", info),
        ("originConnectionIds", Some(identity.origin_connection_ids.clone().into())),
    ]);
    members.into()
}

fn chain_account(account: &ChainAccount) -> Value {
    let balance = account.balance.as_ref();
    let others = (!account.other_balances.is_empty()).then(|| json(&account.other_balances)).flatten();
    let members = object([
        ("address", text(Some(&account.address))),
        ("publicKey", text(account.public_key.as_ref())),
        ("publicKeyType", text(account.public_key_type.as_ref())),
        ("accountNumber", text(account.account_number.as_ref())),
        ("sequence", text(account.sequence.as_ref())),
        ("balanceAmount", text(balance.map(|coin| &coin.amount))),
        ("balanceDenom", text(balance.map(|coin| &coin.denom))),
        ("otherBalances", others),
        ("airdropped", account.airdropped.map(Value::from)),
    ]);
    members.into()
}

fn custom_field((name, value): (&String, &Value)) -> Value {
    object([("name", text(Some(name))), ("value", json(value))]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::user::arbitrary::user;
    use crate::wire::scim::schema::{Attribute, OWN};
    use proptest::prelude::*;

    fn assert_known(attributes: &[Attribute], members: &JsonObject) {
        for (name, value) in members {
            let known = attributes.iter().find(|attribute| attribute.name == name);
            let known = known.unwrap_or_else(|| panic!("{name} is in no table"));
            assert!(known.is_read_only(), "{name}");
            assert_eq!(value.is_array(), known.multi_valued, "{name}");
            let objects = value.as_array().into_iter().flatten().chain([value]).filter_map(Value::as_object);
            objects.for_each(|members| assert_known(known.sub_attributes, members));
        }
    }

    proptest! {
        #[test]
        fn every_attribute_that_is_shown_is_in_the_table(user in user()) {
            assert_known(OWN.attributes, &read_only(&user));
        }
    }
}
