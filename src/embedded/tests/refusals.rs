//! Startup failures and their errors.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
use std::path::Path;

use super::super::{Cluster, EmbeddedError, Options};
use super::Scratch;

#[tokio::test]
async fn missing_binaries_error_says_how_to_install_them() {
    let scratch = Scratch::new("not-installed");
    let empty = Scratch::new("empty");
    fs::create_dir(&empty.0).unwrap();
    let error =
        Cluster::start(Options { bin_dir: Some(empty.0.clone()), ..scratch.options() }).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::NotInstalled { .. }));
    let message = error.to_string();
    assert!(
        message.contains("install ") && message.contains("make demo") && message.lines().count() == 1,
        "{message}"
    );
    assert!(!scratch.0.exists());
}

#[tokio::test]
async fn cluster_of_another_major_version_is_refused_in_one_line() {
    let scratch = Scratch::new("version");
    fs::create_dir_all(scratch.0.join("pgdata")).unwrap();
    fs::write(scratch.0.join("pgdata/PG_VERSION"), "9999\n").unwrap();
    let error = scratch.start().await.unwrap_err();
    assert!(matches!(error, EmbeddedError::VersionMismatch { created_by: 9999, .. }));
    assert_eq!(error.to_string().lines().count(), 1);
}

#[tokio::test]
async fn directory_with_other_files_is_refused_and_unchanged() {
    let scratch = Scratch::new("foreign");
    fs::create_dir(&scratch.0).unwrap();
    fs::write(scratch.0.join("notes.txt"), "text").unwrap();
    let error = Cluster::start(Options { remove_on_exit: true, ..scratch.options() }).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::ForeignDirectory(_)));
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
}

#[tokio::test]
async fn directory_that_others_can_enter_or_own_is_refused() {
    let scratch = Scratch::new("open");
    fs::create_dir(&scratch.0).unwrap();
    for mode in [0o755, 0o750, 0o701] {
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(mode)).unwrap();
        let error = scratch.start().await.unwrap_err();
        assert!(matches!(error, EmbeddedError::NotPrivate(_)), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 700"));
    }
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 0);
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o700)).unwrap();
        chown(&scratch.0, Some(4_711), Some(4_711)).unwrap();
        assert!(matches!(scratch.start().await.unwrap_err(), EmbeddedError::NotPrivate(_)));
    }
}

#[tokio::test]
async fn link_in_place_of_the_lock_file_is_not_followed() {
    let scratch = Scratch::new("linked");
    DirBuilder::new().mode(0o700).create(&scratch.0).unwrap();
    let target = scratch.0.with_extension("target");
    symlink(&target, scratch.0.join("owner.lock")).unwrap();
    let error = scratch.start().await.unwrap_err();
    assert!(matches!(error, EmbeddedError::ForeignDirectory(_)), "{error}");
    assert!(!target.exists());
}

#[tokio::test]
async fn failed_start_reports_the_tail_of_the_log() {
    let scratch = Scratch::new("broken");
    scratch.start().await.unwrap().stop().await.unwrap();
    fs::write(scratch.pgdata().join("pg_hba.conf"), "nonsense\n").unwrap();
    let error = scratch.start().await.unwrap_err();
    assert!(matches!(&error, EmbeddedError::EndedEarly { log } if log.contains("pg_hba.conf")), "{error}");
}

#[tokio::test]
async fn directory_inaccessible_to_the_server_account_is_refused_as_root() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let closed = Scratch::new("closed");
    fs::create_dir(&closed.0).unwrap();
    fs::set_permissions(&closed.0, fs::Permissions::from_mode(0o700)).unwrap();
    let error = Cluster::start(Options::new(closed.0.join("data"))).await.unwrap_err();
    let expected: &Path = &fs::canonicalize(&closed.0).unwrap();
    assert!(matches!(error, EmbeddedError::Unreachable { directory, .. } if directory == expected));
}
