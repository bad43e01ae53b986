//! `userbatch import`.

mod progress;
mod rejects;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::progress::ProgressDisplay;
use self::rejects::RejectsFile;
use super::AdminArgs;
use super::output::print;
use super::values::source_format;
use crate::admin::{ImportObserver, ImportOptions, ImportReport, MatchBy, Progress, Reject, SourceFormat};
use crate::cli::CliError;
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
    /// File to list rejected records in, one JSON object per line; defaults to FILE.rejects.ndjson
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

    fn rejects_file(&self) -> PathBuf {
        if let Some(file) = &self.rejects {
            return file.clone();
        }
        let mut name = if self.is_stdin() { "import".into() } else { self.file.as_os_str().to_owned() };
        name.push(".rejects.ndjson");
        name.into()
    }
}

pub(in crate::cli) async fn run(args: &ImportArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let fault = CliError::io(args.file.display().to_string());
    let (source, bytes): (Box<dyn Read + Send>, Option<u64>) = if args.is_stdin() {
        (Box::new(std::io::stdin()), None)
    } else {
        let file = File::open(&args.file).map_err(fault)?;
        let bytes = file.metadata().ok().map(|metadata| metadata.len());
        (Box::new(file), bytes)
    };
    let mut display = ImportDisplay {
        rejects: RejectsFile::new(args.rejects_file()),
        progress: ProgressDisplay::new(bytes),
    };
    let outcome = admin.import(&args.tenant, source, &args.options(), &mut display).await;
    display.progress.clear();
    display.rejects.finish()?;
    let report = outcome?;
    print(args.admin.output, &report, text)
}

fn text(report: &ImportReport) -> String {
    let merged = &report.merged;
    let note = if merged.applied { "" } else { " (dry run: nothing was written)" };
    let rejected =
        if report.rejected == 0 { String::new() } else { format!("rejected  {}\n", report.rejected) };
    format!(
        "records   {}{note}\nadded     {}\nchanged   {}\nunchanged {}\ntimelines {}\n{rejected}",
        report.records, merged.added, merged.changed, merged.unchanged, merged.entries
    )
}

/// Progress and rejects of a running import.
struct ImportDisplay {
    rejects: RejectsFile,
    progress: ProgressDisplay,
}

impl ImportObserver for ImportDisplay {
    fn rejected(&mut self, reject: &Reject) {
        self.rejects.add(reject);
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.show(progress);
    }
}
