//! `userbatch openapi`: writes or checks the committed OpenAPI documents.

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use crate::api;
use crate::core::user;

/// Settings of `openapi`.
#[derive(Debug, Args)]
pub(super) struct OpenapiArgs {
    /// Write nothing; fail if a document does not match the code
    #[arg(long)]
    check: bool,
    /// Root of the repository, which contains `openapi/`
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

pub(super) fn run(args: &OpenapiArgs) -> Result<(), CliError> {
    for (name, text) in files()? {
        let path = args.root.join(name);
        if args.check {
            check(&path, &text)?;
        } else {
            write(&path, &text)?;
        }
    }
    Ok(())
}

/// Path and content of each file below `openapi/`.
fn files() -> Result<Vec<(&'static str, String)>, CliError> {
    let mut files =
        vec![("openapi/user.schema.json", serde_json::to_string_pretty(&user::json_schema())? + "\n")];
    for document in api::documents(None).into_iter().chain([api::admin::document()]) {
        let text = document.openapi.to_pretty_json()? + "\n";
        files.push((document.path.trim_start_matches('/'), text));
    }
    Ok(files)
}

fn check(path: &Path, text: &str) -> Result<(), CliError> {
    let committed = std::fs::read_to_string(path).map_err(CliError::io(path.display().to_string()))?;
    if committed == text {
        return Ok(());
    }
    Err(CliError::Message(format!("{} is out of date; run `userbatch openapi` to update it", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let written =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(CliError::io(path.display().to_string()))
}
