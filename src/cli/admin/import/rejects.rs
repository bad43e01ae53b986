//! Lists rejected records: in a file, and the first of them on standard error.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::admin::Reject;
use crate::cli::CliError;
use crate::cli::private_file::PrivateFile;
use crate::cli::terminal::note;
use crate::core::text::visible_json;

/// Rejected records shown on standard error if a file lists them all.
const SHOWN: u64 = 5;

/// The list of rejected records.
pub(super) struct RejectList {
    file: Option<RejectsFile>,
    count: u64,
}

/// One JSON object per line.
struct RejectsFile {
    path: PathBuf,
    writing: BufWriter<PrivateFile>,
    /// The first write error. It does not stop the import and is reported at the end.
    failed: Option<io::Error>,
}

impl RejectList {
    /// A list on standard error alone.
    pub(super) const fn shown() -> Self {
        Self { file: None, count: 0 }
    }

    /// A list in the file at `path`, which is opened now, so that the import does not start if it cannot be written.
    ///
    /// # Errors
    /// [`CliError`] if it cannot be created, or would replace the imported file, `source`.
    pub(super) fn in_file(path: PathBuf, source: &Path) -> Result<Self, CliError> {
        let file = PrivateFile::create(&path).map_err(|error| {
            let path = path.display();
            CliError::Message(format!(
                "the rejects file {path} cannot be created: {error}; nothing was imported; choose another file with \
                 --rejects, or - for standard error"
            ))
        })?;
        if file.replaces(source) {
            return Err(CliError::Message(
                "--rejects is the file to import; choose another file; nothing was imported".to_owned(),
            ));
        }
        let file = RejectsFile { path, writing: BufWriter::new(file), failed: None };
        Ok(Self { file: Some(file), count: 0 })
    }

    /// Adds a record. Returns the line to show, if it is to be shown.
    pub(super) fn add(&mut self, reject: &Reject) -> Option<String> {
        self.count += 1;
        if let Some(file) = &mut self.file {
            file.add(reject);
        }
        (self.file.is_none() || self.count <= SHOWN).then(|| line_of(reject))
    }

    /// Completes the list. If the import has `succeeded` without rejects, the file of an earlier run is removed.
    ///
    /// # Errors
    /// [`CliError::Io`] if the file could not be written.
    pub(super) fn finish(self, succeeded: bool) -> Result<(), CliError> {
        let Some(file) = self.file else { return Ok(()) };
        if self.count > SHOWN {
            note(&format!("… and {} more", self.count - SHOWN));
        }
        let path = file.path.display().to_string();
        let finished = match self.count {
            0 if succeeded => file.withdraw(),
            0 => Ok(()),
            _ => file.commit(),
        };
        finished.map_err(CliError::io(&path))?;
        if self.count > 0 {
            note(&format!("rejected records are listed in {path}"));
        }
        Ok(())
    }
}

impl RejectsFile {
    fn add(&mut self, reject: &Reject) {
        if self.failed.is_none() {
            self.failed = self.write(reject).err();
        }
    }

    fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let line = visible_json(serde_json::to_string(reject)?);
        self.writing.write_all(line.as_bytes())?;
        self.writing.write_all(b"\n")
    }

    fn commit(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)?;
        self.writing.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
    }

    fn withdraw(self) -> io::Result<()> {
        self.writing.into_inner().map_err(io::IntoInnerError::into_error)?.withdraw()
    }
}

fn line_of(reject: &Reject) -> String {
    let space = if reject.field.is_empty() { "" } else { " " };
    format!("line {}: {}{space}{}", reject.line, reject.field, reject.reason)
}
