//! `userbatch export`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::fs::File;
use tokio::io::AsyncWrite;

use super::output::print;
use super::{AdminArgs, Output};
use crate::admin::{AdminError, Administration, ExportReport, StartedExport};
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
    /// Only users added or changed after this cursor, without timelines; each export prints the cursor for the next one
    #[arg(long, value_name = "CURSOR", requires = "removed")]
    since: Option<String>,
    /// File for the ids of users removed after the cursor, as lines {"removed": "ID"}
    #[arg(long, value_name = "FILE", requires = "since")]
    removed: Option<PathBuf>,
    #[command(flatten)]
    admin: AdminArgs,
}

impl ExportArgs {
    fn is_stdout(&self) -> bool {
        self.file.as_os_str() == "-"
    }
}

pub(in crate::cli) async fn run(args: &ExportArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    if args.removed.as_deref().is_some_and(|removed| is_same_file(removed, &args.file)) {
        return Err(CliError::Message("--removed must be another file than that of the users".to_owned()));
    }
    let export = export(args, &admin);
    let has_files = args.removed.is_some() || !args.is_stdout();
    // From before the first file is there, so that none is left behind.
    let exported = if has_files { unless_interrupted(export).await?? } else { export.await? };
    exported.map_or(Ok(()), |report| summarise(args, &report))
}

/// Whether both paths name one file, which need not be there yet.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let path = fs::canonicalize(path).or_else(|_| {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directory = fs::canonicalize(directory.unwrap_or(Path::new(".")))?;
            Ok::<_, std::io::Error>(path.file_name().map_or(directory.clone(), |name| directory.join(name)))
        });
        path.ok()
    };
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}

/// Exports to where the arguments say; `None` if the reader of standard output has gone, and then without the list of
/// removed users.
async fn export(args: &ExportArgs, admin: &Administration) -> Result<Option<ExportReport>, CliError> {
    let removed = args.removed.as_deref().map(OutputFile::create).transpose()?;
    let file = (!args.is_stdout()).then(|| OutputFile::create(&args.file)).transpose()?;
    let started = admin.start_export(&args.tenant, args.since.as_deref()).await?;
    let list = removed.as_ref().map(OutputFile::writer).transpose()?;
    let exported = match &file {
        Some(file) => Some(started.write(file.writer()?, list).await?),
        None => to_stdout(started, list).await?,
    };
    if exported.is_some() {
        // The list first: where the users are, it is complete too.
        for file in removed.into_iter().chain(file) {
            file.commit()?;
        }
    }
    Ok(exported)
}

/// Tells what was exported, and the cursor. Standard output may be the export itself.
fn summarise(args: &ExportArgs, report: &ExportReport) -> Result<(), CliError> {
    match args.admin.output {
        Output::Json if args.is_stdout() => note(&serde_json::to_string(report)?),
        Output::Json => print(Output::Json, report, |_| String::new())?,
        Output::Text => note(&text(args, report)),
    }
    Ok(())
}

fn text(args: &ExportArgs, report: &ExportReport) -> String {
    let ExportReport { users, entries, removed, cursor } = report;
    let tenant = &args.tenant;
    if args.since.is_some() {
        return format!(
            "exported {users} users of tenant {tenant} added or changed since, and {removed} removed\ncursor {cursor}"
        );
    }
    format!("exported {users} users and {entries} timeline entries of tenant {tenant}\ncursor {cursor}")
}

async fn to_stdout(
    export: StartedExport,
    removed: Option<impl AsyncWrite + Unpin + Send>,
) -> Result<Option<ExportReport>, CliError> {
    match export.write(tokio::io::stdout(), removed).await {
        Err(AdminError::Output(error)) => {
            unless_closed(Err(error)).map_err(CliError::io("standard output"))?;
            Ok(None)
        }
        exported => Ok(Some(exported?)),
    }
}

/// A file that appears once it is complete.
struct OutputFile<'a> {
    file: PrivateFile,
    path: &'a Path,
}

impl<'a> OutputFile<'a> {
    fn create(path: &'a Path) -> Result<Self, CliError> {
        let file = PrivateFile::create(path).map_err(CliError::io(path.display().to_string()))?;
        Ok(Self { file, path })
    }

    fn writer(&self) -> Result<File, CliError> {
        Ok(File::from_std(self.file.handle().map_err(CliError::io(self.path.display().to_string()))?))
    }

    fn commit(self) -> Result<(), CliError> {
        self.file.commit().map_err(CliError::io(self.path.display().to_string()))
    }
}
