//! The demo's secrets and their files in the data directory.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::auth::{AuthError, Secret};
use crate::cli::CliError;
use crate::core::face::Face;

/// A URL-safe password, without a secret's prefix since it is not an API credential.
pub(super) fn random_password() -> Result<String, CliError> {
    let secret = Secret::generate(Face::BitBadges).map_err(AuthError::from)?;
    let text = secret.expose();
    Ok(text.split_once('_').map_or(text, |(_, random)| random).to_owned())
}

/// The demo's secret key, generated on the first start, so that bookmarks and tokens survive restarts.
pub(super) fn secret_key(data_dir: &Path) -> Result<String, CliError> {
    let file = data_dir.join("secret-key");
    if let Ok(key) = std::fs::read_to_string(&file) {
        return Ok(key);
    }
    let key = random_password()?;
    write_private(&file, &key)?;
    Ok(key)
}

/// Atomically writes a file that only its owner can read.
pub(super) fn write_private(file: &Path, text: &str) -> Result<(), CliError> {
    let partial = file.with_extension(format!("partial-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let written = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&partial, file));
    written.map_err(CliError::io(file.display().to_string()))
}
