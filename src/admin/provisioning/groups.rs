//! The groups of a tenant: its departments, as they are shown and listed.

use std::collections::HashMap;

use super::keys::MAX_SHARING;
use super::lists::{Placed, Purpose, Source};
use super::{Provider, ProvisionedResource, ProvisioningError};
use crate::core::id::UserId;
use crate::core::user::User;
use crate::store::{
    AdminTransaction, DepartmentKey, DepartmentPage, MembersWanted, Membership, StoredDepartment,
};
use crate::wire::read::FieldError;
use crate::wire::scim::schema::{GROUPS, ResourceType};
use crate::wire::scim::{
    Filter, Group, IndexKey, ListQuery, MAX_MEMBERS, MembersNeeded, Meta, Projection, Resource, ScimError,
};

/// One more member than a response may show, or a request change.
pub(super) const MEMBERS_READ: usize = MAX_MEMBERS + 1;

/// Maximum number of members of one group that is shown. A part of a list with several groups has [`MAX_MEMBERS`]
/// together.
const MAX_SHOWN: usize = 500_000;

/// # Errors
/// [`ScimError::TooMany`] if members were read up to the limit.
pub(super) fn check_members(read: Vec<Membership>) -> Result<Vec<Membership>, ScimError> {
    within(read, MAX_MEMBERS)
}

fn within(read: Vec<Membership>, most: usize) -> Result<Vec<Membership>, ScimError> {
    if read.len() <= most {
        return Ok(read);
    }
    let reason = format!("are more than {most}: exclude them from the response, or name those to change");
    Err(ScimError::TooMany(FieldError::new("members", reason)))
}

/// All members of one group, to be shown.
///
/// # Errors
/// [`ScimError::TooMany`] if they are too many for that, too.
pub(super) async fn all_members(
    transaction: &mut AdminTransaction,
    provider: &Provider,
    group: &str,
) -> Result<Vec<Membership>, ProvisioningError> {
    let ids = [group.to_owned()];
    let read = transaction.members(provider.tenant, &ids, MembersWanted::All, MAX_SHOWN + 1).await?;
    Ok(within(read, MAX_SHOWN)?)
}

fn meta(stored: &StoredDepartment, provider: &Provider) -> Meta {
    Meta {
        created: stored.created_at,
        last_modified: stored.updated_at,
        version: stored.version.to_string(),
        base: provider.base.clone(),
    }
}

fn group(stored: StoredDepartment, members: Vec<String>) -> Group {
    let StoredDepartment { id, name, external_id, .. } = stored;
    Group { display_name: name.unwrap_or_else(|| id.clone()), id, external_id, members }
}

/// A department with these members, as it is compared and changed.
pub(super) fn known(stored: StoredDepartment, members: Vec<String>, provider: &Provider) -> Resource {
    let meta = meta(&stored, provider);
    group(stored, members).to_resource(&meta)
}

/// A department with these members, as it is shown.
pub(super) fn shown(
    stored: StoredDepartment,
    members: Vec<String>,
    provider: &Provider,
) -> ProvisionedResource {
    let meta = meta(&stored, provider);
    let location = meta.location(&GROUPS, &stored.id);
    ProvisionedResource { of: &GROUPS, resource: group(stored, members).into_shown(&meta), meta, location }
}

/// The ids in `needed` to be looked for; `None` for all members.
pub(super) fn named(needed: &MembersNeeded) -> Option<Vec<String>> {
    match needed {
        MembersNeeded::All => None,
        MembersNeeded::Only(ids) => Some(ids.iter().cloned().collect()),
    }
}

pub(super) fn wanted(named: Option<&Vec<String>>) -> MembersWanted<'_> {
    named.map_or(MembersWanted::All, |ids| MembersWanted::Among(ids))
}

pub(super) struct Groups<'a> {
    pub(super) transaction: &'a mut AdminTransaction,
    pub(super) provider: &'a Provider,
    /// The members that filter and order depend on.
    judged: MembersNeeded,
    /// Whether members are shown.
    with_members: bool,
    /// How many groups were read last to be shown, if the next has too many members for the same part.
    cut: Option<usize>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(
        transaction: &'a mut AdminTransaction,
        provider: &'a Provider,
        query: &ListQuery,
    ) -> Self {
        let is_by_members = query.sort.is_some_and(|sort| sort.path.attribute.name == "members");
        let judged = match &query.filter {
            _ if is_by_members => MembersNeeded::All,
            Some(filter) => filter.members_needed(),
            None => MembersNeeded::default(),
        };
        Self { judged, ..Self::shown_as(transaction, provider, Some(&query.projection)) }
    }

    /// Groups that are only shown, with their members if the projection has them.
    pub(super) fn shown_as(
        transaction: &'a mut AdminTransaction,
        provider: &'a Provider,
        projection: Option<&Projection>,
    ) -> Self {
        let with_members = projection.is_some_and(|projection| projection.wants("members", &GROUPS));
        Self { transaction, provider, judged: MembersNeeded::default(), with_members, cut: None }
    }

    async fn placed(
        &mut self,
        departments: Vec<StoredDepartment>,
        purpose: Purpose,
    ) -> Result<Vec<Placed>, ProvisioningError> {
        match purpose {
            Purpose::Judging => self.judged(departments).await,
            Purpose::Showing => self.shown(departments).await,
        }
    }

    /// The groups with the members that filter and order depend on.
    async fn judged(&mut self, departments: Vec<StoredDepartment>) -> Result<Vec<Placed>, ProvisioningError> {
        let named = named(&self.judged);
        let mut members = HashMap::new();
        if named.as_ref().is_none_or(|ids| !ids.is_empty()) {
            members = by_group(check_members(self.members(&departments, named.as_ref()).await?)?);
        }
        Ok(place(departments, |department| {
            let members = members.remove(&department.id).unwrap_or_default();
            known(department, members, self.provider)
        }))
    }

    /// The groups as they are to be shown: fewer if their members would be too many together, but at least one.
    async fn shown(
        &mut self,
        mut departments: Vec<StoredDepartment>,
    ) -> Result<Vec<Placed>, ProvisioningError> {
        self.cut = None;
        let mut members = HashMap::new();
        if self.with_members {
            let mut read = self.members(&departments, None).await?;
            if read.len() > MAX_MEMBERS {
                // They are read group by group, so that all but the last one are whole.
                let last = read.pop().map(|(group, _)| group).unwrap_or_default();
                let whole = departments.iter().position(|known| known.id == last).unwrap_or_default();
                if whole == 0 {
                    read = all_members(self.transaction, self.provider, &last).await?;
                }
                departments.truncate(whole.max(1));
                self.cut = Some(departments.len());
            }
            members = by_group(read);
        }
        Ok(place(departments, |department| {
            let members = members.remove(&department.id).unwrap_or_default();
            shown(department, members, self.provider).resource
        }))
    }

    async fn members(
        &mut self,
        departments: &[StoredDepartment],
        named: Option<&Vec<String>>,
    ) -> Result<Vec<Membership>, ProvisioningError> {
        let ids: Vec<String> = departments.iter().map(|department| department.id.clone()).collect();
        Ok(self.transaction.members(self.provider.tenant, &ids, wanted(named), MEMBERS_READ).await?)
    }

    async fn with_key(&mut self, key: &DepartmentKey) -> Result<Vec<StoredDepartment>, ProvisioningError> {
        Ok(self.transaction.departments_with(self.provider.tenant, key, MAX_SHARING).await?)
    }

    /// The departments that the user is in.
    async fn of_member(&mut self, user: &str) -> Result<DepartmentKey, ProvisioningError> {
        let stored = self.transaction.user(self.provider.tenant, &UserId::new(user.to_owned())).await?;
        let Some(stored) = stored else { return Ok(DepartmentKey::Ids(Vec::new())) };
        let user: User =
            serde_json::from_value(stored.document.into()).map_err(|_| ProvisioningError::Unreadable)?;
        Ok(DepartmentKey::Ids(user.employment.department_ids))
    }
}

fn by_group(read: Vec<Membership>) -> HashMap<String, Vec<String>> {
    let mut members: HashMap<String, Vec<String>> = HashMap::new();
    for (department, user) in read {
        members.entry(department).or_default().push(user);
    }
    members
}

/// The departments in their places, each as `resource` shows it.
fn place(
    departments: Vec<StoredDepartment>,
    mut resource: impl FnMut(StoredDepartment) -> Resource,
) -> Vec<Placed> {
    let place = |department: StoredDepartment| {
        let id = department.id.clone();
        Placed { place: id.clone(), id, resource: resource(department) }
    };
    departments.into_iter().map(place).collect()
}

impl Source for Groups<'_> {
    const OF: &'static ResourceType = &GROUPS;
    const PLACED_BY: &'static str = "id";

    async fn count(&mut self) -> Result<u64, ProvisioningError> {
        Ok(self.transaction.count_departments(self.provider.tenant).await?)
    }

    async fn find(&mut self, filter: &Filter) -> Result<Option<Vec<Placed>>, ProvisioningError> {
        let mut key = None;
        for found_by in filter.index_keys() {
            key = match found_by {
                IndexKey::Id(id) => Some(DepartmentKey::Ids(vec![id])),
                IndexKey::ExternalId(id) => Some(DepartmentKey::ExternalId(id)),
                IndexKey::DisplayName(name) => Some(DepartmentKey::Name(name)),
                IndexKey::Member(user) => Some(self.of_member(&user).await?),
                IndexKey::UserName(_) | IndexKey::Email(_) => None,
            };
            if key.is_some() {
                break;
            }
        }
        let Some(key) = key else { return Ok(None) };
        let found = self.with_key(&key).await?;
        self.placed(found, Purpose::Judging).await.map(Some)
    }

    async fn after(
        &mut self,
        place: Option<&str>,
        most: u32,
        purpose: Purpose,
    ) -> Result<Vec<Placed>, ProvisioningError> {
        let page = DepartmentPage { after: place, skip: 0, most };
        let departments = self.transaction.departments(self.provider.tenant, page).await?;
        self.placed(departments, purpose).await
    }

    async fn page(&mut self, skip: u64, most: u32) -> Result<(Vec<Resource>, u64), ProvisioningError> {
        let total = self.count().await?;
        let page = DepartmentPage { after: None, skip, most };
        let departments = self.transaction.departments(self.provider.tenant, page).await?;
        let groups = self.placed(departments, Purpose::Showing).await?;
        Ok((groups.into_iter().map(|placed| placed.resource).collect(), total))
    }

    async fn load(&mut self, ids: &[String]) -> Result<Vec<Resource>, ProvisioningError> {
        let found = self.with_key(&DepartmentKey::Ids(ids.to_vec())).await?;
        let mut found: HashMap<String, StoredDepartment> =
            found.into_iter().map(|department| (department.id.clone(), department)).collect();
        let groups = self.shown(ids.iter().filter_map(|id| found.remove(id)).collect()).await?;
        if self.cut.is_some() {
            let last = groups.last().and_then(|last| ids.iter().position(|id| *id == last.id));
            self.cut = Some(last.map_or(0, |last| last + 1));
        }
        Ok(groups.into_iter().map(|placed| placed.resource).collect())
    }

    fn cut(&self) -> Option<usize> {
        self.cut
    }
}
