//! Limits on the length of texts.

use time::OffsetDateTime;

use super::{AccessFlag, AccountStatus, Gender, Source, User, WorkStatus};

/// Maximum length of a text, in bytes. Lookup keys have a lower one.
pub const MAX_TEXT_BYTES: usize = 2_048;

/// Fields without this limit: pictures may be contained in their URLs, and the last is a page of text.
const UNLIMITED: [&str; 3] = ["photo", "avatar", "readme"];

/// The length of the longest text in a field, in bytes.
pub(super) trait LongestText {
    fn longest_text(&self) -> usize;
}

impl LongestText for Option<String> {
    fn longest_text(&self) -> usize {
        self.as_ref().map_or(0, String::len)
    }
}

impl LongestText for Vec<String> {
    fn longest_text(&self) -> usize {
        self.iter().map(String::len).max().unwrap_or_default()
    }
}

macro_rules! without_text {
    ($($type:ty),*) => {
        $(impl LongestText for $type {
            fn longest_text(&self) -> usize {
                0
            }
        })*
    };
}

without_text!(
    bool,
    Option<bool>,
    Option<i64>,
    Option<OffsetDateTime>,
    Option<Gender>,
    Option<AccountStatus>,
    Option<Source>,
    Option<WorkStatus>,
    Vec<AccessFlag>
);

/// Whether the field of this name and longest text exceeds the limit.
pub(super) fn is_overlong(field: &str, longest: usize) -> bool {
    longest > MAX_TEXT_BYTES && !UNLIMITED.contains(&field)
}

impl User {
    /// The first field with a text longer than [`MAX_TEXT_BYTES`], as in the document.
    #[must_use]
    pub fn overlong_field(&self) -> Option<String> {
        let groups = [
            ("profile", self.profile.overlong()),
            ("contact", self.contact.overlong()),
            ("postal", self.postal.overlong()),
            ("employment", self.employment.overlong()),
            ("account", self.account.overlong()),
            ("logins", self.logins.overlong()),
            ("community", self.community.overlong()),
        ];
        groups.into_iter().find_map(|(group, field)| Some(format!("{group}.{}", camel_case(field?))))
    }
}

/// `name` as in the document.
pub(crate) fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (initial, rest) = part.split_at_checked(1).unwrap_or_default();
        text + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::UserId;

    #[test]
    fn the_overlong_field_is_named_as_in_the_document() {
        let mut user = User::new(UserId::new("1"));
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        user.profile.photo = Some(long.clone());
        user.community.readme = Some(long.clone());
        user.profile.nickname = Some(long[1..].to_owned());
        assert_eq!(user.overlong_field(), None);
        user.employment.department_ids = vec![String::new(), long.clone()];
        assert_eq!(user.overlong_field().as_deref(), Some("employment.departmentIds"));
        user.profile.display_name = Some(long);
        assert_eq!(user.overlong_field().as_deref(), Some("profile.displayName"));
    }
}
