//! What the demo prints, and writes to the env file, once it is ready.

use serde_json::json;
use tokio::net::TcpListener;

use super::credentials::DemoCredentials;
use super::database::DemoDatabase;
use super::samples;
use crate::api::docs::DemoLogins;
use crate::cli::CliError;

/// The addresses and credentials of the running demo.
pub(super) struct Ready {
    base_url: String,
    admin_url: String,
    secrets: Secrets,
    owner_url: String,
    issued: DemoCredentials,
}

/// What operators hold.
pub(super) struct Secrets {
    /// Token of the admin API, valid until the demo stops.
    pub(super) admin_token: String,
    /// The secret key, with which credentials are issued.
    pub(super) secret_key: String,
}

impl Ready {
    pub(super) fn new(
        (public, admin): &(TcpListener, TcpListener),
        database: &DemoDatabase,
        secrets: Secrets,
        issued: DemoCredentials,
    ) -> Result<Self, CliError> {
        let url = |listener: &TcpListener| listener.local_addr().map(|address| format!("http://{address}"));
        let urls = url(public).and_then(|public| Ok((public, url(admin)?)));
        let (base_url, admin_url) = urls.map_err(CliError::io("listener"))?;
        Ok(Self { base_url, admin_url, secrets, owner_url: database.owner_url.clone(), issued })
    }

    /// What the documentation pages fill in.
    pub(super) fn logins(&self) -> DemoLogins {
        let operators = json!({ "admin": { "secret": self.secrets.admin_token } });
        DemoLogins { callers: json!(self.issued), operators }
    }

    /// The env file: one `NAME=value` per line.
    pub(super) fn env_file(&self) -> String {
        let DemoCredentials { bitbadges, avepoint, genauth, scim } = &self.issued;
        let lines = [
            ("BASE_URL", self.base_url.as_str()),
            ("ADMIN_URL", &self.admin_url),
            ("ADMIN_TOKEN", &self.secrets.admin_token),
            ("DATABASE_URL", &self.owner_url),
            ("USERBATCH_SECRET_KEY", &self.secrets.secret_key),
            ("BITBADGES_API_KEY", &bitbadges.secret),
            ("AVEPOINT_CLIENT_ID", avepoint.id.as_str()),
            ("AVEPOINT_CLIENT_SECRET", &avepoint.secret),
            ("AVEPOINT_CUSTOMER_ID", samples::CUSTOMER_ID),
            ("AVEPOINT_TENANT_ID", samples::TENANT_ID),
            ("GENAUTH_ACCESS_KEY_ID", genauth.id.as_str()),
            ("GENAUTH_ACCESS_KEY_SECRET", &genauth.secret),
            ("GENAUTH_USER_POOL_ID", samples::USER_POOL_ID),
            ("SCIM_TOKEN", &scim.secret),
        ];
        lines.iter().fold(String::new(), |text, (name, value)| format!("{text}{name}={value}\n"))
    }

    /// The text to print: a curl command for each API, on a screen of 24 lines.
    pub(super) fn welcome(&self) -> String {
        let Self { base_url, admin_url, secrets: Secrets { admin_token, .. }, issued, .. } = self;
        let batch = format!(
            "{base_url}/partner/external/v3/um/customers/{}/tenants/{}/users/batch",
            samples::CUSTOMER_ID,
            samples::TENANT_ID
        );
        format!(
            r#"userbatch is ready: the same users through three APIs. Ctrl-C stops it.
# BitBadges
curl -s {base_url}/api/v0/user/batch -H 'x-api-key: {key}' -H 'content-type: application/json' -d '{{"accountsToFetch":[{{"address":"{address}"}}]}}'
# AvePoint Elements
curl -s -X POST '{batch}?pageSize=2' -H "authorization: Bearer $(curl -s {base_url}/connect/token -d 'grant_type=client_credentials&scope=elements.um.user.read.all&client_id={client_id}&client_secret={client_secret}' | sed 's/.*access_token":"//;s/".*//')"
# GenAuth
curl -s '{base_url}/api/v3/get-user-batch?userIds={bob}' -H "authorization: Bearer $(curl -s {base_url}/api/v3/get-management-token -H 'content-type: application/json' -d '{{"accessKeyId":"{key_id}","accessKeySecret":"{key_secret}"}}' | sed 's/.*access_token":"//;s/".*//')"
# Operators: the tenants
curl -s {admin_url}/admin/v1/tenants -H 'authorization: Bearer {admin_token}'

API descriptions: {base_url}/docs/ (to try in a browser)
Operators: {admin_url}/
"#,
            key = issued.bitbadges.secret,
            address = samples::ADDRESS,
            client_id = issued.avepoint.id,
            client_secret = issued.avepoint.secret,
            key_id = issued.genauth.id,
            key_secret = issued.genauth.secret,
            bob = samples::GENAUTH_USER_ID,
        )
    }
}
