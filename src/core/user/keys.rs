//! The keys under which a user is found: a pure function of its document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ChainAccount, DataSource, User};
use crate::core::address::{Address, AddressError};
use crate::core::case::fold;
use crate::core::key::{LookupKey, MAX_KEY_BYTES};

/// Maximum length of a custom field's value that can be looked up, in bytes.
const MAX_CUSTOM_VALUE_BYTES: usize = 256;

/// A value in a document that is unusable as a lookup key. Names the field, never its value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Empty, too long, or containing a NUL.
    #[error("{0} is empty, longer than {MAX_KEY_BYTES} bytes or contains a NUL")]
    Unusable(&'static str),
    /// Not an address of any supported chain.
    #[error("chainAccounts[{index}].address: {source}")]
    Address {
        /// Index of the chain account.
        index: usize,
        /// What is wrong with it.
        source: AddressError,
    },
}

impl User {
    /// The user's keys, without duplicates.
    ///
    /// # Errors
    /// [`KeyFault`] for a value that could never be looked up: it is better rejected on write than missed on
    /// read. Phone numbers and custom fields are lenient, since they need not be keys at all.
    pub fn keys(&self) -> Result<BTreeSet<LookupKey>, KeyFault> {
        let mut keys = BTreeSet::new();
        self.add_own_names(&mut keys)?;
        self.add_identities(&mut keys)?;
        for (index, account) in self.chain_accounts.iter().enumerate() {
            keys.extend(address_key(account).map_err(|source| KeyFault::Address { index, source })?);
        }
        if let Some(phone) = &self.contact.phone {
            keys.extend(LookupKey::phones(phone, self.contact.phone_country_code.as_deref()));
        }
        keys.extend(self.custom_data.iter().filter_map(|(field, value)| custom_key(field, value)));
        keys.extend(self.employment.department_ids.iter().filter_map(|id| LookupKey::department(id)));
        if self.set_by.sources().any(|source| source == DataSource::Scim) {
            self.add_scim_names(&mut keys);
        } else if !self.is_found_by_login_name() {
            keys.extend(LookupKey::scim_user_name(self.login_name()));
        }
        Ok(keys)
    }

    /// The login name, or what stands for it where there must be one: the principal name, the e-mail address, the id.
    #[must_use]
    pub fn login_name(&self) -> &str {
        let (profile, account, contact) = (&self.profile, &self.account, &self.contact);
        let names = [&profile.username, &account.user_principal_name, &contact.email];
        let filled = names.into_iter().flatten().find(|name| !name.is_empty());
        filled.map_or(self.id.as_str(), String::as_str)
    }

    fn add_own_names(&self, keys: &mut BTreeSet<LookupKey>) -> Result<(), KeyFault> {
        keys.insert(LookupKey::id(self.id.as_str()).ok_or(KeyFault::Unusable("id"))?);
        for id in self.issued_ids.values() {
            keys.insert(LookupKey::id(id).ok_or(KeyFault::Unusable("issuedIds"))?);
        }
        if let Some(name) = &self.profile.username {
            keys.insert(LookupKey::username(name).ok_or(KeyFault::Unusable("profile.username"))?);
        }
        if let Some(email) = &self.contact.email {
            let vouched = self.contact.is_email_vouched();
            let key = if vouched { LookupKey::email(email) } else { LookupKey::email_claim(email) };
            keys.insert(key.ok_or(KeyFault::Unusable("contact.email"))?);
        }
        if let Some(id) = &self.employment.external_id {
            keys.insert(LookupKey::external_id(id).ok_or(KeyFault::Unusable("employment.externalId"))?);
        }
        Ok(())
    }

    /// Whether a provider that asks for the login name in any case finds the user by its other keys: by a username or an
    /// id that has no capitals, or by an e-mail address in ASCII, whose keys have no case.
    fn is_found_by_login_name(&self) -> bool {
        let name = self.login_name();
        let is = |value: &Option<String>| value.as_deref() == Some(name);
        let is_own = is(&self.profile.username) || name == self.id.as_str();
        is_own && fold(name) == name || is(&self.contact.email) && name.is_ascii() && name.trim() == name
    }

    /// The names by which its identity provider finds the user: the login name or what stands for it, and every e-mail
    /// address. Only users that a provider wrote have them.
    fn add_scim_names(&self, keys: &mut BTreeSet<LookupKey>) {
        keys.extend(LookupKey::scim_user_name(self.login_name()));
        let kept = self.scim.get("attributes").and_then(|attributes| attributes.get("emails"));
        let others = kept.and_then(Value::as_array).into_iter().flatten();
        let others = others.filter_map(|element| element.get("value").and_then(Value::as_str));
        keys.extend(
            self.contact.email.as_deref().into_iter().chain(others).filter_map(LookupKey::scim_email),
        );
    }

    fn add_identities(&self, keys: &mut BTreeSet<LookupKey>) -> Result<(), KeyFault> {
        const FAULT: KeyFault = KeyFault::Unusable("identities");
        for identity in &self.identities {
            keys.insert(LookupKey::identity(&identity.connection_id, &identity.id_there).ok_or(FAULT)?);
            keys.insert(LookupKey::sync_relation(&identity.provider, &identity.id_there).ok_or(FAULT)?);
        }
        Ok(())
    }
}

fn address_key(account: &ChainAccount) -> Result<Option<LookupKey>, AddressError> {
    Ok(LookupKey::address(Address::parse(&account.address)?.key()))
}

fn custom_key(field: &str, value: &Value) -> Option<LookupKey> {
    let text = custom_text(value)?;
    (text.len() <= MAX_CUSTOM_VALUE_BYTES).then(|| LookupKey::custom_field(field, &text)).flatten()
}

/// A custom field's value as a caller writes it: text as it is, numbers and booleans as in JSON.
fn custom_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
