//! Rendering of accounts and their views.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::core::address::Address;
use crate::core::face::Face;
use crate::core::rendering::{Fragment, Rendering, RenderingKey};
use crate::core::user::BorrowedUser;
use crate::wire::bitbadges::{AccountResponse, NamedAccount, ShownViews};

/// Renders accounts, without views, as requested by an entry.
#[derive(Debug, Clone, Copy)]
pub struct AccountRendering {
    /// The requested address; `None` if the entry has a username.
    pub address: Option<Address>,
    /// Whether the sequence is requested.
    pub fetch_sequence: bool,
    /// Whether only what is public is shown: accounts on a chain, without what only their users see.
    pub public_only: bool,
}

impl AccountRendering {
    /// The account of `user`, or a blank one if there is none.
    ///
    /// # Errors
    /// [`serde_json::Error`] if serialization fails.
    pub fn fragment(&self, user: Option<&BorrowedUser<'_>>) -> Result<Fragment, serde_json::Error> {
        // Others are the tenant's people, but no accounts of this face.
        let user = user.filter(|user| !self.public_only || user.addresses().next().is_some());
        let account = match self.address {
            Some(address) => NamedAccount::by_address(user, address),
            None => NamedAccount::by_user(user),
        };
        let response = AccountResponse::new(&account, self.fetch_sequence, ShownViews::default());
        let response = if self.public_only { response.only_public() } else { response };
        let (json, shown) = response.to_json()?;
        let (json, splice) = (json.into_boxed_slice(), shown.start);
        let first = || user.and_then(|user| user.addresses().next()).map(|(_, address)| address);
        let account = self.address.or_else(first).map(|address| address.key());
        Ok(Fragment { json, splice, account, valid_until: None })
    }
}

impl Rendering for AccountRendering {
    fn key(&self) -> RenderingKey {
        let options = u8::from(self.fetch_sequence) | u8::from(self.public_only) << 1;
        RenderingKey { face: Face::BitBadges, options, address: self.address }
    }

    fn render(&self, user: &BorrowedUser<'_>, _now: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        self.fragment(Some(user))
    }
}

/// An account in a response, as JSON.
#[derive(Debug)]
pub enum RenderedAccount {
    /// The account without views, as cached.
    Shared(Arc<Fragment>),
    /// The account with its views.
    WithViews(Vec<u8>),
}

impl RenderedAccount {
    /// `account` with the views `shown`.
    ///
    /// # Errors
    /// [`serde_json::Error`] if serialization fails.
    pub fn with_views(account: &Fragment, shown: &ShownViews<'_>) -> Result<Self, serde_json::Error> {
        let (head, rest) = account.json.split_at(account.splice.min(account.json.len()));
        let tail = rest.get(ShownViews::default().members()?.len()..).unwrap_or_default();
        Ok(Self::WithViews([head, &shown.members()?, tail].concat()))
    }

    /// Its JSON.
    pub fn json(&self) -> &[u8] {
        match self {
            Self::Shared(fragment) => &fragment.json,
            Self::WithViews(json) => json,
        }
    }
}
