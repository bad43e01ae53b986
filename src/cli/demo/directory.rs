//! The demo's tenant, users and timelines, updated on every start.

use serde_json::json;

use super::{colleagues, samples, timelines};
use crate::admin::{AdminError, Administration, NewTenantOptions};
use crate::cli::CliError;
use crate::core::clock::Clock;
use crate::core::id::{CustomerPublicId, Slug, TenantPublicId, UserPoolId};
use crate::core::key::KeyKind;
use crate::core::user::merge::Extent;
use crate::core::user::{DataSource, SetBy};
use crate::store::{
    Act, Actor, Join, MergeObserver, MergeOptions, MergeReject, OwnerStore, TenantInfo, UsersWritten,
};

/// The demo's only tenant.
const SLUG: &str = "demo";

/// The demo's tenant, created on the first start.
pub(super) async fn ensure_tenant(admin: &Administration) -> Result<TenantInfo, CliError> {
    let slug = Slug::new(SLUG);
    match admin.tenant(&slug).await {
        Err(AdminError::NoTenant) => {}
        found => return Ok(found?),
    }
    let tenant = NewTenantOptions {
        name: Some("Organization ABC".to_owned()),
        customer_id: Some(CustomerPublicId::new(samples::CUSTOMER_ID)),
        tenant_id: Some(TenantPublicId::new(samples::TENANT_ID)),
        user_pool_id: Some(UserPoolId::new(samples::USER_POOL_ID)),
        ..NewTenantOptions::new(slug)
    };
    Ok(admin.create_tenant(&tenant).await?)
}

/// Merges the demo's users and timelines into its directory. Data added by the user is kept.
pub(super) async fn merge(
    owner: &OwnerStore,
    actor: &Actor,
    tenant: &TenantInfo,
    clock: &Clock,
) -> Result<(), CliError> {
    let mut merge = owner.start_merge(tenant.id).await?;
    for mut user in colleagues::users(clock.now()) {
        user.set_by = SetBy::only(DataSource::Userbatch);
        merge.push_user(&user).await?;
    }
    for entry in &timelines::entries() {
        merge.push_entry(entry).await?;
    }
    // By address too: in the directory of an earlier version a user may have another id.
    let match_by = vec![KeyKind::Email];
    let (source, extent) = (DataSource::Userbatch, Extent::Patch);
    let options = MergeOptions { match_by, source, extent, replace: None, strict: false, dry_run: false };
    let act = Act {
        act: "users.import",
        tenant: Some(&tenant.slug),
        subject: "",
        detail: json!({ "from": "demo" }),
    };
    merge.run(&options, (actor, act), &mut Unobserved).await?;
    Ok(())
}

/// Ignores rejects: they occur only if one of the demo's lookup keys was given to another user.
struct Unobserved;

impl MergeObserver for Unobserved {
    fn rejected(&mut self, _: MergeReject) {}

    fn joined(&mut self, _: &Join) {}

    fn written(&mut self, _: UsersWritten) {}
}
