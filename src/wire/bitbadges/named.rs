//! The account named by an entry of a batch.

use crate::core::address::Address;
use crate::core::user::{BorrowedUser, ChainAccount};

/// The account named by an entry of a batch: a user's, whose document lives for `'d`, one known only by its address, or
/// none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NamedAccount<'a, 'd> {
    pub(super) user: Option<&'a BorrowedUser<'d>>,
    pub(super) chain: Option<&'a ChainAccount>,
    pub(super) address: Option<Address>,
}

impl<'a, 'd> NamedAccount<'a, 'd> {
    /// The account at `address`, which need not belong to a user. The user's own form of the address is shown, since
    /// it tells which chain the user prefers.
    #[must_use]
    pub fn by_address(user: Option<&'a BorrowedUser<'d>>, address: Address) -> Self {
        let mut accounts = user.into_iter().flat_map(BorrowedUser::addresses);
        let own = accounts.find(|(_, own)| own.is_account_of(&address));
        Self {
            user,
            chain: own.map(|(chain, _)| chain),
            address: Some(own.map_or(address, |(_, address)| address)),
        }
    }

    /// The first chain account of `user`, if any.
    #[must_use]
    pub fn by_user(user: Option<&'a BorrowedUser<'d>>) -> Self {
        let first = user.and_then(|user| user.addresses().next());
        Self { user, chain: first.map(|(chain, _)| chain), address: first.map(|(_, address)| address) }
    }
}
