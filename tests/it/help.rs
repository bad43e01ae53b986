//! The `--help` output of every command, and clap's own checks of the commands.

use clap::{Command, CommandFactory as _};
use userbatch::cli::Cli;

/// As a terminal of this many columns shows it.
const COLUMNS: usize = 100;

/// The help of a command and of those below it, each with the name of its snapshot.
fn helps(command: &Command, name: &str) -> Vec<(String, String)> {
    // Not what the environment of the test sets.
    let shown = command.clone().term_width(COLUMNS).mut_args(|argument| argument.hide_env_values(true));
    let own = (name.to_owned(), shown.clone().render_long_help().to_string());
    let below = command.get_subcommands().filter(|command| command.get_name() != "help");
    let below = below.flat_map(|command| helps(command, &format!("{name}-{}", command.get_name())));
    [own].into_iter().chain(below).collect()
}

#[test]
fn the_commands_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_help_text_is_as_reviewed() {
    let mut command = Cli::command();
    command.build();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in helps(&command, "userbatch") {
            insta::assert_snapshot!(name, text);
        }
    });
}
