//! The data directory: created, locked, and given to the account that PostgreSQL runs as.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, lchown};
use std::path::{Path, PathBuf};

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
    /// Creates the directory if it is missing, locks it, and gives it to the account that PostgreSQL runs as.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        create(path)?;
        let path = fs::canonicalize(path).map_err(EmbeddedError::io("find", path))?;
        if !is_ours(&path)? {
            return Err(EmbeddedError::ForeignDirectory(path));
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

    /// The cluster; it exists only once `initdb` has finished.
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

    /// Gives a file or directory to the account that PostgreSQL runs as.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        self.account.as_ref().map_or(Ok(()), |account| {
            lchown(path, Some(account.uid), Some(account.gid))
                .map_err(EmbeddedError::io("change the owner of", path))
        })
    }

    /// A new private file, to read and append to, in place of any older one.
    pub(super) fn new_file(path: &Path) -> Result<File, EmbeddedError> {
        // Never opens an existing file: as root this would follow a link planted by the account.
        remove_if_there(path)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600);
        options.open(path).map_err(EmbeddedError::io("create", path))
    }

    /// Deletes the directory; the supervisor may have done so already.
    pub(super) fn remove(&self) -> Result<(), EmbeddedError> {
        ignore_missing(fs::remove_dir_all(&self.path)).map_err(EmbeddedError::io("delete", &self.path))
    }
}

/// Where the cluster of a data directory is.
pub(super) fn pgdata_below(data_dir: &Path) -> PathBuf {
    data_dir.join("pgdata")
}

/// Deletes a file that need not exist.
pub(super) fn remove_if_there(path: &Path) -> Result<(), EmbeddedError> {
    ignore_missing(fs::remove_file(path)).map_err(EmbeddedError::io("delete", path))
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Creates `path` as a private directory; those above it get the usual mode, so that others may pass.
fn create(path: &Path) -> Result<(), EmbeddedError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(EmbeddedError::io("create", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map_err(EmbeddedError::io("create", path)),
    }
}

/// Whether the directory is empty or has the lock file of an earlier start. Changing the owner of any
/// other directory, such as `/tmp`, or deleting it on exit would do harm.
fn is_ours(path: &Path) -> Result<bool, EmbeddedError> {
    let mut entries = fs::read_dir(path).map_err(EmbeddedError::io("read", path))?;
    Ok(entries.next().is_none() || path.join(LOCK_FILE).is_file())
}

fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let path = data_dir.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(EmbeddedError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(EmbeddedError::io("lock", &path)(error)),
    }
}
