//! `userbatch man`.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, CliError, terminal};

/// Settings of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for every command to this directory, which is created if it does not exist
    #[arg(long)]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs) -> Result<(), CliError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        None => terminal::print(&String::from_utf8_lossy(&render(&page(&command))?)),
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(CliError::io(directory.display().to_string()))?;
            write(&command, directory)
        }
    }
}

/// Writes the pages of `command` and of those below it.
fn write(command: &Command, directory: &Path) -> Result<(), CliError> {
    let page = page(command);
    let path = directory.join(page.get_filename());
    std::fs::write(&path, render(&page)?).map_err(CliError::io(path.display().to_string()))?;
    command.get_subcommands().try_for_each(|command| write(command, directory))
}

/// The page of a built command. Only the program itself has a version, which every page names.
fn page(command: &Command) -> Man {
    let source = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).source(source).manual("Userbatch")
}

fn render(page: &Man) -> Result<Vec<u8>, CliError> {
    let mut roff = Vec::new();
    page.render(&mut roff).map_err(CliError::io("the manual page"))?;
    Ok(roff)
}
