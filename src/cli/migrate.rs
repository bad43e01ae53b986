//! `userbatch migrate`.

use clap::Args;
use secrecy::ExposeSecret as _;

use super::CliError;
use crate::config::{AdminDatabase, ServingPassword};
use crate::store;

/// Settings of `migrate`.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    database: AdminDatabase,
    #[command(flatten)]
    password: ServingPassword,
}

pub(super) async fn run(args: &MigrateArgs) -> Result<(), CliError> {
    let (url, password) = (args.database.url()?, args.password.secret()?);
    store::migrate(url.expose_secret(), password.as_ref().map(secrecy::ExposeSecret::expose_secret)).await?;
    tracing::info!("the schema is up to date");
    Ok(())
}
