//! Lists records of an import: in a file, and the first of them on standard error.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::CliError;
use crate::cli::private_file::PrivateFile;
use crate::cli::terminal::note;
use crate::core::text::visible_json;

/// Records shown on standard error if the others are in a file, or nowhere.
const SHOWN: u64 = 5;

/// What a list contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// Rejected records.
    Rejects,
    /// Records that joined a user by another key than its id.
    Joins,
}

impl Listed {
    /// The option that names the list's file.
    const fn option(self) -> &'static str {
        match self {
            Self::Rejects => "--rejects",
            Self::Joins => "--joins",
        }
    }

    const fn plural(self) -> &'static str {
        match self {
            Self::Rejects => "rejected records",
            Self::Joins => "joined records",
        }
    }
}

/// A list of records.
pub(super) struct RecordList {
    listed: Listed,
    file: Option<ListFile>,
    /// Maximum number of records shown on standard error.
    shown: u64,
    count: u64,
}

/// One JSON object per line.
struct ListFile {
    path: PathBuf,
    writing: BufWriter<PrivateFile>,
    /// The first write error. It does not stop the import and is reported at the end.
    failed: Option<io::Error>,
}

impl RecordList {
    /// A list on standard error alone.
    pub(super) const fn shown(listed: Listed) -> Self {
        Self { listed, file: None, shown: u64::MAX, count: 0 }
    }

    /// The first records on standard error, and no list of the others.
    pub(super) const fn first(listed: Listed) -> Self {
        Self { listed, file: None, shown: SHOWN, count: 0 }
    }

    /// A list in the file at `path`, which is opened now, so that the import does not start if it cannot be written.
    ///
    /// # Errors
    /// [`CliError`] if it cannot be created, or would replace the imported file, `source`.
    pub(super) fn in_file(listed: Listed, path: PathBuf, source: &Path) -> Result<Self, CliError> {
        let option = listed.option();
        let file = PrivateFile::create(&path).map_err(|error| {
            let (path, option_name) = (path.display(), option.trim_start_matches('-'));
            CliError::Message(format!(
                "the {option_name} file {path} cannot be created: {error}; nothing was imported; choose another file \
                 with {option}, or - for standard error"
            ))
        })?;
        if file.replaces(source) {
            return Err(CliError::Message(format!(
                "{option} is the file to import; choose another file; nothing was imported"
            )));
        }
        let file = ListFile { path, writing: BufWriter::new(file), failed: None };
        Ok(Self { listed, file: Some(file), shown: SHOWN, count: 0 })
    }

    /// Adds a record. Returns whether it is to be shown.
    pub(super) fn add(&mut self, record: &impl Serialize) -> bool {
        self.count += 1;
        if let Some(file) = &mut self.file {
            file.add(record);
        }
        self.count <= self.shown
    }

    /// Completes the list. If the import has `succeeded` without such records, the file of an earlier run is removed.
    ///
    /// # Errors
    /// [`CliError::Io`] if the file could not be written.
    pub(super) fn finish(self, succeeded: bool) -> Result<(), CliError> {
        let hidden = self.count.saturating_sub(self.shown);
        match self.file {
            None if hidden > 0 => {
                note(&format!("… and {hidden} more; {} FILE lists them all", self.listed.option()));
            }
            Some(_) if hidden > 0 => note(&format!("… and {hidden} more")),
            None | Some(_) => {}
        }
        let Some(file) = self.file else { return Ok(()) };
        let path = file.path.display().to_string();
        let finished = match self.count {
            0 if succeeded => file.withdraw(),
            0 => Ok(()),
            _ => file.commit(),
        };
        finished.map_err(CliError::io(&path))?;
        if self.count > 0 {
            note(&format!("{} are listed in {path}", self.listed.plural()));
        }
        Ok(())
    }
}

impl ListFile {
    fn add(&mut self, record: &impl Serialize) {
        if self.failed.is_none() {
            self.failed = self.write(record).err();
        }
    }

    fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
        let line = visible_json(serde_json::to_string(record)?);
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
