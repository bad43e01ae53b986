//! The users that a filter finds.

use super::keys::MAX_SHARING;
use super::known::Known;
use super::{Provider, ProvisioningError};
use crate::core::key::LookupKey;
use crate::store::{AdminTransaction, StoredUser};
use crate::wire::read::FieldError;
use crate::wire::scim::{Filter, Resource, ScimError};

/// Maximum number of users that are looked at for a filter that no index answers.
const MAX_EXAMINED: u64 = 10_000;
/// Number of users that are read at once for such a filter.
const READ_AT_ONCE: u32 = 250;

/// The part of the users found by a filter that was asked for, being collected.
pub(super) struct Matches<'a> {
    pub(super) filter: &'a Filter,
    pub(super) start: u64,
    pub(super) count: u32,
    pub(super) users: Vec<Resource>,
    pub(super) total: u64,
}

impl Matches<'_> {
    fn judge(&mut self, stored: StoredUser, provider: &Provider) -> Result<(), ProvisioningError> {
        let resource = Known::read(stored, provider)?.resource;
        if self.filter.matches(&resource) {
            self.total += 1;
            let is_full = u32::try_from(self.users.len()).is_ok_and(|users| users >= self.count);
            if self.total >= self.start && !is_full {
                self.users.push(resource);
            }
        }
        Ok(())
    }

    pub(super) async fn look_up(
        &mut self,
        transaction: &mut AdminTransaction,
        provider: &Provider,
        keys: &[LookupKey],
    ) -> Result<(), ProvisioningError> {
        let found = transaction.users_with_keys(provider.tenant, keys, MAX_SHARING).await?;
        found.into_iter().try_for_each(|stored| self.judge(stored, provider))
    }

    /// Looks at every user of a directory that is not too large.
    pub(super) async fn walk(
        &mut self,
        transaction: &mut AdminTransaction,
        provider: &Provider,
    ) -> Result<(), ProvisioningError> {
        let (_, users) = transaction.user_page(provider.tenant, 0, 0).await?;
        if users > MAX_EXAMINED {
            let reason = format!(
                "looks at more than {MAX_EXAMINED} users: compare id, userName, externalId or emails by eq"
            );
            return Err(ScimError::TooMany(FieldError::new("The filter", reason)).into());
        }
        let mut place = None;
        loop {
            let users = transaction.users_after(provider.tenant, place, READ_AT_ONCE).await?;
            let Some(last) = users.last() else { return Ok(()) };
            place = Some(last.place);
            users.into_iter().try_for_each(|placed| self.judge(placed.user, provider))?;
            tokio::task::yield_now().await;
        }
    }
}
