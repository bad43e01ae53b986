//! `userbatch export`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::AdminArgs;
use crate::admin::{Administration, ExportReport};
use crate::cli::CliError;
use crate::core::id::Slug;

/// Settings of `export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Output file; - for standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(in crate::cli) async fn run(args: &ExportArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let report = if args.file.as_os_str() == "-" {
        admin.export(&args.tenant, tokio::io::stdout()).await?
    } else {
        to_file(&admin, &args.tenant, &args.file).await?
    };
    // Standard output may be the export itself.
    eprintln!(
        "exported {} users and {} timeline entries of tenant {}",
        report.users, report.entries, args.tenant
    );
    Ok(())
}

/// Writes to a temporary file and renames it once complete.
async fn to_file(admin: &Administration, tenant: &Slug, file: &Path) -> Result<ExportReport, CliError> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let fault = |what: &Path| CliError::io(what.display().to_string());
    let mut writing = tokio::fs::File::create(&partial).await.map_err(fault(&partial))?;
    let report = admin.export(tenant, &mut writing).await?;
    writing.sync_all().await.map_err(fault(&partial))?;
    tokio::fs::rename(&partial, file).await.map_err(fault(file))?;
    Ok(report)
}
