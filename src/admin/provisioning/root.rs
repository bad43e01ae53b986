//! Users and groups in one list: first the users, then the groups, each in their own order, unless a sort says otherwise.

use std::collections::HashMap;

use super::cursor::Cursors;
use super::groups::Groups;
use super::lists::{Match, Placed, Purpose, Source, in_order, list, matches, part_of};
use super::users::Users;
use super::{PageStart, Provider, ProvisionedPage, ProvisioningError};
use crate::store::AdminTransaction;
use crate::wire::read::FieldError;
use crate::wire::scim::schema::{GROUPS, ResourceType, TYPES, USERS};
use crate::wire::scim::{Filter, ListQuery, Paging, Resource, RootQuery, ScimError};

/// What stands before the places and ids of each type here, so that they are in the order of the types.
const TAGS: [(&ResourceType, char); 2] = [(&USERS, '0'), (&GROUPS, '1')];

/// All resources.
pub(super) struct Root<'a> {
    pub(super) transaction: &'a mut AdminTransaction,
    pub(super) provider: &'a Provider,
    pub(super) query: &'a RootQuery,
    cut: Option<usize>,
}

fn tag(of: &ResourceType, text: &str) -> String {
    let tag = TAGS.into_iter().find(|(known, _)| *known == of).map_or('9', |(_, tag)| tag);
    format!("{tag}{text}")
}

fn tagged(of: &ResourceType, placed: Placed) -> Placed {
    Placed { place: tag(of, &placed.place), id: tag(of, &placed.id), ..placed }
}

impl<'a> Root<'a> {
    pub(super) const fn new(
        transaction: &'a mut AdminTransaction,
        provider: &'a Provider,
        query: &'a RootQuery,
    ) -> Self {
        Self { transaction, provider, query, cut: None }
    }

    /// The part of the list of all that is asked for.
    pub(super) async fn list(&mut self, cursors: &Cursors) -> Result<ProvisionedPage, ProvisioningError> {
        let paging = &self.query.paging;
        match self.query.parts.as_slice() {
            [] => Ok(nothing(paging)),
            [(of, query)] if **of == USERS => list(&mut self.users(), query, cursors).await,
            [(_, query)] => list(&mut self.groups(query), query, cursors).await,
            parts if parts.iter().all(|(_, query)| query.filter.is_none() && query.sort.is_none()) => {
                in_order(self, paging, cursors).await
            }
            parts => {
                let mut found = Vec::new();
                for (of, query) in parts {
                    let of_type = if **of == USERS {
                        matches(&mut self.users(), query).await
                    } else {
                        matches(&mut self.groups(query), query).await
                    };
                    let of_type = of_type.map_err(advise)?;
                    found.extend(of_type.into_iter().map(|found| Match {
                        place: tag(of, &found.place),
                        id: tag(of, &found.id),
                        ..found
                    }));
                }
                let sort = parts.iter().find_map(|(_, query)| query.sort);
                part_of(self, found, sort, paging, cursors).await
            }
        }
    }

    fn users(&mut self) -> Users<'_> {
        Users { transaction: self.transaction, provider: self.provider }
    }

    fn groups(&mut self, query: &ListQuery) -> Groups<'_> {
        Groups::new(self.transaction, self.provider, query)
    }

    /// All groups, as they are to be shown.
    fn all_groups(&mut self) -> Groups<'_> {
        let query = self.query.parts.iter().find(|(of, _)| **of == GROUPS).map(|(_, query)| query);
        Groups::shown_as(self.transaction, self.provider, query.map(|query| &query.projection))
    }
}

/// Tells who asks too much of both types that one may do.
fn advise(error: ProvisioningError) -> ProvisioningError {
    match error {
        ProvisioningError::Scim(ScimError::TooMany(FieldError { field, reason })) => {
            let reason = format!("{reason}, or ask for one type of resource by meta.resourceType eq");
            ScimError::TooMany(FieldError { field, reason }).into()
        }
        other => other,
    }
}

/// A list of nothing.
fn nothing(paging: &Paging) -> ProvisionedPage {
    let start = match paging {
        Paging::Index { start, .. } => PageStart::Index(*start),
        Paging::Cursor { .. } => PageStart::Cursor { next: None },
    };
    ProvisionedPage { resources: Vec::new(), start, total: 0 }
}

impl Source for Root<'_> {
    const OF: &'static ResourceType = TYPES[0];
    const PLACED_BY: &'static str = "";

    async fn count(&mut self) -> Result<u64, ProvisioningError> {
        Ok(self.users().count().await? + self.all_groups().count().await?)
    }

    async fn find(&mut self, _: &Filter) -> Result<Option<Vec<Placed>>, ProvisioningError> {
        Ok(None)
    }

    async fn after(
        &mut self,
        place: Option<&str>,
        most: u32,
        purpose: Purpose,
    ) -> Result<Vec<Placed>, ProvisioningError> {
        let of_users = place.is_none_or(|place| place.starts_with('0'));
        let place = place.and_then(|place| place.get(1..));
        let mut part = Vec::new();
        if of_users {
            let users = self.users().after(place, most, purpose).await?;
            part.extend(users.into_iter().map(|user| tagged(&USERS, user)));
        }
        let left = most.saturating_sub(u32::try_from(part.len()).unwrap_or(u32::MAX));
        if left > 0 {
            let mut all = self.all_groups();
            let groups = all.after(place.filter(|_| !of_users), left, purpose).await?;
            let cut = all.cut();
            part.extend(groups.into_iter().map(|group| tagged(&GROUPS, group)));
            self.cut = cut;
        }
        Ok(part)
    }

    async fn page(&mut self, skip: u64, most: u32) -> Result<(Vec<Resource>, u64), ProvisioningError> {
        let (mut resources, users) = self.users().page(skip, most).await?;
        let left = most.saturating_sub(u32::try_from(resources.len()).unwrap_or(u32::MAX));
        let (groups, total) = self.all_groups().page(skip.saturating_sub(users), left).await?;
        resources.extend(groups);
        Ok((resources, users + total))
    }

    async fn load(&mut self, ids: &[String]) -> Result<Vec<Resource>, ProvisioningError> {
        let of_type = |tag: char| -> Vec<String> {
            ids.iter().filter_map(|id| id.strip_prefix(tag).map(str::to_owned)).collect()
        };
        let users = self.users().load(&of_type('0')).await?;
        let wanted = of_type('1');
        let mut all = self.all_groups();
        let groups = all.load(&wanted).await?;
        let left_out = all.cut().and_then(|read| wanted.get(read).map(|id| tag(&GROUPS, id)));
        self.cut = left_out.and_then(|id| ids.iter().position(|known| *known == id));
        let read = self.cut.unwrap_or(ids.len());
        let mut found: HashMap<String, Resource> = HashMap::new();
        for (of, resources) in [(&USERS, users), (&GROUPS, groups)] {
            for resource in resources {
                found.insert(tag(of, resource.text(&["id"]).unwrap_or_default()), resource);
            }
        }
        Ok(ids.iter().take(read).filter_map(|id| found.remove(id)).collect())
    }

    fn cut(&self) -> Option<usize> {
        self.cut
    }
}
