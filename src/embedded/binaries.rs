//! Finds the installed PostgreSQL binaries.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::EmbeddedError;

/// The oldest supported major version.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Folders with one installation per entry: (folder, entry prefix, subdirectory of the binaries).
const VERSIONED_FOLDERS: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// One installed PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installation {
    bin_dir: PathBuf,
    major: u32,
}

impl Installation {
    /// The installation to use: the one in `bin_dir` if given, otherwise the first suitable one in the standard
    /// locations and `PATH`. If `created_by` is given, only that major version is suitable.
    pub(super) fn find(bin_dir: Option<&Path>, created_by: Option<u32>) -> Option<Self> {
        let candidates = bin_dir.map_or_else(standard_directories, |only| vec![only.to_owned()]);
        candidates.into_iter().filter_map(Self::probe).find(|installation| {
            created_by.map_or(installation.major >= OLDEST_MAJOR, |major| installation.major == major)
        })
    }

    /// The installation in `bin_dir`, if it has one that runs.
    fn probe(bin_dir: PathBuf) -> Option<Self> {
        let bin_dir = fs::canonicalize(bin_dir).ok()?;
        if !bin_dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(bin_dir.join("postgres")).arg("--version").output().ok()?;
        let major = parse_major(str::from_utf8(&output.stdout).ok()?)?;
        Some(Self { bin_dir, major })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }
}

/// The error if there is no suitable installation.
pub(super) fn none_found(bin_dir: Option<&Path>, data_dir: &Path, created_by: Option<u32>) -> EmbeddedError {
    let place = bin_dir
        .map_or_else(|| "the standard locations or PATH".to_owned(), |only| only.display().to_string());
    match created_by {
        Some(created_by) => {
            EmbeddedError::VersionMismatch { data_dir: data_dir.to_owned(), created_by, place }
        }
        None => EmbeddedError::NotInstalled { place, install: install_command() },
    }
}

/// The standard locations and `PATH`, in order of preference; they need not exist.
fn standard_directories() -> Vec<PathBuf> {
    let versioned = VERSIONED_FOLDERS.iter().flat_map(|(folder, prefix, below)| {
        highest_version_first(Path::new(folder), prefix).into_iter().map(move |entry| entry.join(below))
    });
    let path = env::var_os("PATH").unwrap_or_default();
    versioned.chain(env::split_paths(&path)).collect()
}

/// The entries of `folder` named `prefix` plus a major version, in descending numerical order.
fn highest_version_first(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let version = |path: &Path| path.file_name()?.to_str()?.strip_prefix(prefix)?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter_map(|path| Some((version(&path)?, path)))
        .collect();
    found.sort_by_key(|(version, _)| Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The major version in the output of `postgres --version`, such as
/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` or `postgres (PostgreSQL) 18beta1`.
fn parse_major(output: &str) -> Option<u32> {
    let version = output.split_once("(PostgreSQL) ")?.1;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// The command that installs PostgreSQL on this system.
fn install_command() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@17";
    }
    install_command_for(&fs::read_to_string("/etc/os-release").unwrap_or_default())
}

/// The same for a Linux with this `/etc/os-release` (os-release(5): `ID`, `ID_LIKE`).
fn install_command_for(os_release: &str) -> &'static str {
    let families: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches(['"', '\'']).split(' '))
        .collect();
    let is = |family| families.contains(&family);
    if is("fedora") || is("rhel") {
        "dnf install postgresql-server"
    } else if is("alpine") {
        "apk add postgresql"
    } else if is("arch") {
        "pacman -S postgresql"
    } else {
        "apt-get install postgresql"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_format_is_parsed() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_major("psql: not found"), None);
        assert_eq!(parse_major("postgres (PostgreSQL) devel"), None);
    }

    #[test]
    fn versions_sort_numerically_and_other_entries_are_skipped() {
        let folder = env::temp_dir().join(format!("userbatch-versions-{}", std::process::id()));
        for name in ["pg9", "pg17", "pg15", "pgx", "16"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let sorted = highest_version_first(&folder, "pg");
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(sorted, ["pg17", "pg15", "pg9"].map(|name| folder.join(name)));
    }

    #[test]
    fn install_command_matches_the_distribution() {
        assert_eq!(install_command_for("ID=ubuntu\nID_LIKE=debian\n"), "apt-get install postgresql");
        assert_eq!(
            install_command_for("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"),
            "dnf install postgresql-server"
        );
        assert_eq!(install_command_for("ID=fedora\n"), "dnf install postgresql-server");
        assert_eq!(install_command_for(""), "apt-get install postgresql");
    }
}
