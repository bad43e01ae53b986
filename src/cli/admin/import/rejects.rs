//! The file that lists rejected records.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use crate::admin::Reject;
use crate::cli::CliError;

/// A list of rejected records, one JSON object per line. The file is created when the first is added.
pub(super) struct RejectsFile {
    path: PathBuf,
    writing: Option<BufWriter<File>>,
    /// The first write error. It does not stop the import and is reported at the end.
    failed: Option<io::Error>,
}

impl RejectsFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, writing: None, failed: None }
    }

    pub(super) fn add(&mut self, reject: &Reject) {
        if self.failed.is_none() {
            self.failed = self.write(reject).err();
        }
    }

    fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let file = match &mut self.writing {
            Some(file) => file,
            none => none.insert(BufWriter::new(File::create(&self.path)?)),
        };
        serde_json::to_writer(&mut *file, reject)?;
        file.write_all(b"\n")
    }

    /// Closes the file and prints its path to standard error.
    ///
    /// # Errors
    /// [`CliError::Io`] if a line of it could not be written.
    pub(super) fn finish(mut self) -> Result<(), CliError> {
        if self.writing.is_some() {
            eprintln!("rejected records are listed in {}", self.path.display());
        }
        let flushed = self.writing.as_mut().map_or(Ok(()), BufWriter::flush);
        let written = self.failed.map_or(flushed, Err);
        written.map_err(CliError::io(self.path.display().to_string()))
    }
}
