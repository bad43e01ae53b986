//! `userbatch completions` prints scripts that work, and that have nothing of the environment in which they were made.

use std::process::Command;

use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;
use userbatch::cli::Cli;

use crate::app::SECRET_KEY;

fn script(shell: Shell) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_userbatch"));
    command.args(["completions", &shell.to_string()]).env("USERBATCH_SECRET_KEY", SECRET_KEY);
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}");
    String::from_utf8(output.stdout).unwrap()
}

/// What bash offers for the last of `words`.
fn bash_offers(words: &[&str]) -> Vec<String> {
    let ask = r#"
        eval "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _userbatch userbatch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    let bash = bash.args(["--norc", "-euc", ask, "bash", &script(Shell::Bash), "userbatch"]).args(words);
    let output = bash.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    assert_eq!(bash_offers(&["cred"]), ["credential"]);
    assert_eq!(bash_offers(&["tenant", "s"]), ["set", "suspend"]);
    assert_eq!(bash_offers(&["serve", "--drain"]), ["--drain-seconds"]);
    assert_eq!(bash_offers(&["import", "--from", "g"]), ["genauth"]);
    assert_eq!(bash_offers(&["completions", "po"]), ["powershell"]);
}

#[test]
fn every_shell_is_told_every_command_and_no_setting_of_this_machine() {
    for shell in Shell::value_variants() {
        let script = script(*shell);
        for command in ["userbatch", "credential", "rotate", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
        assert!(!script.contains(SECRET_KEY), "{shell}");
        // Printing escapes what a terminal would act on, such as tabs, which would break a script.
        let mut generated = Vec::new();
        clap_complete::generate(*shell, &mut Cli::command(), "userbatch", &mut generated);
        assert!(script.as_bytes() == generated, "{shell}");
    }
}
