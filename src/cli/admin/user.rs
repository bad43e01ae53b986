//! `userbatch user`.

use std::io::Read as _;

use clap::{Args, Subcommand, value_parser};
use serde_json::{Value, json};

use super::AdminArgs;
use super::output::{print, table, time_or_dash};
use crate::admin::{
    ChangedUser, DEFAULT_FOUND, ErasureOptions, ErasureReceipt, FoundPage, MAX_FOUND, UserEdit, UserView,
};
use crate::cli::CliError;
use crate::config::KeySettings;
use crate::core::id::Slug;
use crate::core::text::{visible, visible_json};
use crate::core::user::JsonObject;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Show a user
    Get(GetArgs),
    /// Find users by parts of their names or addresses
    Find(FindArgs),
    /// Change a user, or add one
    Set(Box<SetArgs>),
    /// Delete a user, or erase a person
    Delete(DeleteArgs),
    /// Let a person who was erased come back
    Allow(AllowArgs),
}

/// Settings of `user get`.
#[derive(Debug, Args)]
pub(in crate::cli) struct GetArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Also show what the callers of each API are shown
    #[arg(long)]
    faces: bool,
    /// An id of the user, its username, e-mail address, external id, telephone number or address
    name: String,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `user find`.
#[derive(Debug, Args)]
pub(in crate::cli) struct FindArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Maximum number of users
    #[arg(long, default_value_t = DEFAULT_FOUND, value_parser = value_parser!(u32).range(1..=i64::from(MAX_FOUND)))]
    limit: u32,
    /// Where to go on, as the page before says
    #[arg(long)]
    cursor: Option<String>,
    /// Beginnings of words of a name, username, e-mail or chain address, separated by spaces; all must match
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `user set`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Change the user only if it is in this version
    #[arg(long = "if-version", value_name = "VERSION")]
    version: Option<i64>,
    /// Add the user if there is none with this id
    #[arg(long)]
    create: bool,
    /// An id of the user
    id: String,
    /// JSON merge patch of the canonical user, such as '{"contact": {"phone": null}}'; - for standard input
    patch: String,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `user delete`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeleteArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// Delete the user only if it is in this version
    #[arg(long = "if-version", value_name = "VERSION")]
    version: Option<i64>,
    /// Erase the person from every table and timeline, keep digests so that no import brings the person back, and print a
    /// receipt
    #[arg(long)]
    erase: bool,
    /// Keep the person out although nothing is found of anybody with this id or other name
    #[arg(long, requires = "erase")]
    unknown: bool,
    /// An id of the user; to erase a person, who need not be there any more, also a username, an e-mail address, an external
    /// id or an address
    id: String,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Settings of `user allow`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AllowArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// An id that the person had, a username, e-mail address, external id or address, or the receipt
    name: String,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    admin: AdminArgs,
}

impl UserCommand {
    pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
        match self {
            Self::Get(args) => get(&args).await,
            Self::Find(args) => find(&args).await,
            Self::Set(args) => set(&args).await,
            Self::Delete(args) if args.erase => erase(&args).await,
            Self::Delete(args) => delete(&args).await,
            Self::Allow(args) => allow(&args).await,
        }
    }
}

async fn get(args: &GetArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let user = admin.user(&args.tenant, &args.name, args.faces).await?;
    print(args.admin.output, &user, shown)
}

async fn find(args: &FindArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let text = args.text.join(" ");
    let mut found = admin.find_users(&args.tenant, &text, args.limit, args.cursor.as_deref()).await?;
    // A page may have fewer users although more follow.
    while let Some(next) = found.next.take() {
        let wanted = args.limit.saturating_sub(u32::try_from(found.users.len()).unwrap_or(u32::MAX));
        if wanted == 0 {
            found.next = Some(next);
            break;
        }
        let more = admin.find_users(&args.tenant, &text, wanted, Some(&next)).await?;
        found.users.extend(more.users);
        found.next = more.next;
    }
    print(args.admin.output, &found, listed)
}

async fn set(args: &SetArgs) -> Result<(), CliError> {
    let edit = UserEdit { patch: patch(&args.patch)?, version: args.version, create: args.create };
    let admin = args.admin.knowing_erased(&args.keys)?;
    let changed = admin.edit_user(&args.tenant, &args.id, edit).await?;
    print(args.admin.output, &changed, told)
}

async fn delete(args: &DeleteArgs) -> Result<(), CliError> {
    let admin = args.admin.administration()?;
    let id = admin.delete_user(&args.tenant, &args.id, args.version).await?;
    let deleted = json!({ "deleted": id });
    print(args.admin.output, &deleted, |_| format!("deleted {}\n", visible(id.as_str())))
}

async fn erase(args: &DeleteArgs) -> Result<(), CliError> {
    let options = ErasureOptions { version: args.version, unknown: args.unknown };
    let admin = args.admin.knowing_erased(&args.keys)?;
    let receipt = admin.erase_user(&args.tenant, &args.id, options).await?;
    print(args.admin.output, &receipt, receipt_text)
}

async fn allow(args: &AllowArgs) -> Result<(), CliError> {
    let admin = args.admin.knowing_erased(&args.keys)?;
    admin.allow_user(&args.tenant, &args.name).await?;
    print(args.admin.output, &json!({ "allowed": true }), |_| {
        "allowed: the next import or identity provider may bring the person back\n".to_owned()
    })
}

fn receipt_text(receipt: &ErasureReceipt) -> String {
    let ErasureReceipt { receipt, erased_at, counts } = receipt;
    let rows = [
        ("users", counts.users),
        ("keys", counts.keys),
        ("reports", counts.reports),
        ("holdings", counts.holdings),
        ("reviews", counts.reviews),
        ("audiences", counts.audiences),
        ("transfers", counts.transfers),
        ("announcements", counts.announcements),
        ("reviews of others", counts.reviews_of_others),
        ("holdings of others", counts.holdings_of_others),
        ("changes", counts.changes),
        ("audit entries", counts.audit),
        ("digests kept", counts.digests),
    ];
    let rows = rows.map(|(name, count)| format!("{name:<18} {count}\n")).concat();
    format!("{:<18} {receipt}\n{:<18} {}\n{rows}", "receipt", "erased", time_or_dash(Some(*erased_at)))
}

/// The patch itself, or what standard input has.
fn patch(text: &str) -> Result<JsonObject, CliError> {
    let mut read = String::new();
    let text = if text == "-" {
        std::io::stdin().read_to_string(&mut read).map_err(CliError::io("standard input"))?;
        &read
    } else {
        text
    };
    // The parser's message may quote the patch, which the caller has at hand.
    serde_json::from_str(text).map_err(|error| CliError::Patch(error.line(), error.column()))
}

fn shown(user: &UserView) -> String {
    let UserView { id, version, created_at, updated_at, document, faces } = user;
    let mut text = format!(
        "user     {}\nversion  {version}\nadded    {}\nchanged  {}\n",
        visible(id.as_str()),
        time_or_dash(Some(*created_at)),
        time_or_dash(Some(*updated_at))
    );
    text += &pretty(&document.clone().into());
    if let Some(faces) = faces {
        for (name, shown) in
            [("bitbadges", &faces.bitbadges), ("avepoint", &faces.avepoint), ("genauth", &faces.genauth)]
        {
            text.extend([name, "\n", &pretty(shown)]);
        }
    }
    text
}

fn listed(found: &FoundPage) -> String {
    let cell = |text: Option<&String>| text.map_or_else(|| "-".to_owned(), String::clone);
    let rows = found.users.iter().map(|user| {
        [
            user.id.as_str().to_owned(),
            cell(user.display_name.as_ref()),
            cell(user.username.as_ref()),
            cell(user.email.as_ref()),
            cell(user.addresses.first()),
        ]
    });
    let text = table(["ID", "NAME", "USERNAME", "EMAIL", "ADDRESS"], rows);
    match &found.next {
        Some(next) => format!("{text}\nmay go on: --cursor {next}\n"),
        None => text,
    }
}

fn pretty(value: &Value) -> String {
    visible_json(format!("{value:#}")) + "\n"
}

fn told(changed: &ChangedUser) -> String {
    let ChangedUser { id, version, added, fields } = changed;
    let what = match (added, fields.is_empty()) {
        (true, _) => "added",
        (false, false) => "changed",
        (false, true) => "unchanged",
    };
    let fields = fields.iter().map(|field| format!("{} {}\n", field.field, field.change.as_str()));
    let fields: String = fields.collect();
    format!("{what} {} version {version}\n{fields}", visible(id.as_str()))
}
