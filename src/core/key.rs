//! Lookup keys: the values by which users are found. Keys are normalised by the same functions when a user is written
//! and when one is looked up, so that equal values match.

use super::address::{AccountKey, Address};
use super::case::fold;

/// Maximum length of a key, in bytes; fits a B-tree entry with room to spare. Longer values match no user.
pub const MAX_KEY_BYTES: usize = 512;

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The user's own id, or one that another system issued for it.
    Id,
    /// The login name; exact, case-sensitive.
    Username,
    /// An e-mail address that someone vouches for; ASCII letters are case-folded.
    Email,
    /// The id in the company's own systems.
    ExternalId,
    /// `<connection>:<id there>`: an identity at one connection to an identity source.
    Identity,
    /// A chain account: its 20 bytes.
    Address,
    /// A phone number, with or without its country code.
    Phone,
    /// `<provider>:<id there>`: an identity at any connection to an identity source of this kind.
    SyncRelation,
    /// `<field>:<value>` from the custom data.
    CustomField,
    /// An e-mail address that nobody vouches for (see [`Contact::is_email_vouched`]); case-folded like
    /// [`Self::Email`], and found only by a look-up of that kind for which no user has a vouched address.
    ///
    /// [`Contact::is_email_vouched`]: crate::core::user::Contact::is_email_vouched
    EmailClaim,
    /// The `userName` under which an identity provider finds a user in any case: of users that a provider wrote, and of
    /// those whom no other key finds so; case-folded.
    ScimUserName,
    /// Any of the e-mail addresses under which an identity provider finds a user that it wrote; case-folded.
    ScimEmail,
    /// The id of a department; those who have it are its members.
    Department,
}

impl KeyKind {
    /// All kinds, in the order of [`Self::code`].
    pub const ALL: [Self; 13] = [
        Self::Id,
        Self::Username,
        Self::Email,
        Self::ExternalId,
        Self::Identity,
        Self::Address,
        Self::Phone,
        Self::SyncRelation,
        Self::CustomField,
        Self::EmailClaim,
        Self::ScimUserName,
        Self::ScimEmail,
        Self::Department,
    ];

    /// The number under which the kind is stored. Never reused.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Id => 1,
            Self::Username => 2,
            Self::Email => 3,
            Self::ExternalId => 4,
            Self::Identity => 5,
            Self::Address => 6,
            Self::Phone => 7,
            Self::SyncRelation => 8,
            Self::CustomField => 9,
            Self::EmailClaim => 10,
            Self::ScimUserName => 11,
            Self::ScimEmail => 12,
            Self::Department => 13,
        }
    }

    /// The kind that is stored under this number.
    #[must_use]
    pub fn of_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its name, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Username => "username",
            Self::Email => "email",
            Self::ExternalId => "externalId",
            Self::Identity => "identity",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::SyncRelation => "syncRelation",
            Self::CustomField => "customField",
            Self::EmailClaim => "emailClaim",
            Self::ScimUserName => "scimUserName",
            Self::ScimEmail => "scimEmail",
            Self::Department => "department",
        }
    }

    /// How values are normalised, in a sentence.
    #[must_use]
    pub const fn normalisation(self) -> &'static str {
        match self {
            Self::Id | Self::Username | Self::ExternalId | Self::Department => {
                "compared exactly, case and spaces included"
            }
            Self::Identity | Self::SyncRelation | Self::CustomField => {
                "compared exactly; what precedes the first colon is the connection, provider or field"
            }
            Self::Email | Self::EmailClaim => {
                "spaces around it are dropped, and ASCII letters are lower-cased"
            }
            Self::ScimUserName | Self::ScimEmail => "letters are lower-cased",
            Self::Address => "every chain's spelling of an address stands for the same 20 bytes",
            Self::Phone => {
                "spaces, dots, dashes, slashes and brackets are dropped, and 00 in front becomes +"
            }
        }
    }

    /// The kinds whose values each identify at most one user.
    pub fn exclusive() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_exclusive())
    }

    /// The kinds whose values can be shared by several users.
    pub fn shared() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| !kind.is_exclusive())
    }

    /// Whether a value of this kind identifies at most one user of a tenant. Others may be shared: two people may have
    /// the same office phone, and anyone can claim any e-mail address.
    #[must_use]
    pub const fn is_exclusive(self) -> bool {
        match self {
            Self::Id | Self::Username | Self::Email | Self::ExternalId | Self::Identity | Self::Address => {
                true
            }
            Self::Phone
            | Self::SyncRelation
            | Self::CustomField
            | Self::EmailClaim
            | Self::ScimUserName
            | Self::ScimEmail
            | Self::Department => false,
        }
    }
}

/// A normalised value by which users are found. Different spellings of a value are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupKey {
    kind: KeyKind,
    value: String,
}

impl LookupKey {
    /// A user id, exact. Like every constructor, returns `None` if the text cannot be a key: empty, longer than
    /// [`MAX_KEY_BYTES`], or containing a NUL.
    #[must_use]
    pub fn id(id: &str) -> Option<Self> {
        Self::new(KeyKind::Id, id.to_owned())
    }

    /// A login name, exact.
    #[must_use]
    pub fn username(username: &str) -> Option<Self> {
        Self::new(KeyKind::Username, username.to_owned())
    }

    /// An e-mail address; surrounding spaces and the case of ASCII letters are ignored. Other letters are compared as
    /// they are, since folding them would make distinct addresses one: `K` (U+212A) would become a `k`.
    #[must_use]
    pub fn email(email: &str) -> Option<Self> {
        Self::new(KeyKind::Email, email.trim().to_ascii_lowercase())
    }

    /// An e-mail address that nobody vouches for. Never looked up by itself.
    #[must_use]
    pub fn email_claim(email: &str) -> Option<Self> {
        Self::email(email).map(|key| Self { kind: KeyKind::EmailClaim, ..key })
    }

    /// A `userName` of SCIM, in any case.
    #[must_use]
    pub fn scim_user_name(name: &str) -> Option<Self> {
        Self::new(KeyKind::ScimUserName, fold(name))
    }

    /// An e-mail address of SCIM, in any case.
    #[must_use]
    pub fn scim_email(email: &str) -> Option<Self> {
        Self::new(KeyKind::ScimEmail, fold(email))
    }

    /// The id of a department, exact.
    #[must_use]
    pub fn department(id: &str) -> Option<Self> {
        Self::new(KeyKind::Department, id.to_owned())
    }

    /// An id in the company's own systems, exact.
    #[must_use]
    pub fn external_id(external_id: &str) -> Option<Self> {
        Self::new(KeyKind::ExternalId, external_id.to_owned())
    }

    /// An identity at one connection (`extIdpId`) to an identity source.
    #[must_use]
    pub fn identity(connection: &str, id_there: &str) -> Option<Self> {
        Self::pair(KeyKind::Identity, connection, id_there)
    }

    /// An identity at any connection to an identity source of kind `provider`.
    #[must_use]
    pub fn sync_relation(provider: &str, id_there: &str) -> Option<Self> {
        Self::pair(KeyKind::SyncRelation, provider, id_there)
    }

    /// The value of a custom field, as text.
    #[must_use]
    pub fn custom_field(field: &str, value: &str) -> Option<Self> {
        Self::pair(KeyKind::CustomField, field, value)
    }

    /// A chain account.
    #[must_use]
    pub fn address(account: AccountKey) -> Option<Self> {
        Self::new(KeyKind::Address, account.into())
    }

    /// A phone number: digits, with `+` or `00` before a country code; spaces, dots, dashes, slashes and
    /// brackets are dropped. `None` if it contains anything else.
    #[must_use]
    pub fn phone(phone: &str) -> Option<Self> {
        Self::new(KeyKind::Phone, normalise_phone(phone)?)
    }

    /// The keys by which a phone number is found: without its country code, and with it if known.
    pub fn phones(phone: &str, country_code: Option<&str>) -> impl Iterator<Item = Self> {
        let international = country_code
            .filter(|_| !phone.trim_start().starts_with('+'))
            .map(|code| format!("+{}{phone}", code.trim_start_matches('+')))
            .and_then(|number| Self::phone(&number));
        Self::phone(phone).into_iter().chain(international)
    }

    /// Every key that `text` could be, of any kind that has its value in one piece.
    pub fn readings(text: &str) -> impl Iterator<Item = Self> {
        let address = Address::parse(text).ok().and_then(|address| Self::address(address.key()));
        let make = [Self::id, Self::username, Self::email, Self::external_id, Self::phone];
        make.into_iter().filter_map(move |make| make(text)).chain(address)
    }

    fn pair(kind: KeyKind, left: &str, right: &str) -> Option<Self> {
        (!left.is_empty() && !right.is_empty())
            .then(|| format!("{left}:{right}"))
            .and_then(|text| Self::new(kind, text))
    }

    fn new(kind: KeyKind, value: String) -> Option<Self> {
        let usable = !value.is_empty() && value.len() <= MAX_KEY_BYTES && !value.contains('\0');
        usable.then_some(Self { kind, value })
    }

    /// The kind of the key.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The normalised value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

fn normalise_phone(phone: &str) -> Option<String> {
    let mut digits = String::with_capacity(phone.len());
    for (index, character) in phone.trim().chars().enumerate() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if index == 0 => digits.push('+'),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' => {}
            _ => return None,
        }
    }
    match digits.strip_prefix("00") {
        Some(international) => Some(format!("+{international}")),
        None => Some(digits),
    }
    .filter(|number| number.len() > usize::from(number.starts_with('+')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_phone_number_are_one_key() {
        let written: Vec<_> = LookupKey::phones("188 1234-8888", Some("+86")).collect();
        for spelling in
            ["18812348888", "+8618812348888", "+86 188 1234 8888", "0086 188-1234-8888", "(188) 12348888"]
        {
            assert!(written.contains(&LookupKey::phone(spelling).unwrap()), "{spelling}");
        }
        assert_eq!(LookupKey::phone("not a number"), None);
        assert_eq!(LookupKey::phone("+"), None);
    }

    #[test]
    fn email_is_case_folded_and_username_is_not() {
        assert_eq!(LookupKey::email(" Test@Example.COM "), LookupKey::email("test@example.com"));
        assert_ne!(LookupKey::username("Bob"), LookupKey::username("bob"));
        assert_ne!(LookupKey::email("\u{212a}ate@example.com"), LookupKey::email("kate@example.com"));
    }

    #[test]
    fn nothing_unusable_becomes_a_key() {
        assert_eq!(LookupKey::id(""), None);
        assert_eq!(LookupKey::id("a\0b"), None);
        assert_eq!(LookupKey::id(&"x".repeat(MAX_KEY_BYTES + 1)), None);
        assert_eq!(LookupKey::identity("", "x"), None);
    }

    #[test]
    fn codes_are_distinct() {
        let codes: std::collections::BTreeSet<_> = KeyKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), KeyKind::ALL.len());
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent(text in "\\PC{0,40}") {
            for make in [LookupKey::id, LookupKey::username, LookupKey::email, LookupKey::phone] {
                if let Some(key) = make(&text) {
                    prop_assert_eq!(make(key.value()), Some(key.clone()));
                }
            }
        }
    }
}
