//! `userbatch import`.

mod progress;
mod rejects;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::progress::ProgressDisplay;
use self::rejects::RejectList;
use super::AdminArgs;
use super::output::print;
use super::values::source_format;
use crate::admin::{ImportObserver, ImportOptions, ImportReport, MatchBy, Progress, Reject, SourceFormat};
use crate::cli::{CliError, Completion, unless_interrupted};
use crate::core::id::Slug;

/// Lookup key that matches a record to an existing user, besides its id.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Match {
    /// Nothing
    None,
    /// E-mail address
    Email,
    /// Id in the company's own systems
    ExternalId,
    /// Chain account
    Address,
}

/// Settings of `import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Format of the file
    #[arg(long, value_parser = source_format(), default_value = SourceFormat::default().as_str())]
    from: SourceFormat,
    /// Match records to existing users by this key, besides the id; defaults to all keys for vendor formats and none
    /// for canonical users
    #[arg(long = "match", value_enum, value_delimiter = ',')]
    match_by: Vec<Match>,
    /// Import nothing if any record is rejected
    #[arg(long)]
    strict: bool,
    /// Import nothing; report what would change
    #[arg(long)]
    dry_run: bool,
    /// File to list rejected records in, one JSON object per line; - for standard error; defaults to
    /// FILE.rejects.ndjson, or standard error if FILE is -
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// File to import; - for standard input
    file: PathBuf,
    #[command(flatten)]
    admin: AdminArgs,
}

impl ImportArgs {
    fn options(&self) -> ImportOptions {
        let kinds = self.match_by.iter().filter_map(|kind| match kind {
            Match::None => None,
            Match::Email => Some(MatchBy::Email),
            Match::ExternalId => Some(MatchBy::ExternalId),
            Match::Address => Some(MatchBy::Address),
        });
        ImportOptions {
            from: self.from,
            match_by: (!self.match_by.is_empty()).then(|| kinds.collect()),
            strict: self.strict,
            dry_run: self.dry_run,
        }
    }

    fn is_stdin(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    fn reject_list(&self) -> Result<RejectList, CliError> {
        let path = match &self.rejects {
            Some(file) if file.as_os_str() == "-" => return Ok(RejectList::shown()),
            Some(file) => file.clone(),
            // The working directory may be read-only.
            None if self.is_stdin() => return Ok(RejectList::shown()),
            None => {
                let mut name = self.file.as_os_str().to_owned();
                name.push(".rejects.ndjson");
                name.into()
            }
        };
        RejectList::in_file(path, &self.file)
    }

    /// The source, and its size if it is a file.
    fn source(&self) -> Result<(Box<dyn Read + Send>, Option<u64>), CliError> {
        if self.is_stdin() {
            return Ok((Box::new(std::io::stdin()), None));
        }
        let file = File::open(&self.file).map_err(CliError::io(self.file.display().to_string()))?;
        let bytes = file.metadata().ok().map(|metadata| metadata.len());
        Ok((Box::new(file), bytes))
    }
}

pub(in crate::cli) async fn run(args: &ImportArgs) -> Result<Completion, CliError> {
    let admin = args.admin.administration()?;
    let (source, bytes) = args.source()?;
    let mut display = ImportDisplay { rejects: args.reject_list()?, progress: ProgressDisplay::new(bytes) };
    let options = args.options();
    let import = admin.import(&args.tenant, source, &options, &mut display);
    let outcome = unless_interrupted(import).await;
    display.progress.clear();
    let outcome = outcome?;
    display.rejects.finish(outcome.is_ok())?;
    let report = outcome?;
    print(args.admin.output, &report, text)?;
    Ok(if report.rejected == 0 { Completion::Full } else { Completion::Partial })
}

fn text(report: &ImportReport) -> String {
    let merged = &report.merged;
    let note = if merged.applied { "" } else { " (dry run: nothing was written)" };
    format!(
        "records   {}{note}\nadded     {}\nchanged   {}\nunchanged {}\ntimelines {}\nrejected  {}\n",
        report.records, merged.added, merged.changed, merged.unchanged, merged.entries, report.rejected
    )
}

/// Progress and rejects of a running import.
struct ImportDisplay {
    rejects: RejectList,
    progress: ProgressDisplay,
}

impl ImportObserver for ImportDisplay {
    fn rejected(&mut self, reject: &Reject) {
        if let Some(line) = self.rejects.add(reject) {
            self.progress.note(&line);
        }
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.show(progress);
    }
}
