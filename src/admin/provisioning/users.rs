//! The users of a tenant, to be listed.

use std::collections::HashMap;

use super::keys::{MAX_SHARING, lookup_keys};
use super::known::Known;
use super::lists::{Placed, Purpose, Source};
use super::{Provider, ProvisioningError};
use crate::store::{AdminTransaction, PlacedUser};
use crate::wire::scim::schema::{ResourceType, USERS};
use crate::wire::scim::{Filter, Resource};

pub(super) struct Users<'a> {
    pub(super) transaction: &'a mut AdminTransaction,
    pub(super) provider: &'a Provider,
}

impl Users<'_> {
    fn placed(&self, users: Vec<PlacedUser>) -> Result<Vec<Placed>, ProvisioningError> {
        let place = |PlacedUser { place, user }| {
            let id = user.id.as_str().to_owned();
            let resource = Known::read(user, self.provider)?.resource;
            // As wide as the longest, so that the texts are in the order of the numbers.
            Ok(Placed { place: format!("{place:019}"), id, resource })
        };
        users.into_iter().map(place).collect()
    }
}

impl Source for Users<'_> {
    const OF: &'static ResourceType = &USERS;
    const PLACED_BY: &'static str = "meta.created";

    async fn count(&mut self) -> Result<u64, ProvisioningError> {
        Ok(self.transaction.user_page(self.provider.tenant, 0, 0).await?.1)
    }

    async fn find(&mut self, filter: &Filter) -> Result<Option<Vec<Placed>>, ProvisioningError> {
        let Some(keys) = lookup_keys(filter) else { return Ok(None) };
        let found = self.transaction.users_with_keys(self.provider.tenant, &keys, MAX_SHARING).await?;
        self.placed(found).map(Some)
    }

    async fn after(
        &mut self,
        place: Option<&str>,
        most: u32,
        _: Purpose,
    ) -> Result<Vec<Placed>, ProvisioningError> {
        let place = place.and_then(|place| place.parse().ok());
        let users = self.transaction.users_after(self.provider.tenant, place, most).await?;
        self.placed(users)
    }

    async fn page(&mut self, skip: u64, most: u32) -> Result<(Vec<Resource>, u64), ProvisioningError> {
        let (users, total) = self.transaction.user_page(self.provider.tenant, skip, most).await?;
        let users = users.into_iter().map(|user| Ok(Known::read(user, self.provider)?.resource));
        Ok((users.collect::<Result<_, ProvisioningError>>()?, total))
    }

    async fn load(&mut self, ids: &[String]) -> Result<Vec<Resource>, ProvisioningError> {
        let mut users = HashMap::new();
        for user in self.transaction.users_named(self.provider.tenant, ids).await? {
            users.insert(user.id.as_str().to_owned(), Known::read(user, self.provider)?.resource);
        }
        Ok(ids.iter().filter_map(|id| users.remove(id)).collect())
    }
}
