//! The administrative commands. Each makes one call to [`crate::admin`] and prints the result.

mod audit;
mod credential;
mod explain;
mod export;
mod import;
mod output;
mod tenant;
mod user;
mod values;

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;

pub(super) use audit::{AuditArgs, run as audit};
pub(super) use credential::CredentialCommand;
pub(super) use explain::{ExplainArgs, run as explain};
pub(super) use export::{ExportArgs, run as export};
pub(super) use import::{Import, ImportArgs, run as import, text as import_text};
pub(super) use tenant::TenantCommand;
pub(super) use user::UserCommand;
pub(super) use values::source_format;

use super::CliError;
use crate::admin::{Administration, CredentialAdministration};
use crate::auth::{KeyRing, SecretMaker};
use crate::config::{AdminDatabase, KeySettings};
use crate::core::clock::Clock;
use crate::store::{Actor, OwnerOptions, OwnerStore, PoolOptions, Via};

/// Output format of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// Human-readable
    Text,
    /// JSON
    Json,
}

/// Settings shared by the administrative commands.
#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    #[command(flatten)]
    database: AdminDatabase,
    /// Your name in the audit log; defaults to the operating system's user
    #[arg(long, env = "USER", hide_env = true)]
    operator: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "text")]
    pub(super) output: Output,
}

/// One connection for the command and one for what runs in parallel with it.
const CONNECTIONS: u32 = 2;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

impl AdminArgs {
    fn store(&self) -> Result<OwnerStore, CliError> {
        let pool = PoolOptions { max_connections: CONNECTIONS, acquire_timeout: ACQUIRE_TIMEOUT };
        let options = OwnerOptions { pool, ..OwnerOptions::default() };
        Ok(OwnerStore::new(self.database.url()?.expose_secret(), &options)?)
    }

    fn actor(&self) -> Actor {
        let named = self.operator.clone().filter(|name| !name.is_empty());
        let name = named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
        Actor { via: Via::Cli, name }
    }

    pub(super) fn administration(&self) -> Result<Administration, CliError> {
        Ok(Administration::new(self.store()?, self.actor(), Clock::system()))
    }

    /// With the keys, if they are set, that tell who was erased.
    fn knowing_erased(&self, keys: &KeySettings) -> Result<Administration, CliError> {
        let mut store = self.store()?;
        if let Some(secret) = keys.optional_secret()? {
            store = store.with_erasure_keys(Arc::new(KeyRing::new(secret.expose_secret())?));
        }
        Ok(Administration::new(store, self.actor(), Clock::system()))
    }

    fn with_keys(&self, keys: &KeySettings) -> Result<CredentialAdministration, CliError> {
        let keys = KeyRing::new(keys.secret()?.expose_secret())?;
        Ok(self.administration()?.with_secrets(SecretMaker::new(Arc::new(keys))))
    }
}
