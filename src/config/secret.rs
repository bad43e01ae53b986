//! Secrets given as they are or in files, and what can be wrong with a setting.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

/// A secret that is given as it is, or as the path of a file that holds it.
#[derive(Debug, Clone)]
pub(super) struct Given<'a> {
    pub(super) name: &'static str,
    pub(super) value: Option<&'a SecretString>,
    pub(super) file: Option<&'a Path>,
}

impl Given<'_> {
    pub(super) fn read(&self) -> Result<Option<SecretString>, Fault> {
        match (self.value, self.file) {
            (Some(_), Some(_)) => Err(Fault::Twice(self.name)),
            (Some(value), None) => Ok(Some(value.clone())),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Ok(Some(text.trim_end().into())),
                Err(source) => Err(Fault::File { name: self.name, file: file.to_owned(), source }),
            },
            (None, None) => Ok(None),
        }
    }

    pub(super) fn require(&self) -> Result<SecretString, Fault> {
        self.read()?.filter(|secret| !secret.expose_secret().is_empty()).ok_or(Fault::Missing(self.name))
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is needed and not there.
    #[error("{0} is not set (nor {0}_FILE)")]
    Missing(&'static str),
    /// It is there twice.
    #[error("{0} and {0}_FILE are both set; set one")]
    Twice(&'static str),
    /// Its file cannot be read.
    #[error("{name}_FILE: {} cannot be read: {source}", file.display())]
    File {
        /// The setting.
        name: &'static str,
        /// Its file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It must be a Postgres URL.
    #[error("{0} must start with postgres:// or postgresql://")]
    NoDatabaseUrl(&'static str),
    /// It must be the address of a site.
    #[error("USERBATCH_PUBLIC_URL must start with http:// or https:// and have no path")]
    NoPublicUrl,
    /// A public listener without a token would hand the operators' API to anyone.
    #[error(
        "USERBATCH_ADMIN_DATABASE_URL is set, so USERBATCH_ADMIN_TOKEN must be, with at least 32 characters"
    )]
    AdminToken,
}

/// All faults of the settings, a line each.
#[derive(Debug, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|fault| format!("settings: {fault}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

pub(super) fn postgres_url(name: &'static str, url: SecretString) -> Result<SecretString, Fault> {
    let text = url.expose_secret();
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_postgres { Ok(url) } else { Err(Fault::NoDatabaseUrl(name)) }
}
