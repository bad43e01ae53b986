//! The demo's secrets and their files in the data directory.

use std::io::Write as _;
use std::path::Path;

use crate::auth::{AuthError, Secret};
use crate::cli::CliError;
use crate::cli::private_file::{self, PrivateFile};
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
    if let Some(key) = read(&file)? {
        return Ok(key);
    }
    let key = random_password()?;
    write_private(&file, &key)?;
    Ok(key)
}

/// The text of a file in the data directory, if it exists.
pub(super) fn read(file: &Path) -> Result<Option<String>, CliError> {
    private_file::read(file).map_err(CliError::io(file.display().to_string()))
}

/// Atomically writes a file that only its owner can read, in place of whatever is there.
pub(super) fn write_private(file: &Path, text: &str) -> Result<(), CliError> {
    let written = PrivateFile::replace(file).and_then(|mut open| {
        open.write_all(text.as_bytes())?;
        open.commit()
    });
    written.map_err(CliError::io(file.display().to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_link_in_place_of_a_file_is_never_followed() {
        let directory = std::env::temp_dir().join(format!("userbatch-secrets-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (target, file) = (directory.join("target"), directory.join("secret-key"));
        fs::write(&target, "another's").unwrap();
        symlink(&target, &file).unwrap();
        assert!(secret_key(&directory).is_err());
        write_private(&file, "ours").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "another's");
        assert_eq!(secret_key(&directory).unwrap(), "ours");
        let metadata = fs::symlink_metadata(&file).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
        fs::remove_dir_all(&directory).unwrap();
    }
}
