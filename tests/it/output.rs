//! What the commands print: safe on a terminal, without a panic if it cannot be written, and in files that are private
//! and complete or not there.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use sqlx::Connection as _;

use crate::app::Database;
use crate::program::Program;

/// Clears the screen, changes colours, and reverses what follows, in both ranges of control characters.
const HOSTILE: &str = "x\u{1b}[2J\u{9b}31m\u{7f}\u{202e}y\u{2066}";

fn is_hostile(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

async fn program() -> Program {
    let program = Program::new(Database::new().await);
    let create = program.command("tenant create --slug acme --name").arg(HOSTILE).output().unwrap();
    assert!(create.status.success());
    program
}

#[tokio::test]
async fn a_new_secret_is_called_what_its_callers_call_it_and_a_publishable_key_is_none() {
    let program = program().await;
    let printed = |arguments: &str| {
        let output = program.command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for (api, id, secret) in [
        ("bitbadges", "id       ", "API key  ubb_"),
        ("avepoint", "client id      ", "client secret  uba_"),
        ("genauth", "access key id      ", "access key secret  ubg_"),
        ("scim", "id            ", "bearer token  ubs_"),
    ] {
        let issued = printed(&format!("credential issue --tenant acme --face {api}"));
        let (label, _) = secret.split_once("  ").unwrap();
        let store = format!("\nStore the {label} now: it is not shown again.\n");
        assert!(issued.starts_with(id) && issued.contains(&format!("\n{secret}")), "{issued}");
        assert!(issued.ends_with(&store), "{issued}");
    }
    let issued = printed("credential issue --tenant acme --face bitbadges --publishable");
    let id = issued.lines().next().unwrap().rsplit_once(' ').unwrap().1;
    let rotated = printed(&format!("credential rotate {id}"));
    assert!(rotated.contains("\nearlier ones work until "), "{rotated}");
    for text in [issued, rotated] {
        assert!(text.contains("\npublishable key  ubp_") && text.contains("anybody may see it"), "{text}");
        assert!(!text.contains("secret") && !text.contains("Store"), "{text}");
    }
}

#[tokio::test]
async fn control_characters_in_data_never_reach_the_terminal() {
    let program = program().await;
    let issue =
        program.command("credential issue --tenant acme --face bitbadges --name").arg(HOSTILE).output();
    assert!(issue.unwrap().status.success());
    let user = serde_json::json!({ "id": "1", "profile": { "displayName": HOSTILE } }).to_string();
    program.file("users.ndjson", &(user + "\n"));
    let file = program.directory.join(HOSTILE);
    std::fs::write(&file, "{}\n").unwrap();
    for arguments in [
        "import --tenant acme users.ndjson",
        "tenant list",
        "credential list",
        "audit",
        "user find --tenant acme a",
    ] {
        for format in ["text", "json"] {
            let operator = ["--operator", HOSTILE, "--output", format];
            let output = program.command(arguments).args(operator).output().unwrap();
            let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(output.status.success() && !printed.contains(is_hostile), "{arguments}: {printed:?}");
        }
    }
    let tenants = program.json("tenant list");
    assert_eq!(tenants[0]["name"], HOSTILE, "JSON has the same text");
    let exported = String::from_utf8(program.export("acme")).unwrap();
    assert!(!exported.contains(is_hostile), "{exported:?}");
    assert_eq!(serde_json::from_str::<Value>(&exported).unwrap()["profile"]["displayName"], HOSTILE);
    let refused = program.command("import --tenant acme").arg(&file).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && !told.contains(is_hostile) && told.contains("x\\u{1b}[2J"),
        "{told:?}"
    );
}

/// The commands that print something, each in its own way.
const PRINTING: [&str; 6] =
    ["tenant list", "tenant list --output json", "export --tenant acme", "audit", "--help", "import --help"];

#[tokio::test]
async fn a_reader_that_goes_away_ends_a_command_quietly() {
    let program = program().await;
    let users: Vec<String> = (0..20_000).map(|id| format!("{{\"id\":\"{id}\"}}")).collect();
    program.file("users.ndjson", &users.join("\n"));
    program.json("import --tenant acme users.ndjson");
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program.command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{arguments}");
    }
}

/// `/dev/full` is Linux's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error_and_no_panic() {
    let program = program().await;
    program.file("users.ndjson", "{\"id\":\"1\"}\n{}\n");
    program.command("import --tenant acme users.ndjson").output().unwrap();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in PRINTING {
        let output = program.command(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {told}");
        assert!(told.starts_with("error: standard output: No space left"), "{arguments}: {told}");
    }
    for (arguments, status) in [
        ("export --tenant acme /dev/full", 1),
        ("import --tenant acme --rejects /dev/full users.ndjson", 1),
        ("tenant list --nonsense", 1),
        ("export --tenant none", 1),
        ("export --tenant acme", 0),
        ("migrate", 0),
    ] {
        let status_of = program.command(arguments).stderr(full()).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status_of.code(), Some(status), "{arguments}");
    }
}

#[tokio::test]
async fn an_export_to_a_file_is_private_and_complete_or_leaves_what_was_there() {
    let program = program().await;
    program.file("in.ndjson", "{\"id\":\"1\"}\n");
    program.json("import --tenant acme in.ndjson");
    std::fs::remove_file(program.directory.join("in.ndjson")).unwrap();
    program.file("users.ndjson", "earlier\n");
    let read = || std::fs::read_to_string(program.directory.join("users.ndjson")).unwrap();
    let files = || std::fs::read_dir(&program.directory).unwrap().count();

    let failed = program.command("export --tenant none users.ndjson").output().unwrap();
    assert!(!failed.status.success());
    assert_eq!((read().as_str(), files()), ("earlier\n", 1));

    let mut connection = program.database.owner_connection().await;
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("LOCK TABLE \"user\" IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await.unwrap();
    let mut stopped = program.command("export --tenant acme users.ndjson").spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while files() < 2 {
        assert!(Instant::now() < deadline, "the export has started");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill_process(Pid::from_child(&stopped), Signal::INT).unwrap();
    assert_eq!(stopped.wait().unwrap().code(), Some(1));
    assert_eq!((read().as_str(), files()), ("earlier\n", 1));
    transaction.rollback().await.unwrap();

    let export = program.command("export --tenant acme users.ndjson").output().unwrap();
    assert!(export.status.success());
    assert_eq!((read().as_str(), files()), ("{\"id\":\"1\",\"setBy\":{\"userbatch\":\"*\"}}\n", 1));
    let mode = std::fs::metadata(program.directory.join("users.ndjson")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// What the command writes to standard error if that is a terminal.
fn on_terminal(command: &mut Command) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let side = || OwnedFd::from(OpenOptions::new().read(true).write(true).open(&name).unwrap());
    let mut child = command.stdout(side()).stderr(side()).spawn().unwrap();
    // Otherwise the command itself would keep the terminal open.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let reading = std::thread::spawn(move || {
        let mut shown = Vec::new();
        // Ends with an error on Linux, when nobody has the other side open any more.
        let _ = File::from(terminal).read_to_end(&mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    });
    child.wait().unwrap();
    reading.join().unwrap()
}

#[tokio::test]
async fn colours_are_for_terminals_that_want_them() {
    let program = program().await;
    program.file("users.ndjson", "{\"id\":\"1\"}\n");
    let shown = |arguments: &str, environment: &[(&str, &str)]| {
        let mut command = program.command(arguments);
        on_terminal(command.env("TERM", "xterm-256color").envs(environment.iter().copied()))
    };
    for arguments in ["tenant list --nonsense", "migrate", "tenant --help"] {
        assert!(shown(arguments, &[]).contains('\u{1b}'), "{arguments}");
        for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let text = shown(arguments, &[environment]);
            assert!(!text.is_empty() && !text.contains('\u{1b}'), "{arguments}: {text:?}");
        }
    }
    let bar = shown("import --tenant acme users.ndjson", &[("TERM", "dumb")]);
    assert!(!bar.contains('\u{1b}'), "{bar:?}");
}
