//! Merges what several sources know about a user.

use super::{ChainAccount, Contact, Identity, JsonObject, User};
use crate::core::address::Address;
use crate::core::key::LookupKey;

impl User {
    /// Merges `later` into this user: fields that it has replace this user's, all others stay. Lists are replaced as a
    /// whole, except identities and chain accounts, which are matched individually; custom fields and issued ids are
    /// replaced individually. The id stays. An e-mail address that nobody vouches for does not replace one that an
    /// administrator gave.
    pub fn absorb(&mut self, mut later: Self) {
        self.issued_ids.extend(later.issued_ids);
        self.profile.absorb(later.profile);
        settle_email(&mut self.contact, &mut later.contact);
        forget_stale_phone_verification(&mut self.contact, &later.contact);
        self.contact.absorb(later.contact);
        self.postal.absorb(later.postal);
        self.employment.absorb(later.employment);
        self.account.absorb(later.account);
        self.logins.absorb(later.logins);
        for identity in later.identities {
            put(&mut self.identities, identity, is_same_identity);
        }
        for account in later.chain_accounts {
            put(&mut self.chain_accounts, account, is_same_account);
        }
        self.community.absorb(later.community);
        extend(&mut self.custom_data, later.custom_data);
        extend(&mut self.metadata_source, later.metadata_source);
    }
}

/// Decides whose e-mail address stays, and whether the user or an administrator gave it. Verification of the old one does
/// not carry over to a new one.
fn settle_email(contact: &mut Contact, later: &mut Contact) {
    if later.email.is_none() {
        later.email_self_registered = false;
    } else if email_key(contact) == email_key(later) {
        contact.email_self_registered &= later.email_self_registered;
        later.email_self_registered = false;
    } else if contact.email.is_some() && !contact.email_self_registered && !later.is_email_vouched() {
        later.email = None;
        later.email_self_registered = false;
    } else {
        contact.email_verified = false;
        contact.email_self_registered = later.email_self_registered;
    }
}

fn email_key(contact: &Contact) -> Option<LookupKey> {
    contact.email.as_deref().and_then(LookupKey::email)
}

/// Verification of the old telephone number does not carry over to a new one.
fn forget_stale_phone_verification(contact: &mut Contact, later: &Contact) {
    let phone = |contact: &Contact| contact.phone.as_deref().and_then(LookupKey::phone);
    if later.phone.is_some() && phone(later) != phone(contact) {
        contact.phone_verified = false;
    }
}

fn put<T>(items: &mut Vec<T>, later: T, is_same: impl Fn(&T, &T) -> bool) {
    match items.iter_mut().find(|item| is_same(item, &later)) {
        Some(item) => *item = later,
        None => items.push(later),
    }
}

fn is_same_identity(a: &Identity, b: &Identity) -> bool {
    a.connection_id == b.connection_id && a.id_there == b.id_there && a.kind == b.kind
}

fn is_same_account(a: &ChainAccount, b: &ChainAccount) -> bool {
    match (Address::parse(&a.address), Address::parse(&b.address)) {
        (Ok(a), Ok(b)) => a.key() == b.key(),
        _ => a.address == b.address,
    }
}

fn extend(fields: &mut JsonObject, later: JsonObject) {
    for (name, value) in later {
        fields.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::UserId;

    fn user(id: &str) -> User {
        User::new(UserId::new(id))
    }

    #[test]
    fn later_fields_win_and_absent_ones_change_nothing() {
        let mut first = user("1");
        first.profile.display_name = Some("Kevin".to_owned());
        first.contact.email = Some("kevin@example.com".to_owned());
        first.custom_data.insert("school".to_owned(), "A".into());
        let mut later = user("2");
        later.profile.display_name = Some("Kevin Mark".to_owned());
        later.profile.gender = Some(crate::core::user::Gender::Male);
        later.custom_data.insert("age".to_owned(), 22.into());
        first.absorb(later);
        assert_eq!(first.id.as_str(), "1");
        assert_eq!(first.profile.display_name.as_deref(), Some("Kevin Mark"));
        assert_eq!(first.contact.email.as_deref(), Some("kevin@example.com"));
        assert_eq!(first.custom_data.len(), 2);
    }

    #[test]
    fn a_new_address_is_not_verified_because_the_old_one_was() {
        let mut first = user("1");
        first.contact.email = Some("a@example.com".to_owned());
        first.contact.email_verified = true;
        let mut same = user("1");
        same.contact.email = Some("A@example.com".to_owned());
        first.absorb(same);
        assert!(first.contact.email_verified);
        let mut other = user("1");
        other.contact.email = Some("b@example.com".to_owned());
        first.absorb(other);
        assert!(!first.contact.email_verified);
    }

    fn with_email(email: &str, self_registered: bool, verified: bool) -> User {
        let mut user = user("1");
        user.contact.email = Some(email.to_owned());
        user.contact.email_self_registered = self_registered;
        user.contact.email_verified = verified;
        user
    }

    #[test]
    fn an_unverified_address_never_replaces_an_administrators() {
        let mut user = with_email("work@example.com", false, false);
        user.absorb(with_email("other@example.com", true, false));
        assert_eq!(user, with_email("work@example.com", false, false));
        // The owner of an account keeps the address that the company gave, even after verifying it.
        user.absorb(with_email("WORK@example.com", true, true));
        user.absorb(with_email("other@example.com", true, false));
        assert_eq!(user, with_email("WORK@example.com", false, true));
        user.absorb(with_email("verified@example.com", true, true));
        assert_eq!(user, with_email("verified@example.com", true, true));
    }

    #[test]
    fn a_self_registered_user_changes_its_own_address_and_an_administrator_confirms_it() {
        let mut user = with_email("a@example.com", true, true);
        user.absorb(with_email("b@example.com", true, false));
        assert_eq!(user, with_email("b@example.com", true, false));
        assert!(!user.contact.is_email_vouched());
        user.absorb(with_email("b@example.com", false, false));
        assert!(user.contact.is_email_vouched());
    }

    #[test]
    fn absorbing_oneself_changes_nothing() {
        let mut first = user("1");
        first.contact.phone = Some("123".to_owned());
        first.chain_accounts.push(ChainAccount {
            address: "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x".to_owned(),
            ..ChainAccount::default()
        });
        let before = first.clone();
        first.absorb(before.clone());
        assert_eq!(first, before);
        let mut other_form = user("x");
        other_form.chain_accounts.push(ChainAccount {
            address: "0xb246a3764d642BABbd6b075bca3e77E1cD563d78".to_owned(),
            ..ChainAccount::default()
        });
        first.absorb(other_form);
        assert_eq!(first.chain_accounts.len(), 1);
    }
}
