//! Whoever runs an import is told its outcome: by the exit status, the counts, the first reasons, and a list of all
//! rejected records that is never out of date.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use userbatch::admin::{AdminError, ImportOptions, SourceFault, SourceFormat};
use userbatch::core::face::Face;

use crate::app::{Database, TestApp};
use crate::importing::Admin;
use crate::program::Program;

const SOUND: &str = "{\"id\":\"1\"}\n";
/// A sound record and seven faulty ones.
const FAULTY: &str = "{\"id\":\"2\"}\n{\"id\":1}\n{\"id\":1}\n{\"id\":1}\n{\"id\":1}\n{\"id\":1}\n{\"id\":1}\n\
    {\"id\":\"3\",\"a\\u001b[31m\":1}\n";

async fn program() -> Program {
    let program = Program::new(Database::new().await);
    program.json("tenant create --slug acme");
    program.file("users.ndjson", FAULTY);
    program
}

struct Outcome {
    status: Option<i32>,
    printed: String,
    told: String,
}

fn outcome(output: Output) -> Outcome {
    Outcome {
        status: output.status.code(),
        printed: String::from_utf8(output.stdout).unwrap(),
        told: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(program: &Program, arguments: &str) -> Outcome {
    outcome(program.command(arguments).output().unwrap())
}

fn rejects_of(program: &Program) -> PathBuf {
    program.directory.join("users.ndjson.rejects.ndjson")
}

/// A working directory in which nobody can create a file, root included: as read-only as a container's.
const READ_ONLY: &str = "/proc";

/// The names of the files in the working directory.
fn files(program: &Program) -> Vec<String> {
    let entries = std::fs::read_dir(&program.directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn rejected_records_show_in_the_status_the_counts_and_the_list_until_a_clean_run() {
    let program = program().await;
    let partial = run(&program, "import --tenant acme users.ndjson");
    assert_eq!(partial.status, Some(2), "{}", partial.told);
    assert!(partial.printed.contains("added     1\n") && partial.printed.contains("rejected  7\n"));
    assert_eq!(partial.told.matches("id must be a string").count(), 5, "{}", partial.told);
    for part in ["line 2: id must be a string\n", "… and 2 more\n", "listed in users.ndjson.rejects.ndjson\n"]
    {
        assert!(partial.told.contains(part), "{}", partial.told);
    }
    let rejects = std::fs::read_to_string(rejects_of(&program)).unwrap();
    assert_eq!(rejects.lines().count(), 7);
    let mode = std::fs::metadata(rejects_of(&program)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let strict = run(&program, "import --tenant acme --strict users.ndjson");
    assert_eq!(strict.status, Some(1));
    assert!(strict.told.contains("nothing was imported"), "{}", strict.told);
    assert!(rejects_of(&program).exists());

    program.file("users.ndjson", SOUND);
    let clean = run(&program, "import --tenant acme users.ndjson");
    assert_eq!((clean.status, clean.told.as_str()), (Some(0), ""));
    assert!(clean.printed.contains("rejected  0\n"), "{}", clean.printed);
    assert_eq!(files(&program), ["users.ndjson"], "the list of the earlier run is gone");
    let exported = String::from_utf8(program.export("acme")).unwrap();
    assert_eq!(
        exported,
        "{\"id\":\"2\",\"setBy\":{\"userbatch\":\"*\"}}\n{\"id\":\"1\",\"setBy\":{\"userbatch\":\"*\"}}\n"
    );
}

#[tokio::test]
async fn without_a_place_for_the_list_nothing_is_imported() {
    let program = program().await;
    for rejects in ["nowhere/rejects.ndjson", "users.ndjson", "."] {
        let refused = run(&program, &format!("import --tenant acme --rejects {rejects} users.ndjson"));
        assert_eq!(refused.status, Some(1), "{rejects}");
        for part in ["--rejects", "nothing was imported"] {
            assert!(refused.told.contains(part), "{}", refused.told);
        }
    }
    assert_eq!(program.export("acme"), b"");
    assert_eq!(files(&program), ["users.ndjson"]);
    assert_eq!(std::fs::read_to_string(program.directory.join("users.ndjson")).unwrap(), FAULTY);
}

#[tokio::test]
async fn rejects_of_standard_input_go_to_standard_error() {
    let program = program().await;
    let mut command = program.command("import --tenant acme -");
    command.current_dir(READ_ONLY);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut import = command.spawn().unwrap();
    import.stdin.take().unwrap().write_all(FAULTY.as_bytes()).unwrap();
    let outcome = outcome(import.wait_with_output().unwrap());
    assert_eq!(outcome.status, Some(2), "{}", outcome.told);
    assert_eq!(outcome.told.lines().count(), 7, "{}", outcome.told);
    assert!(outcome.printed.contains("added     1\n") && outcome.printed.contains("rejected  7\n"));
    assert!(!outcome.told.contains('\u{1b}'), "{}", outcome.told);
    assert_eq!(files(&program), ["users.ndjson"]);
}

#[tokio::test]
async fn an_invalid_command_line_has_the_status_of_a_failure() {
    let program = program().await;
    let invalid = run(&program, "import --tenant acme");
    assert_eq!(invalid.status, Some(1));
    assert!(invalid.told.contains("<FILE>"), "{}", invalid.told);
}

/// Sources that look like more than one format, or like none.
const AMBIGUOUS: [&str; 22] = [
    r#"{"data":[{"cosmosAddress":"c"}],"metadata":{}}"#,
    r#"{"statusCode":200,"data":[{"cosmosAddress":"c"}]}"#,
    r#"{"data":[{"profile":{}}],"metadata":{}}"#,
    r#"{"data":[{"id":"1","profile":{}}],"metadata":{}}"#,
    r#"{"data":[{"userId":"1"}]}"#,
    r#"{"data":[{"userId":"1"}],"metadata":{}}"#,
    r#"{"statusCode":200,"data":[{"id":"1"}]}"#,
    r#"{"statusCode":200,"data":{"userId":"1"}}"#,
    r#"{"statusCode":200,"data":{"id":"1"}}"#,
    r#"{"statusCode":200,"data":["1"]}"#,
    r#"{"statusCode":200,"message":"ok"}"#,
    r#"{"accounts":[{"id":"1","address":"0x"}]}"#,
    r#"{"accounts":[{"userId":"1"}]}"#,
    r#"{"accounts":[],"data":[{"userId":"1"}]}"#,
    r#"{"userId":"1"}"#,
    r#"{"id":"1"}"#,
    r#"{"id":"1","accounts":[]}"#,
    r#"{"cosmosAddress":"c"}"#,
    r#"{"user":{"id":"1"}}"#,
    "{\n\"id\":\"1\",\"profile\":{}}",
    r#"[{"id":"1","profile":{}}]"#,
    r#"[{"statusCode":200,"data":[{"id":"1"}]}]"#,
];

#[tokio::test]
async fn the_format_that_is_suggested_is_accepted() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let admin = Admin::of(&app);
    let mut suggested = 0;
    for (text, from) in
        AMBIGUOUS.into_iter().flat_map(|text| SourceFormat::all().map(move |format| (text, format)))
    {
        let attempt = async |from| {
            let options = ImportOptions { from, dry_run: true, ..ImportOptions::default() };
            admin.try_import("a", text, &options).await.0
        };
        if let Err(AdminError::Source(SourceFault::Wrong { found, .. })) = attempt(from).await {
            suggested += 1;
            let followed = attempt(found).await;
            assert!(
                !matches!(followed, Err(AdminError::Source(_))),
                "{text} as {from}, as {found}: {followed:?}"
            );
        }
    }
    assert!(suggested > 20, "{suggested}");
    let quoting = ImportOptions { from: SourceFormat::Vendor(Face::GenAuth), ..ImportOptions::default() };
    for text in [r#""secret""#, r#"{"statusCode":"secret"}"#, r#"{"data":"secret"}"#] {
        let error = admin.try_import("a", text, &quoting).await.0.unwrap_err().to_string();
        assert!(error.contains("does not look like") && !error.contains("secret"), "{error}");
    }
}
