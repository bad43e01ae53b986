//! `userbatch credential`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{print, table, time_or_dash};
use super::values::{api, scope};
use super::{AdminArgs, Output};
use crate::admin::{Issued, NewCredentialOptions};
use crate::cli::CliError;
use crate::config::KeySettings;
use crate::core::face::{Api, Face};
use crate::core::id::{CustomerPublicId, Slug};
use crate::core::scope::Scope;
use crate::store::CredentialInfo;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CredentialCommand {
    /// Create a credential; its secret is shown only once
    Issue(Box<IssueArgs>),
    /// List credentials, without their secrets
    List(ListArgs),
    /// Issue a new secret for a credential; old secrets stay valid during the overlap
    Rotate(RotateArgs),
    /// Revoke a credential immediately
    Revoke(RevokeArgs),
    /// Re-encrypt stored secrets with the newest key of the key ring
    Reseal(ResealArgs),
}

/// Settings of `credential issue`.
#[derive(Debug, Args)]
pub(in crate::cli) struct IssueArgs {
    /// The API it is for
    #[arg(long, value_parser = api())]
    face: Api,
    /// The tenant it gives access to; for AvePoint, that tenant's customer
    #[arg(long)]
    tenant: Option<Slug>,
    /// AvePoint: the partner whose customers it gives access to
    #[arg(long, conflicts_with = "tenant")]
    partner: Option<String>,
    /// AvePoint: restrict it to this customer; repeatable
    #[arg(long = "customer")]
    customers: Vec<CustomerPublicId>,
    /// AvePoint: scope to grant; repeatable; all scopes by default
    #[arg(long = "scope", value_parser = scope())]
    scopes: Vec<Scope>,
    /// BitBadges: a publishable key, for pages of the tenant's listed origins; sees only what is public
    #[arg(long)]
    publishable: bool,
    /// Display name
    #[arg(long, default_value = "")]
    name: String,
    /// Rate limit in requests per second, such as 100/s
    #[arg(long, value_parser = parse_rate)]
    rate_limit: Option<u32>,
    /// Lifetime, such as 90d; unlimited by default
    #[arg(long, value_parser = parse_duration)]
    expires_in: Option<Duration>,
    /// AvePoint: PEM file of the certificate that verifies its client assertions
    #[arg(long)]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `credential list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Only credentials that open this tenant
    #[arg(long)]
    tenant: Option<Slug>,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `credential rotate`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RotateArgs {
    /// Id or public id of the credential
    id: String,
    /// How long the old secrets, and the tokens issued for them, stay valid
    #[arg(long, default_value = "24h", value_parser = parse_duration)]
    overlap: Duration,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `credential revoke`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RevokeArgs {
    /// Id or public id of the credential
    id: String,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `credential reseal`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResealArgs {
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Parses `100` or `100/s`.
pub(super) fn parse_rate(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number.parse().map_err(|_| "must be a number of requests per second, such as 100/s".to_owned())
}

/// Longest duration accepted: 100 years, so that adding it to a time cannot overflow.
const MAX_DURATION: Duration = Duration::from_hours(100 * 366 * 24);
/// Longest input accepted; also keeps `humantime` from overflowing when it adds the parts.
const MAX_DURATION_CHARS: usize = 24;

/// Parses a duration with units, such as `90d` or `1h 30m`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let short = Some(text).filter(|text| text.len() <= MAX_DURATION_CHARS);
    let duration = short.and_then(|text| humantime::parse_duration(text).ok());
    duration
        .filter(|duration| *duration <= MAX_DURATION)
        .ok_or_else(|| "must be a duration with units of at most 100 years, such as 90d or 1h 30m".to_owned())
}

impl CredentialCommand {
    pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
        match self {
            Self::Issue(args) => issue(*args).await,
            Self::List(args) => {
                let admin = args.admin.administration()?;
                let credentials = admin.credentials(args.tenant.as_ref()).await?;
                print(args.admin.output, &credentials, |credentials| text(credentials))
            }
            Self::Rotate(args) => rotate(&args).await,
            Self::Revoke(args) => {
                let revoked = args.admin.administration()?.revoke(&args.id).await?;
                print(args.admin.output, &revoked, |revoked| text(std::slice::from_ref(revoked)))
            }
            Self::Reseal(args) => {
                let resealed = args.admin.with_keys(&args.keys)?.reseal().await?;
                print(args.admin.output, &json!({ "resealed": resealed }), |_| {
                    format!("re-encrypted {resealed} secrets\n")
                })
            }
        }
    }
}

async fn issue(args: IssueArgs) -> Result<(), CliError> {
    let certificate = match &args.certificate {
        Some(file) => Some(std::fs::read_to_string(file).map_err(CliError::io(file.display().to_string()))?),
        None => None,
    };
    let options = NewCredentialOptions {
        face: args.face,
        tenant: args.tenant,
        partner: args.partner,
        customers: args.customers,
        scopes: args.scopes,
        publishable: args.publishable,
        name: args.name,
        rate_limit: args.rate_limit,
        expires_in: args.expires_in,
        certificate,
    };
    let issued = args.admin.with_keys(&args.keys)?.issue(&options).await?;
    show(args.admin.output, &issued, None)
}

async fn rotate(args: &RotateArgs) -> Result<(), CliError> {
    let admin = args.admin.with_keys(&args.keys)?;
    let rotated = admin.rotate(&args.id, args.overlap).await?;
    let ends = time_or_dash(Some(rotated.overlap_ends));
    show(args.admin.output, &rotated.issued, Some(&ends))
}

/// Prints a new secret, which cannot be shown again.
fn show(output: Output, issued: &Issued, overlap_ends: Option<&str>) -> Result<(), CliError> {
    let mut value = serde_json::to_value(&issued.credential)?;
    if let Value::Object(members) = &mut value {
        members.insert("secret".to_owned(), issued.secret.expose().into());
        members.extend(overlap_ends.map(|ends| ("overlapEnds".to_owned(), ends.into())));
    }
    print(output, &value, |_| issued_text(&issued.credential, issued.secret.expose(), overlap_ends))
}

fn issued_text(credential: &CredentialInfo, secret: &str, overlap_ends: Option<&str>) -> String {
    let (id_label, label) = labels(credential);
    let width = label.len();
    let public_id = &credential.public_id;
    let overlap = overlap_ends.map_or_else(String::new, |ends| format!("earlier ones work until {ends}\n"));
    let advice = if credential.publishable {
        "For pages of the tenant's origins (tenant set --cors-origin): anybody may see it, and it shows only what is \
         public.\nIt is not printed again."
            .to_owned()
    } else {
        format!("Store the {label} now: it is not shown again.")
    };
    format!("{id_label:width$}  {public_id}\n{label}  {secret}\n{overlap}{advice}\n")
}

/// What callers of the API know the public id and the secret as.
fn labels(credential: &CredentialInfo) -> (&'static str, &'static str) {
    match credential.face.parse() {
        Ok(Api::Face(Face::BitBadges)) if credential.publishable => ("id", "publishable key"),
        Ok(Api::Face(Face::BitBadges)) => ("id", "API key"),
        Ok(Api::Face(Face::AvePoint)) => ("client id", "client secret"),
        Ok(Api::Face(Face::GenAuth)) => ("access key id", "access key secret"),
        Ok(Api::Scim) => ("id", "bearer token"),
        Err(_) => ("id", "secret"),
    }
}

fn text(credentials: &[CredentialInfo]) -> String {
    let head = [
        "PUBLIC ID",
        "API",
        "ACCESS",
        "NAME",
        "SECRETS",
        "CREATED",
        "EXPIRES",
        "REVOKED",
        "REQUESTS",
        "LAST USED",
    ];
    let rows = credentials.iter().map(|credential| {
        let secrets = credential.secrets.iter();
        let secrets: Vec<String> = secrets.map(|secret| format!("…{}", secret.last_four)).collect();
        [
            credential.public_id.to_string(),
            credential.face.clone(),
            access(credential),
            credential.name.clone(),
            secrets.join(" "),
            time_or_dash(Some(credential.created_at)),
            time_or_dash(credential.expires_at),
            time_or_dash(credential.revoked_at),
            credential.uses.to_string(),
            credential.last_used_at.map_or_else(|| "never".to_owned(), |at| time_or_dash(Some(at))),
        ]
    });
    table(head, rows)
}

fn access(credential: &CredentialInfo) -> String {
    match (&credential.tenant, &credential.partner) {
        (Some(tenant), _) if credential.publishable => format!("tenant {tenant}, publishable"),
        (Some(tenant), _) => format!("tenant {tenant}"),
        (None, Some(partner)) if credential.customers.is_empty() => format!("partner {partner}"),
        (None, _) => {
            let customers: Vec<&str> = credential.customers.iter().map(CustomerPublicId::as_str).collect();
            format!("customers {}", customers.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_units_and_have_a_maximum() {
        assert_eq!(parse_duration("24h"), Ok(Duration::from_hours(24)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_duration("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_mins(90)));
        for bad in
            ["", "h", "24", "-1h", "101years", "99999999999999999d", "24é", "1h 1h 1h 1h 1h 1h 1h 1h 1h"]
        {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_rate("100/s"), Ok(100));
        assert!(parse_rate("100/m").is_err());
    }

    proptest::proptest! {
        #[test]
        fn parse_duration_never_panics(text in "([0-9.]{1,20} ?(ns|ms|s|m|h|d|w|M|y)?){0,3}") {
            let _ = parse_duration(&text);
        }
    }
}
