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
    Filter, Group, IndexKey, ListQuery, MAX_MEMBERS, MembersNeeded, Meta, Resource, ScimError,
};

/// One more member than a response may show, or a request change.
pub(super) const MEMBERS_READ: usize = MAX_MEMBERS + 1;

/// # Errors
/// [`ScimError::TooMany`] if members were read up to the limit.
pub(super) fn check_members(read: Vec<Membership>) -> Result<Vec<Membership>, ScimError> {
    if read.len() <= MAX_MEMBERS {
        return Ok(read);
    }
    let reason =
        format!("are more than {MAX_MEMBERS}: exclude them from the response, or name those to change");
    Err(ScimError::TooMany(FieldError::new("members", reason)))
}

fn meta(stored: &StoredDepartment, provider: &Provider) -> Meta {
    Meta {
        created: stored.created_at,
        last_modified: stored.updated_at,
        version: stored.version.to_string(),
        base: provider.base.clone(),
    }
}

/// A department with these members, as it is shown.
pub(super) fn shown(
    stored: StoredDepartment,
    members: Vec<String>,
    provider: &Provider,
) -> ProvisionedResource {
    let meta = meta(&stored, provider);
    let StoredDepartment { id, name, external_id, .. } = stored;
    let group = Group { display_name: name.unwrap_or_else(|| id.clone()), id, external_id, members };
    let location = meta.location(&GROUPS, &group.id);
    ProvisionedResource { of: &GROUPS, resource: group.to_resource(&meta), meta, location }
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
        let with_members = query.projection.wants("members", &GROUPS);
        Self { transaction, provider, judged, with_members }
    }

    fn needed(&self, purpose: Purpose) -> MembersNeeded {
        match purpose {
            Purpose::Judging => self.judged.clone(),
            Purpose::Showing if self.with_members => MembersNeeded::All,
            Purpose::Showing => MembersNeeded::default(),
        }
    }

    async fn placed(
        &mut self,
        departments: Vec<StoredDepartment>,
        purpose: Purpose,
    ) -> Result<Vec<Placed>, ProvisioningError> {
        let named = named(&self.needed(purpose));
        let mut members: HashMap<String, Vec<String>> = HashMap::new();
        if named.as_ref().is_none_or(|ids| !ids.is_empty()) {
            let ids: Vec<String> = departments.iter().map(|department| department.id.clone()).collect();
            let read =
                self.transaction.members(self.provider.tenant, &ids, wanted(named.as_ref()), MEMBERS_READ);
            for (department, user) in check_members(read.await?)? {
                members.entry(department).or_default().push(user);
            }
        }
        let place = |department: StoredDepartment| {
            let id = department.id.clone();
            let members = members.remove(&id).unwrap_or_default();
            let resource = shown(department, members, self.provider).resource;
            Placed { place: id.clone(), id, resource }
        };
        Ok(departments.into_iter().map(place).collect())
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
        let departments = self.with_key(&DepartmentKey::Ids(ids.to_vec())).await?;
        let placed = self.placed(departments, Purpose::Showing).await?;
        let mut groups: HashMap<String, Resource> =
            placed.into_iter().map(|placed| (placed.id, placed.resource)).collect();
        Ok(ids.iter().filter_map(|id| groups.remove(id)).collect())
    }
}
