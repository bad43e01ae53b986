//! `userbatch import`.

mod preview;
mod progress;
mod records;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use self::progress::ProgressDisplay;
use self::records::{Listed, RecordList};
use super::AdminArgs;
use super::output::print;
use super::values::{match_by, max_removals, source_format};
use crate::admin::{
    Administration, ImportObserver, ImportOptions, ImportReport, Mapping, MatchBy, Progress, Reject,
    SourceFormat, UnusedColumns,
};
use crate::cli::{CliError, Completion, unless_interrupted};
use crate::config::KeySettings;
use crate::core::id::Slug;
use crate::store::{Join, MaxRemovals};

/// Settings of `import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Format of the file
    #[arg(long, value_parser = source_format(), default_value = SourceFormat::default().as_str())]
    from: SourceFormat,
    /// With CSV, take this column for this field of the user, such as "Mail=contact.email"; once for each column. One
    /// must be for id
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<Mapping>,
    /// Match records to existing users by this key, besides the id; defaults to none for canonical users and all keys
    /// for any other format
    #[arg(long = "match", value_parser = match_by(), value_delimiter = ',')]
    match_by: Vec<Option<MatchBy>>,
    /// The file is all that its source has: users that it listed before and no longer lists lose what it gave them, and
    /// are deleted where no other source lists them
    #[arg(long)]
    replace: bool,
    /// With --replace, import nothing if the file lacks more than this share of the users that its source listed
    #[arg(long, value_name = "PERCENT", value_parser = max_removals, default_value = "10%", requires = "replace")]
    max_removals: MaxRemovals,
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
    /// File to list joined records in (those that match a user by another key than its id), one JSON object per line;
    /// - for standard error; defaults to the first five on standard error
    #[arg(long)]
    joins: Option<PathBuf>,
    /// File to import; - for standard input
    file: PathBuf,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

impl ImportArgs {
    fn options(&self) -> ImportOptions {
        let keys = self.match_by.iter().copied().flatten();
        ImportOptions {
            from: self.from,
            map: self.map.clone(),
            match_by: (!self.match_by.is_empty()).then(|| keys.collect()),
            replace: self.replace.then_some(self.max_removals),
            strict: self.strict,
            dry_run: self.dry_run,
        }
    }
}

/// One import, with its lists of records.
pub(in crate::cli) struct Import<'a> {
    pub(in crate::cli) tenant: &'a Slug,
    /// File to import; `-` is standard input.
    pub(in crate::cli) file: &'a Path,
    pub(in crate::cli) options: ImportOptions,
    /// Where to list rejected records, unless in the default place.
    pub(in crate::cli) rejects: Option<&'a Path>,
    /// Where to list joined records.
    pub(in crate::cli) joins: Option<&'a Path>,
}

impl Import<'_> {
    /// Imports the file; shows its progress, rejects and joins.
    pub(in crate::cli) async fn run(&self, admin: &Administration) -> Result<ImportReport, CliError> {
        let (source, bytes) = self.source()?;
        let (rejects, joins) = (self.reject_list()?, self.join_list()?);
        let mut display = ImportDisplay { rejects, joins, progress: ProgressDisplay::new(bytes) };
        let import = admin.import(self.tenant, source, &self.options, &mut display);
        let outcome = unless_interrupted(import).await;
        display.progress.clear();
        let outcome = outcome?;
        display.joins.finish(outcome.is_ok())?;
        display.rejects.finish(outcome.is_ok())?;
        Ok(outcome?)
    }

    fn is_stdin(&self) -> bool {
        is_dash(self.file)
    }

    fn reject_list(&self) -> Result<RecordList, CliError> {
        let path = match self.rejects {
            Some(file) if is_dash(file) => return Ok(RecordList::shown(Listed::Rejects)),
            Some(file) => file.to_owned(),
            // The working directory may be read-only.
            None if self.is_stdin() => return Ok(RecordList::shown(Listed::Rejects)),
            None => {
                let mut name = self.file.as_os_str().to_owned();
                name.push(".rejects.ndjson");
                name.into()
            }
        };
        RecordList::in_file(Listed::Rejects, path, self.file)
    }

    fn join_list(&self) -> Result<RecordList, CliError> {
        match self.joins {
            None => Ok(RecordList::first(Listed::Joins)),
            Some(file) if is_dash(file) => Ok(RecordList::shown(Listed::Joins)),
            Some(file) => RecordList::in_file(Listed::Joins, file.to_owned(), self.file),
        }
    }

    /// The source, and its size if it is a file.
    fn source(&self) -> Result<(Box<dyn Read + Send>, Option<u64>), CliError> {
        if self.is_stdin() {
            return Ok((Box::new(std::io::stdin()), None));
        }
        let file = File::open(self.file).map_err(CliError::io(self.file.display().to_string()))?;
        let bytes = file.metadata().ok().map(|metadata| metadata.len());
        Ok((Box::new(file), bytes))
    }
}

fn is_dash(file: &Path) -> bool {
    file.as_os_str() == "-"
}

pub(in crate::cli) async fn run(args: &ImportArgs) -> Result<Completion, CliError> {
    let import = Import {
        tenant: &args.tenant,
        file: &args.file,
        options: args.options(),
        rejects: args.rejects.as_deref(),
        joins: args.joins.as_deref(),
    };
    let report = import.run(&args.admin.knowing_erased(&args.keys)?).await?;
    print(args.admin.output, &report, text)?;
    Ok(if report.rejected == 0 { Completion::Full } else { Completion::Partial })
}

/// The counts of an import, a line each.
pub(in crate::cli) fn text(report: &ImportReport) -> String {
    let merged = &report.merged;
    let note = if merged.applied { "" } else { " (dry run: nothing was written)" };
    format!(
        "records   {}{note}\nadded     {}\nchanged   {}\nunchanged {}\nremoved   {}\njoined    {}\ntimelines {}\n\
         rejected  {}\nerased    {}\n{}",
        report.records,
        merged.added,
        merged.changed,
        merged.unchanged,
        merged.removed,
        merged.joined,
        merged.entries,
        report.rejected,
        merged.erased,
        preview::text(report)
    )
}

/// Progress, rejects and joins of a running import.
struct ImportDisplay {
    rejects: RecordList,
    joins: RecordList,
    progress: ProgressDisplay,
}

impl ImportObserver for ImportDisplay {
    fn rejected(&mut self, reject: &Reject) {
        if self.rejects.add(reject) {
            self.progress.note(&reject_line(reject));
        }
    }

    fn joined(&mut self, join: &Join) {
        if self.joins.add(join) {
            self.progress.note(&join_line(join));
        }
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.show(progress);
    }

    fn columns(&mut self, unused: &UnusedColumns) {
        for (what, columns) in [("ignored", &unused.ignored), ("mapped, but missing", &unused.missing)] {
            if !columns.is_empty() {
                self.progress.note(&format!("columns {what}: {}", columns.join(", ")));
            }
        }
    }
}

fn reject_line(reject: &Reject) -> String {
    let space = if reject.field.is_empty() { "" } else { " " };
    format!("line {}: {}{space}{}", reject.line, reject.field, reject.reason)
}

fn join_line(join: &Join) -> String {
    format!("line {}: {} joined user {} by {}", join.line, join.id, join.user, join.field)
}
