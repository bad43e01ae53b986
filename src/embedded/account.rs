//! The account that PostgreSQL runs as, and starting its programs.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use super::EmbeddedError;

/// Accounts to use instead of root, in order of preference.
const FALLBACKS: [&str; 2] = ["postgres", "nobody"];
/// The only variables passed to PostgreSQL's programs: others may hold secrets or `PG*` settings.
const KEPT_VARIABLES: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"];

/// An unprivileged account of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account to run PostgreSQL as: `None` (this process's own) unless that is root, otherwise the owner of the
    /// cluster at `pgdata`, or the first existing account of [`FALLBACKS`].
    pub(super) fn instead_of_root(pgdata: &Path) -> Result<Option<Self>, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        if let Some(owner) = Self::owner_of(pgdata) {
            return Ok(Some(owner));
        }
        let text = passwd()?;
        FALLBACKS.iter().find_map(|name| Self::parse(&text, name)).ok_or(EmbeddedError::NoAccount).map(Some)
    }

    /// Whether `uid` is one of [`FALLBACKS`].
    pub(super) fn is_fallback(uid: u32) -> Result<bool, EmbeddedError> {
        let text = passwd()?;
        let mut known = FALLBACKS.iter().filter_map(|name| Self::parse(&text, name));
        Ok(known.any(|account| account.uid == uid))
    }

    fn owner_of(pgdata: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(pgdata).ok()?;
        (metadata.uid() != 0).then(|| Self {
            name: format!("with the user id {}", metadata.uid()),
            uid: metadata.uid(),
            gid: metadata.gid(),
        })
    }

    /// The account `name` in a passwd(5) file.
    fn parse(passwd: &str, name: &str) -> Option<Self> {
        let mut fields = passwd
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        let uid = parse_id(fields.nth(1)?)?;
        let gid = parse_id(fields.next()?)?;
        (uid != 0).then(|| Self { name: name.to_owned(), uid, gid })
    }

    /// Whether the permission bits allow this account to enter `directory`.
    fn may_enter(&self, directory: &Path) -> bool {
        let Ok(metadata) = fs::metadata(directory) else {
            return false;
        };
        let search_bit = match metadata {
            ref m if m.uid() == self.uid => 0o100,
            ref m if m.gid() == self.gid => 0o010,
            _ => 0o001,
        };
        metadata.mode() & search_bit != 0
    }

    /// Fails with the topmost ancestor of `path` that this account cannot enter.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), EmbeddedError> {
        let mut ancestors: Vec<&Path> = path.ancestors().collect();
        ancestors.reverse();
        ancestors.into_iter().find(|directory| !self.may_enter(directory)).map_or(Ok(()), |closed| {
            Err(EmbeddedError::Unreachable { directory: closed.to_owned(), account: self.name.clone() })
        })
    }
}

fn passwd() -> Result<String, EmbeddedError> {
    let passwd = Path::new("/etc/passwd");
    fs::read_to_string(passwd).map_err(EmbeddedError::io("read", passwd))
}

/// A user or group id; macOS writes `nobody` as -2.
fn parse_id(field: &str) -> Option<u32> {
    field.parse().ok().or_else(|| field.parse::<i32>().ok().map(i32::cast_unsigned))
}

/// A command that runs `program` in `directory` as `account`, without this process's environment, and in its own
/// process group so that Ctrl-C in the terminal does not reach it.
pub(super) fn command(program: &Path, account: Option<&Account>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).process_group(0).env_clear().env("LC_ALL", "C");
    command.envs(KEPT_VARIABLES.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/sh\nnobody:*:-2:-2:x:/var/empty:/bin/false\npostgres:x:101:104::/:\n";

    #[test]
    fn accounts_are_parsed_from_passwd() {
        let postgres = Account { name: "postgres".into(), uid: 101, gid: 104 };
        assert_eq!(Account::parse(PASSWD, "postgres"), Some(postgres));
        assert_eq!(Account::parse(PASSWD, "nobody").map(|account| account.uid), Some(u32::MAX - 1));
        assert_eq!(Account::parse(PASSWD, "post"), None);
    }

    #[test]
    fn root_is_never_a_fallback() {
        assert_eq!(Account::parse(PASSWD, "root"), None);
    }
}
