//! `userbatch explain`.

use clap::Args;

use super::AdminArgs;
use super::output::print;
use super::values::face;
use crate::admin::Explanation;
use crate::api::lookup::UserName;
use crate::cli::CliError;
use crate::core::face::Face;
use crate::core::id::Slug;
use crate::core::text::visible;

/// Settings of `explain`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArgs {
    /// The tenant
    #[arg(long)]
    tenant: Slug,
    /// The API whose callers ask for the user
    #[arg(long, value_parser = face())]
    face: Face,
    /// What the name is, in that API's words, such as `email`; by default what the API takes it for
    #[arg(long = "type")]
    kind: Option<String>,
    /// The name, as callers send it
    name: String,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(in crate::cli) async fn run(args: &ExplainArgs) -> Result<(), CliError> {
    let asked = UserName::read(args.face, args.kind.as_deref(), &args.name)?;
    let admin = args.admin.administration()?;
    let explained =
        admin.explain(&args.tenant, (asked.face, asked.kind), asked.looked_up(), &args.name).await?;
    print(args.admin.output, &explained, |explained| text(asked.kind, explained))
}

fn text(asked: &str, Explanation { key, shown, reasons }: &Explanation) -> String {
    let mut lines = vec![("asked", asked.to_owned())];
    if let Some(key) = key {
        lines.push(("key", format!("{} {}", key.kind, visible(&key.value))));
        lines.push(("", key.normalisation.to_owned()));
        lines.extend(key.indexes.iter().map(|index| ("index", (*index).to_owned())));
    }
    lines.extend(shown.iter().map(|user| ("shown", visible(user.as_str()).into_owned())));
    lines.extend(reasons.iter().map(|reason| ("because", visible(reason).into_owned())));
    let lines: Vec<String> = lines.into_iter().map(|(name, text)| format!("{name:<8} {text}")).collect();
    lines.join("\n") + "\n"
}
