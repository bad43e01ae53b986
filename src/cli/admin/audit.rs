//! `userbatch audit`.

use clap::Args;

use super::AdminArgs;
use super::output::{print, table, time_or_dash};
use crate::cli::CliError;
use crate::core::id::Slug;

/// Settings of `audit`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuditArgs {
    /// Only entries about this tenant and the credentials that open it
    #[arg(long)]
    tenant: Option<Slug>,
    /// Only entries before the one with this id
    #[arg(long)]
    before: Option<i64>,
    /// Maximum number of entries, newest first
    #[arg(long, default_value = "50")]
    limit: u32,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(in crate::cli) async fn run(args: &AuditArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let acts = admin.audit(args.tenant.as_ref(), args.before, args.limit).await?;
    print(args.admin.output, &acts, |acts| {
        let head = ["ID", "AT", "WHO", "ACT", "TENANT", "SUBJECT", "DETAIL"];
        let rows = acts.iter().map(|act| {
            [
                act.id.to_string(),
                time_or_dash(Some(act.at)),
                format!("{} ({})", act.actor, act.via),
                act.act.clone(),
                act.tenant.clone().map_or_else(|| "-".to_owned(), String::from),
                act.subject.clone(),
                act.detail.to_string(),
            ]
        });
        table(head, rows)
    })
}
