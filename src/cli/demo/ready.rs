//! What the demo prints, and writes to the env file, once it is ready.

use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use super::credentials::DemoCredentials;
use super::database::DemoDatabase;
use super::{colleagues, samples};
use crate::api::App;
use crate::auth::Source;
use crate::cli::CliError;
use crate::core::face::Face;

/// The addresses and credentials of the running demo.
pub(super) struct Ready {
    base_url: String,
    admin_url: String,
    /// Token of the admin API, valid until the demo stops.
    admin_token: String,
    owner_url: String,
    issued: DemoCredentials,
}

impl Ready {
    pub(super) fn new(
        (public, admin): &(TcpListener, TcpListener),
        database: &DemoDatabase,
        admin_token: String,
        issued: DemoCredentials,
    ) -> Result<Self, CliError> {
        let url = |listener: &TcpListener| listener.local_addr().map(|address| format!("http://{address}"));
        let urls = url(public).and_then(|public| Ok((public, url(admin)?)));
        let (base_url, admin_url) = urls.map_err(CliError::io("listener"))?;
        Ok(Self { base_url, admin_url, admin_token, owner_url: database.owner_url.clone(), issued })
    }

    /// A management token for the curl command.
    pub(super) async fn genauth_token(&self, app: &App) -> Result<String, CliError> {
        let (face, key) = (Face::GenAuth, &self.issued.genauth);
        let principal =
            app.credentials.by_id_and_secret(face, &key.id, &key.secret, &Source::local()).await?;
        let token = app.credentials.issue_token(face, &principal, &self.base_url, &[])?;
        Ok(token.expose_secret().to_owned())
    }

    /// The env file: one `NAME=value` per line.
    pub(super) fn env_file(&self) -> String {
        let DemoCredentials { bitbadges, avepoint, genauth } = &self.issued;
        let lines = [
            ("BASE_URL", self.base_url.as_str()),
            ("ADMIN_URL", &self.admin_url),
            ("ADMIN_TOKEN", &self.admin_token),
            ("DATABASE_URL", &self.owner_url),
            ("BITBADGES_API_KEY", &bitbadges.secret),
            ("AVEPOINT_CLIENT_ID", avepoint.id.as_str()),
            ("AVEPOINT_CLIENT_SECRET", &avepoint.secret),
            ("AVEPOINT_CUSTOMER_ID", samples::CUSTOMER_ID),
            ("AVEPOINT_TENANT_ID", samples::TENANT_ID),
            ("GENAUTH_ACCESS_KEY_ID", genauth.id.as_str()),
            ("GENAUTH_ACCESS_KEY_SECRET", &genauth.secret),
            ("GENAUTH_USER_POOL_ID", samples::USER_POOL_ID),
        ];
        lines.iter().fold(String::new(), |text, (name, value)| format!("{text}{name}={value}\n"))
    }

    /// The text to print: a curl command for each API.
    pub(super) fn welcome(&self, genauth_token: &str) -> String {
        let Self { base_url, admin_url, admin_token, issued, .. } = self;
        let batch = format!(
            "{base_url}/partner/external/v3/um/customers/{}/tenants/{}/users/batch",
            samples::CUSTOMER_ID,
            samples::TENANT_ID
        );
        format!(
            r#"
userbatch is ready: the same {users} users through three APIs. Ctrl-C stops it.

# BitBadges
curl -s {base_url}/api/v0/user/batch -H 'x-api-key: {key}' -H 'content-type: application/json' -d '{{"accountsToFetch":[{{"address":"{address}","fetchSequence":true,"fetchBalance":true,"viewsToFetch":[{{"viewKey":"latestActivity","bookmark":""}}]}}]}}'

# AvePoint Elements
curl -s '{batch}?pageIndex=1&pageSize=2' -X POST -H "authorization: Bearer $(curl -s {base_url}/connect/token -d grant_type=client_credentials -d client_id={client_id} -d client_secret={client_secret} -d scope=elements.um.user.read.all | sed 's/.*"access_token":"\([^"]*\)".*/\1/')"

# GenAuth
curl -s '{base_url}/api/v3/get-user-batch?userIds={bob}&withCustomData=true&withIdentities=true&withDepartmentIds=true' -H 'authorization: Bearer {genauth_token}'

# Operators: the tenants
curl -s {admin_url}/admin/v1/tenants -H 'authorization: Bearer {admin_token}' -H 'x-operator: demo'

API descriptions: {base_url}/docs/   Metrics and health: {admin_url}/metrics
"#,
            users = colleagues::COUNT,
            key = issued.bitbadges.secret,
            address = samples::ADDRESS,
            client_id = issued.avepoint.id,
            client_secret = issued.avepoint.secret,
            bob = samples::GENAUTH_USER_ID,
        )
    }
}
