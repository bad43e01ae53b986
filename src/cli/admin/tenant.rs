//! `userbatch tenant`.

use std::io::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{print, table, time_or_dash};
use super::{AdminArgs, Output};
use crate::admin::{NewTenantOptions, SettingsChange, TenantChange};
use crate::cli::CliError;
use crate::core::id::{CustomerPublicId, Slug, TenantPublicId, UserPoolId};
use crate::store::TenantInfo;

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TenantCommand {
    /// Make a tenant, and its customer if there is none of that id
    Create(CreateArgs),
    /// List the tenants
    List(ListArgs),
    /// Change a tenant's settings
    Set(SetArgs),
    /// Make every API answer as if the tenant were absent
    Suspend(SlugArgs),
    /// End a suspension
    Resume(SlugArgs),
    /// Delete a tenant with its users and credentials
    Delete(DeleteArgs),
}

/// Settings of `tenant create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CreateArgs {
    /// Name in commands and metrics: lower-case letters, digits and dashes
    #[arg(long)]
    slug: Slug,
    /// Name for people; the slug if it is not given
    #[arg(long)]
    name: Option<String>,
    /// Who runs the customer
    #[arg(long, default_value = "default")]
    partner: String,
    /// customerId in AvePoint paths; a new one if it is not given
    #[arg(long)]
    customer_id: Option<CustomerPublicId>,
    /// tenantId in AvePoint paths; a new one if it is not given
    #[arg(long)]
    tenant_id: Option<TenantPublicId>,
    /// GenAuth user pool id; a new one if it is not given
    #[arg(long)]
    user_pool_id: Option<UserPoolId>,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

/// What a tenant sets for itself.
#[derive(Debug, Args)]
struct SettingArgs {
    /// Origin (scheme and host) whose pages may call with credentials; may be given again
    #[arg(long = "cors-origin")]
    cors_origins: Vec<String>,
    /// Requests a second over all credentials of the tenant, such as 100/s; 0 for the gateway's default
    #[arg(long, value_parser = super::credential::parse_rate)]
    rate_limit: Option<u32>,
    /// The most users that one request may name or one page may hold; 0 for each API's own maximum, above which it
    /// has no effect
    #[arg(long)]
    batch_limit: Option<u32>,
}

/// Settings of `tenant list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `tenant set`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetArgs {
    /// The tenant
    slug: Slug,
    /// Let no origin's pages call with credentials
    #[arg(long, conflicts_with = "cors_origins")]
    no_cors_origins: bool,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `tenant suspend` and `tenant resume`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SlugArgs {
    /// The tenant
    slug: Slug,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `tenant delete`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeleteArgs {
    /// The tenant
    slug: Slug,
    /// The slug again, as the confirmation; asked for if it is not given
    #[arg(long)]
    confirm: Option<String>,
    #[command(flatten)]
    admin: AdminArgs,
}

impl SettingArgs {
    fn change(self, no_origins: bool) -> SettingsChange {
        SettingsChange {
            cors_origins: (no_origins || !self.cors_origins.is_empty()).then_some(self.cors_origins),
            rate_limit: self.rate_limit,
            batch_limit: self.batch_limit,
        }
    }
}

impl TenantCommand {
    pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
        match self {
            Self::Create(args) => create(args).await,
            Self::List(args) => {
                let tenants = args.admin.administration()?.tenants().await?;
                print(args.admin.output, &tenants, |tenants| text(tenants))
            }
            Self::Set(args) => {
                let settings = args.settings.change(args.no_cors_origins);
                change(&args.admin, &args.slug, &settings.into()).await
            }
            Self::Suspend(args) => change(&args.admin, &args.slug, &TenantChange::suspension(true)).await,
            Self::Resume(args) => change(&args.admin, &args.slug, &TenantChange::suspension(false)).await,
            Self::Delete(args) => delete(&args).await,
        }
    }
}

async fn create(args: CreateArgs) -> Result<(), CliError> {
    let options = NewTenantOptions {
        slug: args.slug,
        name: args.name,
        partner: Some(args.partner),
        customer_id: args.customer_id,
        tenant_id: args.tenant_id,
        user_pool_id: args.user_pool_id,
        settings: args.settings.change(false),
    };
    let tenant = args.admin.administration()?.create_tenant(&options).await?;
    show(args.admin.output, &tenant)
}

async fn change(args: &AdminArgs, slug: &Slug, change: &TenantChange) -> Result<(), CliError> {
    show(args.output, &args.administration()?.change_tenant(slug, change).await?)
}

async fn delete(args: &DeleteArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let confirmation = match &args.confirm {
        Some(confirmation) => confirmation.clone(),
        None => ask(&args.slug)?,
    };
    admin.delete_tenant(&args.slug, &confirmation).await?;
    print(args.admin.output, &json!({ "deleted": args.slug }), |_| format!("deleted {}\n", args.slug))
}

fn ask(slug: &Slug) -> Result<String, CliError> {
    let mut answer = String::new();
    eprint!("This deletes {slug} with all its users and credentials. Type its slug again: ");
    let asked = std::io::stderr().flush();
    asked.and_then(|()| std::io::stdin().read_line(&mut answer)).map_err(CliError::io("the confirmation"))?;
    Ok(answer.trim().to_owned())
}

fn show(output: Output, tenant: &TenantInfo) -> Result<(), CliError> {
    print(output, tenant, |tenant| text(std::slice::from_ref(tenant)))
}

fn text(tenants: &[TenantInfo]) -> String {
    let head = ["SLUG", "NAME", "PARTNER", "CUSTOMER ID", "TENANT ID", "USER POOL ID", "SUSPENDED"];
    let rows = tenants.iter().map(|tenant| {
        [
            tenant.slug.to_string(),
            tenant.name.clone(),
            tenant.partner.clone(),
            tenant.customer_id.to_string(),
            tenant.tenant_id.to_string(),
            tenant.user_pool_id.to_string(),
            time_or_dash(tenant.suspended_at),
        ]
    });
    table(head, rows)
}
