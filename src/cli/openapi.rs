//! `userbatch openapi`: the committed OpenAPI documents.

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use crate::api;

/// Settings of `openapi`.
#[derive(Debug, Args)]
pub(super) struct OpenapiArgs {
    /// Write nothing; fail if a document differs from what the code says
    #[arg(long)]
    check: bool,
    /// Directory that holds the repository's `openapi/`
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

pub(super) fn run(args: &OpenapiArgs) -> Result<(), CliError> {
    for document in api::documents() {
        let path = args.root.join(document.path.trim_start_matches('/'));
        let text = format!("{}\n", document.openapi.to_pretty_json()?);
        if args.check {
            check(&path, &text)?;
        } else {
            write(&path, &text)?;
        }
    }
    Ok(())
}

fn check(path: &Path, text: &str) -> Result<(), CliError> {
    let committed =
        std::fs::read_to_string(path).map_err(CliError::io(path.display().to_string()))?;
    if committed == text {
        return Ok(());
    }
    Err(CliError::Message(format!(
        "{} is out of date; `userbatch openapi` writes it anew",
        path.display()
    )))
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text));
    written.map_err(CliError::io(path.display().to_string()))
}
