//! Secrets, given directly or in files, and what can be wrong with a setting.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

/// A secret given directly, or as the path of a file that holds it.
#[derive(Debug, Clone)]
pub(super) struct GivenSecret<'a> {
    pub(super) name: &'static str,
    pub(super) value: Option<&'a SecretString>,
    pub(super) file: Option<&'a Path>,
}

impl GivenSecret<'_> {
    pub(super) fn read(&self) -> Result<Option<SecretString>, SettingError> {
        match (self.value, self.file) {
            (Some(_), Some(_)) => Err(SettingError::Twice(self.name)),
            (Some(value), None) => Ok(Some(value.clone())),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Ok(Some(text.trim_end().into())),
                Err(source) => Err(SettingError::File { name: self.name, file: file.to_owned(), source }),
            },
            (None, None) => Ok(None),
        }
    }

    pub(super) fn require(&self) -> Result<SecretString, SettingError> {
        self.read()?
            .filter(|secret| !secret.expose_secret().is_empty())
            .ok_or(SettingError::Missing(self.name))
    }
}

/// An unusable setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// It is required.
    #[error("{0} is not set (nor {0}_FILE)")]
    Missing(&'static str),
    /// It is set twice.
    #[error("{0} and {0}_FILE are both set; set one")]
    Twice(&'static str),
    /// Its file cannot be read.
    #[error("{name}_FILE: {} cannot be read: {source}", file.display())]
    File {
        /// The setting.
        name: &'static str,
        /// Its file.
        file: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// It is not a Postgres URL.
    #[error("{0} must start with postgres:// or postgresql://")]
    DatabaseUrl(&'static str),
    /// It is not the origin of a site.
    #[error("USERBATCH_PUBLIC_URL must start with http:// or https:// and have no path")]
    PublicUrl,
    /// Without a token anyone who reaches the listener could use the operators' API.
    #[error(
        "USERBATCH_ADMIN_DATABASE_URL is set, so USERBATCH_ADMIN_TOKEN must be, with at least 32 characters"
    )]
    AdminToken,
}

/// Every unusable setting, one a line.
#[derive(Debug, thiserror::Error)]
pub struct SettingErrors(pub Vec<SettingError>);

impl fmt::Display for SettingErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|error| format!("settings: {error}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

pub(super) fn postgres_url(name: &'static str, url: SecretString) -> Result<SecretString, SettingError> {
    let text = url.expose_secret();
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_postgres { Ok(url) } else { Err(SettingError::DatabaseUrl(name)) }
}
