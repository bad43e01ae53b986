//! Files with personal data or secrets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::core::clock::Clock;

/// A file that only its owner can read and that appears under its name once it is complete: it is written under a
/// temporary name beside it, then renamed. Dropping it leaves nothing behind, and any earlier file as it was.
///
/// A device or pipe, such as `/dev/stdout`, is written directly.
#[derive(Debug)]
pub(super) struct PrivateFile {
    file: File,
    path: PathBuf,
    partial: Option<PathBuf>,
}

impl PrivateFile {
    /// Opens a file that is to appear at `path`.
    ///
    /// # Errors
    /// If it cannot be created there.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let path = match fs::metadata(path) {
            Ok(found) if found.is_file() => fs::canonicalize(path)?,
            Ok(_) => return Self::existing(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        Self::replace(&path)
    }

    /// Opens a file that is to appear at exactly `path`, in place of whatever is there: a link is not followed.
    ///
    /// # Errors
    /// If it cannot be created there.
    pub(super) fn replace(path: &Path) -> io::Result<Self> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".partial-{}", Clock::system().new_id().simple()));
        let partial = PathBuf::from(partial);
        // Never an existing file, nor the target of a link.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        Ok(Self { file, path: path.to_owned(), partial: Some(partial) })
    }

    fn existing(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(path)?;
        Ok(Self { file, path: path.to_owned(), partial: None })
    }

    /// Whether this is to replace the file at `other`.
    pub(super) fn replaces(&self, other: &Path) -> bool {
        fs::canonicalize(other).is_ok_and(|other| other == self.path)
    }

    /// Another handle, for writing with tokio.
    pub(super) fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Makes the complete file appear under its name.
    pub(super) fn commit(mut self) -> io::Result<()> {
        if let Some(partial) = self.partial.take() {
            let renamed = self.file.sync_all().and_then(|()| fs::rename(&partial, &self.path));
            if renamed.is_err() {
                self.partial = Some(partial);
            }
            return renamed;
        }
        Ok(())
    }

    /// Removes the file of an earlier run instead of replacing it.
    pub(super) fn withdraw(self) -> io::Result<()> {
        if self.partial.is_none() {
            return Ok(());
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The text of a file, unless there is none. A link is not followed.
///
/// # Errors
/// If it cannot be read, or is a link.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    let no_links = OFlags::NOFOLLOW.bits().cast_signed();
    match OpenOptions::new().read(true).custom_flags(no_links).open(path) {
        Ok(file) => io::read_to_string(file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            let _ = fs::remove_file(partial);
        }
    }
}
