//! A setting that is empty is one that is not set.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use clap::CommandFactory as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use userbatch::cli::Cli;

use crate::app::Database;
use crate::program::Program;

/// The environment variables that commands read.
fn variables(command: &clap::Command, found: &mut BTreeSet<String>) {
    let names = command.get_arguments().filter_map(clap::Arg::get_env);
    found.extend(names.map(|name| name.to_str().unwrap().to_owned()));
    command.get_subcommands().for_each(|command| variables(command, found));
}

/// The command, with every setting that it does not need empty.
fn command(program: &Program, arguments: &str) -> std::process::Command {
    let mut command = program.command(arguments);
    let mut names = BTreeSet::new();
    variables(&Cli::command(), &mut names);
    assert!(names.contains("USERBATCH_SERVING_PASSWORD") && names.contains("RUST_LOG"));
    for name in names.iter().filter(|name| !["DATABASE_URL", "USERBATCH_SECRET_KEY"].contains(&name.as_str()))
    {
        command.env(name, "");
    }
    command
}

#[tokio::test]
async fn commands_run_with_every_other_setting_empty() {
    let program = Program::new(Database::new().await);
    for arguments in ["migrate", "tenant list", "audit"] {
        let output = command(&program, arguments).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
    // The serving role can still log in.
    program.database.serving_connection().await;
    let mut serve = Command::from(command(&program, "serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0"));
    serve.env("DATABASE_URL", &program.database.serving_url).stderr(Stdio::piped()).kill_on_drop(true);
    let mut serving = serve.spawn().unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    loop {
        let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
        let line = line.expect("it goes on").unwrap().expect("it serves");
        if line.contains("serving") {
            break;
        }
    }
}

#[tokio::test]
async fn an_empty_secret_is_none_wherever_it_is_given() {
    let program = Program::new(Database::new().await);
    program.file("empty", "\n");
    let mut migrate = program.command("migrate --serving-password-file empty");
    assert!(migrate.output().unwrap().status.success());
    let mut migrate = program.command("migrate --serving-password-file empty");
    assert!(migrate.args(["--serving-password", ""]).output().unwrap().status.success());
    program.database.serving_connection().await;
    let mut list = program.command("tenant list");
    let output = list.env("DATABASE_URL", "").output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("neither DATABASE_URL nor DATABASE_URL_FILE is set"), "{errors}");
}
