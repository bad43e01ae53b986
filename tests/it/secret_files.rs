//! Every secret can be read from a file, so that it is neither in the environment nor on the command line.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::app::{Database, PASSWORD, SECRET_KEY};
use crate::program::Program;

const TOKEN: &str = "token-of-the-admin-api-of-32-characters-or-more";

/// `serve`, with each of its secrets in a file that ends with a line break.
fn serve(program: &Program) -> Command {
    let mut command = program.command("serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0");
    for (name, secret) in secrets(program) {
        program.file(name, &format!("{secret}\n"));
        command.env_remove(name).env(format!("{name}_FILE"), name);
    }
    command
}

fn secrets(program: &Program) -> [(&'static str, &str); 4] {
    [
        ("DATABASE_URL", &program.database.serving_url),
        ("USERBATCH_ADMIN_DATABASE_URL", &program.database.owner_url),
        ("USERBATCH_SECRET_KEY", SECRET_KEY),
        ("USERBATCH_ADMIN_TOKEN", TOKEN),
    ]
}

/// What a command says that cannot run.
fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_gateway_serves_with_every_secret_in_a_file() {
    let program = Program::new(Database::new().await);
    let mut serving = tokio::process::Command::from(serve(&program));
    let mut serving = serving.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let operators = loop {
        let line = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await;
        let line = line.expect("it writes on").unwrap().expect("it runs on");
        if let Some((_, address)) = line.split_once("operators=") {
            break address.to_owned();
        }
    };
    let tenants = reqwest::Client::new().get(format!("http://{operators}/admin/v1/tenants"));
    assert_eq!(tenants.bearer_auth(TOKEN).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_and_a_secret_that_is_given_twice_are_refused_by_name() {
    let program = Program::new(Database::new().await);
    for (name, secret) in secrets(&program) {
        let twice = refusal(serve(&program).env(name, secret));
        assert!(twice.contains(&format!("{name} and {name}_FILE are both set")), "{twice}");
        let missing = refusal(serve(&program).env(format!("{name}_FILE"), "nowhere"));
        assert!(missing.contains(&format!("{name}_FILE: nowhere cannot be read: ")), "{missing}");
        for said in [twice, missing] {
            assert!(
                !said.contains(SECRET_KEY) && !said.contains(TOKEN) && !said.contains(PASSWORD),
                "{said}"
            );
        }
    }
    let empty = refusal(serve(&program).env("USERBATCH_SECRET_KEY_FILE", "/dev/null"));
    assert!(empty.contains("neither USERBATCH_SECRET_KEY nor USERBATCH_SECRET_KEY_FILE is set"), "{empty}");
}

#[tokio::test]
async fn migrate_gives_the_serving_role_the_password_in_a_file() {
    let program = Program::new(Database::new().await);
    program.file("password", &format!("{PASSWORD}\n"));
    program.file("url", &format!("{}\n", program.database.owner_url));
    let mut migrate = program.command("migrate --serving-password-file password");
    migrate.env_remove("DATABASE_URL").env("USERBATCH_ADMIN_DATABASE_URL_FILE", "url");
    assert!(migrate.env_remove("USERBATCH_SECRET_KEY").status().unwrap().success());
    program.database.serving_connection().await;
}
