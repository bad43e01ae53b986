//! `userbatch export`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::AdminArgs;
use crate::admin::{AdminError, Administration, ExportReport};
use crate::cli::private_file::PrivateFile;
use crate::cli::terminal::{note, unless_closed};
use crate::cli::{CliError, unless_interrupted};
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
    let exported = if args.file.as_os_str() == "-" {
        to_stdout(&admin, &args.tenant).await?
    } else {
        Some(unless_interrupted(to_file(&admin, &args.tenant, &args.file)).await??)
    };
    // Standard output may be the export itself.
    if let Some(report) = exported {
        let (users, entries) = (report.users, report.entries);
        note(&format!("exported {users} users and {entries} timeline entries of tenant {}", args.tenant));
    }
    Ok(())
}

/// Nothing is reported if the reader closes the pipe first.
async fn to_stdout(admin: &Administration, tenant: &Slug) -> Result<Option<ExportReport>, CliError> {
    match admin.export(tenant, tokio::io::stdout()).await {
        Err(AdminError::Output(error)) => {
            unless_closed(Err(error)).map_err(CliError::io("standard output"))?;
            Ok(None)
        }
        exported => Ok(Some(exported?)),
    }
}

async fn to_file(admin: &Administration, tenant: &Slug, path: &Path) -> Result<ExportReport, CliError> {
    let fault = || CliError::io(path.display().to_string());
    let file = PrivateFile::create(path).map_err(fault())?;
    let writing = tokio::fs::File::from_std(file.handle().map_err(fault())?);
    let report = admin.export(tenant, writing).await?;
    file.commit().map_err(fault())?;
    Ok(report)
}
