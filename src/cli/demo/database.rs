//! The demo's database in its private Postgres.

use super::secrets::random_password;
use crate::cli::CliError;
use crate::embedded::Cluster;
use crate::store;

const DATABASE: &str = "userbatch";
const OWNER: &str = "userbatch_owner";
const SERVING: &str = "userbatch_serving";

/// The demo's database, as its owner and as the serving role.
pub(super) struct DemoDatabase {
    pub(super) owner_url: String,
    pub(super) serving_url: String,
}

impl DemoDatabase {
    /// Creates and migrates the database. Both roles get new passwords on every start: no other process uses
    /// them.
    pub(super) async fn prepare(cluster: &Cluster) -> Result<Self, CliError> {
        let (owner, serving) = (random_password()?, random_password()?);
        cluster.ensure_owner(OWNER, &owner).await?;
        cluster.ensure_database(DATABASE, OWNER, None).await?;
        let owner_url = cluster.url_as(OWNER, &owner, DATABASE);
        store::migrate(&owner_url, Some(&serving)).await?;
        Ok(Self { owner_url, serving_url: cluster.url_as(SERVING, &serving, DATABASE) })
    }
}
