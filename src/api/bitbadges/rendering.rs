//! An account as this face writes it, and the views that are put into it.

use time::OffsetDateTime;

use super::dto::account::{Account, AccountViews, Holder};
use super::dto::view::{Documents, Views};
use crate::core::address::Address;
use crate::core::face::Face;
use crate::core::rendering::{Fragment, Rendering, RenderingKey};
use crate::core::user::User;

/// Writes accounts, without views, as one entry of a request asks for them.
#[derive(Debug, Clone, Copy)]
pub struct AccountRendering {
    /// The address that the entry names; `None` if it names a user.
    pub address: Option<Address>,
    /// Whether the sequence is asked for.
    pub fetch_sequence: bool,
}

impl AccountRendering {
    /// The account of whom the entry names, who may be nobody known.
    ///
    /// # Errors
    /// [`serde_json::Error`] if it cannot be written.
    pub fn fragment(&self, user: Option<&User>) -> Result<Fragment, serde_json::Error> {
        let holder =
            self.address.map_or_else(|| Holder::of_user(user), |address| Holder::of_address(user, address));
        let account = Account::new(&holder, self.fetch_sequence, Views::default(), Documents::default());
        let json = serde_json::to_vec(&account)?.into_boxed_slice();
        let empty = empty_views()?;
        // Behind the views there are only addresses: no text of a user's can look like them there.
        let splice = json.windows(empty.len()).rposition(|part| part == empty).unwrap_or_default();
        let first = || user.and_then(|user| user.addresses().next()).map(|(_, address)| address);
        let account = self.address.or_else(first).map(|address| address.key());
        Ok(Fragment { json, splice, account, valid_until: None })
    }
}

impl Rendering for AccountRendering {
    fn key(&self) -> RenderingKey {
        let options = u8::from(self.fetch_sequence);
        RenderingKey { face: Face::BitBadges, options, address: self.address }
    }

    fn render(&self, user: &User, _now: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        self.fragment(Some(user))
    }
}

/// An account's members with `views` in their place.
///
/// # Errors
/// [`serde_json::Error`] if the views cannot be written.
pub fn with_views(account: &Fragment, views: &AccountViews) -> Result<Vec<u8>, serde_json::Error> {
    let (head, rest) = account.json.split_at(account.splice.min(account.json.len()));
    let tail = rest.get(empty_views()?.len()..).unwrap_or_default();
    Ok([head, &views.members()?, tail].concat())
}

/// The members that views take the place of.
fn empty_views() -> Result<Vec<u8>, serde_json::Error> {
    AccountViews::new(Views::default(), Documents::default()).members()
}
