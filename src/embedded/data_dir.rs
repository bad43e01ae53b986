//! The data directory: created, locked, and owned by the account that PostgreSQL runs as.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::EmbeddedError;
use super::account::Account;

const LOCK_FILE: &str = "owner.lock";

/// A data directory, locked until dropped.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    account: Option<Account>,
    _lock: File,
}

impl DataDir {
    /// Creates the directory if missing, locks it, and makes the account that PostgreSQL runs as its owner.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        create(path)?;
        let path = fs::canonicalize(path).map_err(EmbeddedError::io("find", path))?;
        if !is_ours(&path)? {
            return Err(EmbeddedError::ForeignDirectory(path));
        }
        if !is_private(&path)? {
            return Err(EmbeddedError::NotPrivate(path));
        }
        let lock = lock(&path)?;
        let account = Account::instead_of_root(&pgdata_below(&path))?;
        let data_dir = Self { path, account, _lock: lock };
        data_dir.give(&data_dir.path)?;
        if let Some(account) = &data_dir.account {
            account.check_reach(&data_dir.path)?;
        }
        Ok(data_dir)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The cluster's directory; exists only once `initdb` has finished.
    pub(super) fn pgdata(&self) -> PathBuf {
        pgdata_below(&self.path)
    }

    pub(super) fn password_file(&self) -> PathBuf {
        self.path.join("password")
    }

    /// The account that PostgreSQL runs as, if not this process's own.
    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Makes the account that PostgreSQL runs as the owner of a file or directory.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        self.account.as_ref().map_or(Ok(()), |account| {
            lchown(path, Some(account.uid), Some(account.gid))
                .map_err(EmbeddedError::io("change the owner of", path))
        })
    }

    /// Creates a private file for reading and appending, replacing any existing one.
    pub(super) fn new_file(path: &Path) -> Result<File, EmbeddedError> {
        // Never opens an existing file: as root, that would follow a symlink planted by the account.
        remove_if_there(path)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600);
        options.open(path).map_err(EmbeddedError::io("create", path))
    }

    /// Deletes the directory, which the supervisor may already have done.
    pub(super) fn remove(&self) -> Result<(), EmbeddedError> {
        ignore_missing(fs::remove_dir_all(&self.path)).map_err(EmbeddedError::io("delete", &self.path))
    }
}

/// The cluster's directory in a data directory.
pub(super) fn pgdata_below(data_dir: &Path) -> PathBuf {
    data_dir.join("pgdata")
}

/// Deletes a file if it exists.
pub(super) fn remove_if_there(path: &Path) -> Result<(), EmbeddedError> {
    ignore_missing(fs::remove_file(path)).map_err(EmbeddedError::io("delete", path))
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Creates `path` with mode 0700; missing parents get the default mode, so that other accounts can traverse them.
fn create(path: &Path) -> Result<(), EmbeddedError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(EmbeddedError::io("create", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map_err(EmbeddedError::io("create", path)),
    }
}

/// Whether the directory is empty or has the lock file of an earlier start. Any other, such as `/tmp`, must not change
/// owner or be deleted on exit.
fn is_ours(path: &Path) -> Result<bool, EmbeddedError> {
    let mut entries = fs::read_dir(path).map_err(EmbeddedError::io("read", path))?;
    let is_file = |found: fs::Metadata| found.is_file();
    Ok(entries.next().is_none() || fs::symlink_metadata(path.join(LOCK_FILE)).is_ok_and(is_file))
}

/// Whether only this process's account, or the one that PostgreSQL runs as instead of root, can enter the directory.
/// Anyone else could replace the files in it.
fn is_private(path: &Path) -> Result<bool, EmbeddedError> {
    let metadata = fs::symlink_metadata(path).map_err(EmbeddedError::io("read", path))?;
    let own = rustix::process::geteuid();
    let is_own = metadata.uid() == own.as_raw() || (own.is_root() && Account::is_fallback(metadata.uid())?);
    Ok(is_own && metadata.mode() & 0o777 == 0o700)
}

fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let path = data_dir.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    let no_links = OFlags::NOFOLLOW.bits().cast_signed();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(no_links);
    let file = options.open(&path).map_err(EmbeddedError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(EmbeddedError::io("lock", &path)(error)),
    }
}
