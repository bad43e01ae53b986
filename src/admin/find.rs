//! Users found by parts of their names and addresses.

use serde::Serialize;
use serde_json::json;

use super::{AdminError, Administration, act};
use crate::core::id::{Slug, UserId};
use crate::core::user::{SearchText, User};
use crate::pager;
use crate::store::{FoundUsers, StoredUser, TenantId, WordPlace};

/// Maximum users of a page.
pub const MAX_FOUND: u32 = 200;
/// Users of a page unless more or fewer are asked for.
pub const DEFAULT_FOUND: u32 = 50;

const CURSOR_VERSION: u8 = 1;
/// Maximum length of a cursor, in characters.
const MAX_CURSOR_LENGTH: usize = 256;

/// A user that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundUser {
    /// Its id.
    pub id: UserId,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Addresses of its chain accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

/// A page of users that were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundPage {
    /// The users.
    pub users: Vec<FoundUser>,
    /// The cursor of what follows; `None` at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl From<User> for FoundUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            display_name: user.profile.display_name,
            username: user.profile.username,
            email: user.contact.email,
            addresses: user.chain_accounts.into_iter().map(|chain| chain.address).collect(),
        }
    }
}

impl Administration {
    /// Up to `most` users of the tenant, at most [`MAX_FOUND`], that `text` matches, after `cursor`. They are in the order
    /// of the words by which they are found, which stays from page to page; a page may have fewer users, or none, and be
    /// followed by more. What was committed before is searched: the first search after many changes first brings the
    /// words up to date. The audit log tells that users were searched for, not what for.
    ///
    /// # Errors
    /// [`AdminError::SearchText`]; [`AdminError::SearchCursor`] unless the cursor is of a search for the same;
    /// and those of any operation on a tenant.
    pub async fn find_users(
        &self,
        slug: &Slug,
        text: &str,
        most: u32,
        cursor: Option<&str>,
    ) -> Result<FoundPage, AdminError> {
        let text = SearchText::new(text)?;
        let beginnings = text.beginnings();
        let tenant = self.tenant(slug).await?.id;
        let scope = Scope { tenant, beginnings: &beginnings };
        let after = cursor.map(|cursor| scope.read(cursor).ok_or(AdminError::SearchCursor)).transpose()?;
        self.bring_words_up_to_date(tenant).await?;
        let mut transaction = self.store.administrate().await?;
        let (by, after) = match after {
            Some((by, after)) => (by, Some(after)),
            None => (transaction.rarest_beginning(tenant, &beginnings).await?, None),
        };
        let most = most.clamp(1, MAX_FOUND);
        let found = transaction.users_with_words(tenant, &beginnings, by, after, most).await?;
        transaction.record(&self.actor, &act("user.find", Some(slug), "", json!({}))).await?;
        transaction.commit().await?;
        let FoundUsers { users, next } = found;
        let users: Vec<User> = users.into_iter().map(read).collect::<Result<_, _>>()?;
        // A word is cut off, and may be older than the user.
        let users = users.into_iter().filter(|user| text.matches(user)).map(FoundUser::from).collect();
        Ok(FoundPage { users, next: next.map(|place| scope.cursor(by, &place)) })
    }

    /// In short transactions, so that one search goes on where another was interrupted.
    async fn bring_words_up_to_date(&self, tenant: TenantId) -> Result<(), AdminError> {
        let mut transaction = self.store.administrate().await?;
        if transaction.words_are_current(tenant).await? {
            return Ok(transaction.commit().await?);
        }
        loop {
            let has_more = transaction.gather_words(tenant).await?;
            transaction.commit().await?;
            if !has_more {
                return Ok(());
            }
            transaction = self.store.administrate().await?;
        }
    }
}

fn read(user: StoredUser) -> Result<User, AdminError> {
    serde_json::from_value(user.document.into()).map_err(|_| AdminError::Unreadable)
}

/// What a [cursor](pager::cursor) is of. Its body is `version ‖ beginning ‖ ordinal ‖ word`.
struct Scope<'a> {
    tenant: TenantId,
    beginnings: &'a [&'a str],
}

impl Scope<'_> {
    fn cursor(&self, by: usize, place: &WordPlace) -> String {
        let mut bytes = vec![CURSOR_VERSION, u8::try_from(by).unwrap_or_default()];
        bytes.extend(place.ordinal.to_be_bytes());
        bytes.extend(place.word.as_bytes());
        pager::cursor::encode(bytes, &self.name())
    }

    fn read(&self, cursor: &str) -> Option<(usize, WordPlace)> {
        let cursor = Some(cursor).filter(|cursor| cursor.len() <= MAX_CURSOR_LENGTH)?;
        let bytes = pager::cursor::decode(cursor, &self.name())?;
        let ([_, by], rest) =
            bytes.split_first_chunk().filter(|([version, _], _)| *version == CURSOR_VERSION)?;
        let (ordinal, word) = rest.split_first_chunk()?;
        let word = std::str::from_utf8(word).ok()?.to_owned();
        let by = usize::from(*by);
        self.beginnings.get(by).map(|_| (by, WordPlace { word, ordinal: i64::from_be_bytes(*ordinal) }))
    }

    /// The tenant and what is searched for.
    fn name(&self) -> String {
        let mut text = self.tenant.to_string();
        for beginning in self.beginnings {
            // No beginning has a space.
            text.extend([" ", beginning]);
        }
        text + " "
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope<'a>(tenant: u128, beginnings: &'a [&'a str]) -> Scope<'a> {
        Scope { tenant: TenantId::for_tests(tenant), beginnings }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_its_place_and_is_of_one_search(
            by in 0_usize..2, word in "\\PC{0,16}", ordinal in any::<i64>(), index in any::<prop::sample::Index>(),
        ) {
            let place = WordPlace { word, ordinal };
            let cursor = scope(1, &["ann", "smi"]).cursor(by, &place);
            prop_assert!(cursor.len() <= MAX_CURSOR_LENGTH);
            prop_assert_eq!(scope(1, &["ann", "smi"]).read(&cursor), Some((by, place)));
            prop_assert_eq!(scope(2, &["ann", "smi"]).read(&cursor), None);
            prop_assert_eq!(scope(1, &["ann", "smit"]).read(&cursor), None);
            let index = index.index(cursor.len());
            let mut altered = cursor.into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(scope(1, &["ann", "smi"]).read(&String::from_utf8(altered).unwrap()), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            prop_assert_eq!(scope(1, &["ann"]).read(&text), None);
        }
    }
}
