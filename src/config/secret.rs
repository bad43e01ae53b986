//! Secrets, given as values or files, and errors of settings.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::database_url::{UrlFault, database_url};

/// A secret given as a value or as the path of a file containing it.
#[derive(Debug, Clone)]
pub(super) struct GivenSecret<'a> {
    pub(super) name: &'static str,
    pub(super) value: Option<&'a SecretString>,
    pub(super) file: Option<&'a Path>,
}

impl GivenSecret<'_> {
    /// The secret; an empty one is none.
    pub(super) fn read(&self) -> Result<Option<SecretString>, SettingError> {
        let value = self.value.filter(|value| !value.expose_secret().is_empty());
        let secret: SecretString = match (value, self.file) {
            (Some(_), Some(_)) => return Err(SettingError::Twice(self.name)),
            (Some(value), None) => value.clone(),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => text.trim_end().into(),
                Err(source) => {
                    return Err(SettingError::File { name: self.name, file: file.to_owned(), source });
                }
            },
            (None, None) => return Ok(None),
        };
        Ok(Some(secret).filter(|secret| !secret.expose_secret().is_empty()))
    }

    pub(super) fn require(&self) -> Result<SecretString, SettingError> {
        self.read()?.ok_or(SettingError::Missing(self.name))
    }

    /// The secret as a database URL, in the form that the store reads.
    pub(super) fn read_url(&self) -> Result<Option<SecretString>, SettingError> {
        self.read()?.map(|url| database_url(self.name, &url)).transpose()
    }

    pub(super) fn require_url(&self) -> Result<SecretString, SettingError> {
        self.read_url()?.ok_or(SettingError::Missing(self.name))
    }
}

/// An invalid setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// A required setting is missing.
    #[error("neither {0} nor {0}_FILE is set; set one of them")]
    Missing(&'static str),
    /// Both the value and the file are set.
    #[error("{0} and {0}_FILE are both set; unset one of them")]
    Twice(&'static str),
    /// The file cannot be read.
    #[error("{name}_FILE: {} cannot be read: {source}", file.display())]
    File {
        /// The setting.
        name: &'static str,
        /// Its file.
        file: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// A database URL that cannot be used.
    #[error("{name}: {fault}")]
    DatabaseUrl {
        /// The setting.
        name: &'static str,
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// Not an origin.
    #[error(
        "USERBATCH_PUBLIC_URL must be as browsers write it, such as https://users.example.com: a scheme, a host in lower case, and the port unless it is the scheme's own, without a path"
    )]
    PublicUrl,
    /// Without a token, anyone who can reach the listener could use the admin API.
    #[error("USERBATCH_ADMIN_DATABASE_URL requires USERBATCH_ADMIN_TOKEN with at least 32 characters")]
    AdminToken,
}

/// All invalid settings, one per line.
#[derive(Debug, thiserror::Error)]
pub struct SettingErrors(pub Vec<SettingError>);

impl fmt::Display for SettingErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|error| format!("settings: {error}")).collect();
        f.write_str(&lines.join("\n"))
    }
}
