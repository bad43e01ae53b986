//! `userbatch import`.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Read, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::AdminArgs;
use super::output::print;
use crate::admin::{ImportObserver, ImportOptions, ImportReport, MatchBy, Progress, Reject, SourceFormat};
use crate::cli::CliError;

/// What the file holds.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Canonical users, one a line, as `export` writes them
    Userbatch,
    /// Saved answers of AvePoint Elements
    Avepoint,
    /// Saved answers of GenAuth
    Genauth,
    /// Saved answers of BitBadges
    Bitbadges,
}

/// By what a record finds its user, besides its id.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Match {
    /// By nothing
    None,
    /// By its e-mail address
    Email,
    /// By its id in the company's own systems
    ExternalId,
    /// By its chain account
    Address,
}

/// Settings of `import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The tenant
    #[arg(long)]
    tenant: String,
    /// What the file holds
    #[arg(long, value_enum, default_value = "userbatch")]
    from: Format,
    /// By what a record finds its user, besides its id; a vendor's records by all, canonical ones by none if it is
    /// not given
    #[arg(long = "match", value_enum, value_delimiter = ',')]
    match_by: Vec<Match>,
    /// Import nothing if any record is rejected
    #[arg(long)]
    strict: bool,
    /// Import nothing; tell what would happen
    #[arg(long)]
    dry_run: bool,
    /// Where rejected records are listed, one JSON object a line; FILE.rejects.ndjson if it is not given
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// File to import; - for the standard input
    file: PathBuf,
    #[command(flatten)]
    admin: AdminArgs,
}

impl ImportArgs {
    fn options(&self) -> ImportOptions {
        let from = match self.from {
            Format::Userbatch => SourceFormat::Userbatch,
            Format::Avepoint => SourceFormat::AvePoint,
            Format::Genauth => SourceFormat::GenAuth,
            Format::Bitbadges => SourceFormat::BitBadges,
        };
        let kinds = self.match_by.iter().filter_map(|kind| match kind {
            Match::None => None,
            Match::Email => Some(MatchBy::Email),
            Match::ExternalId => Some(MatchBy::ExternalId),
            Match::Address => Some(MatchBy::Address),
        });
        ImportOptions {
            from,
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
    let mut watcher = Watcher::new(args.rejects_file(), bytes);
    let outcome = admin.import(&args.tenant, source, &args.options(), &mut watcher).await;
    watcher.finish()?;
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

/// Progress is shown this often.
const REFRESH: Duration = Duration::from_millis(200);

/// Lists rejects in a file, and shows progress on a terminal.
struct Watcher {
    rejects: PathBuf,
    writing: Option<BufWriter<File>>,
    fault: Option<std::io::Error>,
    bytes: Option<u64>,
    shown: Option<Instant>,
    is_terminal: bool,
}

impl Watcher {
    fn new(rejects: PathBuf, bytes: Option<u64>) -> Self {
        Self {
            rejects,
            writing: None,
            fault: None,
            bytes,
            shown: None,
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    fn write(&mut self, reject: &Reject) -> std::io::Result<()> {
        let file = match &mut self.writing {
            Some(file) => file,
            none => none.insert(BufWriter::new(File::create(&self.rejects)?)),
        };
        serde_json::to_writer(&mut *file, reject)?;
        file.write_all(b"\n")
    }

    /// # Errors
    /// If the rejects could not be written.
    fn finish(mut self) -> Result<(), CliError> {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
        if self.writing.is_some() {
            eprintln!("rejected records are listed in {}", self.rejects.display());
        }
        let flushed = self.writing.as_mut().map_or(Ok(()), BufWriter::flush);
        let written = self.fault.map_or(flushed, Err);
        written.map_err(CliError::io(self.rejects.display().to_string()))
    }
}

impl ImportObserver for Watcher {
    fn rejected(&mut self, reject: &Reject) {
        if self.fault.is_none() {
            self.fault = self.write(reject).err();
        }
    }

    fn progress(&mut self, progress: Progress) {
        let is_due =
            self.shown.is_none_or(|shown| shown.elapsed() >= REFRESH) || progress == Progress::Merging;
        if !self.is_terminal || !is_due {
            return;
        }
        self.shown = Some(Instant::now());
        let line = match progress {
            Progress::Reading { records, bytes } => match self.bytes.filter(|&all| all > 0) {
                Some(all) => format!("reading  {} {records} records", bar(bytes, all)),
                None => format!("reading  {records} records, {} MiB", bytes >> 20),
            },
            Progress::Merging => "merging".to_owned(),
            Progress::Writing(written) => {
                let (done, of) = (written.done.unsigned_abs(), written.of.unsigned_abs());
                format!("writing  {} {done} of {of} records", bar(done, of))
            }
        };
        eprint!("\r\x1b[K{line}");
    }
}

/// A bar of 30 characters and the per cent.
fn bar(done: u64, of: u64) -> String {
    const WIDTH: usize = 30;
    let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100).min(100);
    let filled = usize::try_from(percent).unwrap_or(100) * WIDTH / 100;
    format!("[{:<WIDTH$}] {percent:3} %", "=".repeat(filled))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_full_at_the_end_and_never_fuller() {
        assert_eq!(bar(0, 10), format!("[{}]   0 %", " ".repeat(30)));
        assert_eq!(bar(10, 10), format!("[{}] 100 %", "=".repeat(30)));
        assert_eq!(bar(20, 10), bar(10, 10));
        assert_eq!(bar(0, 0), bar(10, 10));
    }
}
