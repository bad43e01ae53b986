//! By following `docs/operating.md`, an operator gets from an empty database to a company's users served by all three
//! APIs: the commands of its chapter are run as written.

use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::app::{Database, PASSWORD, SECRET_KEY};
use crate::program::Program;

const PAGE: &str = include_str!("../../docs/operating.md");
const CHAPTER: &str = "## From an empty database to users behind three APIs\n";
/// The chapter must be done within this time.
const PATIENCE: Duration = Duration::from_mins(2);
/// Separates the output of the blocks.
const BETWEEN_BLOCKS: &str = "\u{1e}";

const NIGHTLY: &str = "## Every night\n";
const ERASING: &str = "## Erasing a person\n";

/// The fenced blocks of `chapter` in this language.
fn blocks(chapter: &str, language: &str) -> Vec<&'static str> {
    let chapter = PAGE.split_once(chapter).unwrap().1;
    let chapter = chapter.split_once("\n##").unwrap().0;
    let fence = format!("```{language}\n");
    chapter.split(fence.as_str()).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

/// The settings that the chapter names, with values for this database.
fn settings(database: &Database) -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let values = [
        ("USERBATCH_ADMIN_DATABASE_URL", database.owner_url.clone()),
        ("DATABASE_URL", database.serving_url.clone()),
        ("USERBATCH_SERVING_PASSWORD", PASSWORD.to_owned()),
        ("USERBATCH_SECRET_KEY", SECRET_KEY.to_owned()),
        ("USERBATCH_LISTEN", free.to_string()),
    ];
    let text = blocks(CHAPTER, "env").concat();
    let named = text.lines().map(|line| line.split_once('=').unwrap().0).map(|name| {
        let (_, value) = values.iter().find(|(known, _)| *known == name).expect(name);
        [name, "='", value, "'\n"].concat()
    });
    // Two gateways on one machine cannot both have the operators' usual port.
    named.chain(["USERBATCH_ADMIN_LISTEN=127.0.0.1:0\n".to_owned()]).collect()
}

/// A shell with all that it started, which ends with it.
struct Shell(Child);

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::TERM);
    }
}

/// Runs `chapter` in the program's directory. Returns what each block printed.
async fn follow(program: &Program, chapter: &str) -> Vec<String> {
    let script = blocks(chapter, "sh").join(&format!("\nprintf '{BETWEEN_BLOCKS}'\n"));
    let binaries = Path::new(env!("CARGO_BIN_EXE_userbatch")).parent().unwrap();
    let mut path = OsString::from(binaries);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let file = |name: &str| program.directory.join(name);
    let mut command = Command::new("sh");
    command
        .args(["-eu", "-c", &script])
        .current_dir(&program.directory)
        .env_clear()
        .env("PATH", path)
        .env("USER", "operator")
        .envs((chapter != CHAPTER).then_some(("USERBATCH_ADMIN_DATABASE_URL", &program.database.owner_url)))
        .envs((chapter == ERASING).then_some(("USERBATCH_SECRET_KEY", SECRET_KEY)))
        .stdin(Stdio::null())
        .stdout(File::create(file("output")).unwrap())
        .stderr(File::create(file("errors")).unwrap())
        .process_group(0);
    let mut shell = Shell(command.spawn().unwrap());
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match shell.0.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => break None,
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let [output, errors] = ["output", "errors"].map(|name| std::fs::read_to_string(file(name)).unwrap());
    assert!(status.is_some_and(|status| status.success()), "{status:?}\n{output}\n{errors}");
    output.split(BETWEEN_BLOCKS).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_page_leads_from_an_empty_database_to_one_person_behind_three_apis() {
    let program = Program::new(Database::empty().await);
    program.file("gateway.env", &settings(&program.database));
    let samples = program.directory.join("docs/samples");
    std::fs::create_dir_all(&samples).unwrap();
    for sample in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/samples")).unwrap() {
        let sample = sample.unwrap();
        std::fs::copy(sample.path(), samples.join(sample.file_name())).unwrap();
    }
    let printed = follow(&program, CHAPTER).await;
    let [start, import, issue, fetch, rotate, explain, user, export] = &printed[..] else {
        panic!("{printed:#?}")
    };
    assert_eq!((start.as_str(), issue.as_str()), ("", ""));
    let added: Vec<_> = import.lines().filter(|line| line.starts_with("added")).collect();
    assert_eq!(
        added,
        ["added     1", "added     0", "added     0", "added     0"],
        "all are about one person"
    );
    assert_eq!(import.matches("rejected  0\n").count(), 4, "{import}");

    assert!(user.contains("changed c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff version "), "{user}");
    let found = "Tony from Sales  tony      tony@example.com";
    assert_eq!(user.matches(found).count(), 1, "{user}");
    assert!(user.contains("profile.nickname added\n") && user.ends_with("deleted u-2\n"), "{user}");

    let (account, rest) = fetch.split_once(" 200\n").unwrap();
    let account: Value = serde_json::from_str(account).unwrap();
    let account = &account["accounts"][0];
    assert_eq!((&account["username"], &account["accountNumber"]), (&json!("tony"), &json!("10")));
    let answers = serde_json::Deserializer::from_str(rest).into_iter();
    let answers: Vec<Value> = answers.collect::<Result<_, _>>().unwrap();
    let [genauth, avepoint] = &answers[..] else { panic!("{fetch}") };
    let (user, person) = (&genauth["data"][0], &avepoint["data"][0]);
    assert_eq!(user["userId"], "6229ffa51c08d34cade3e3d9");
    assert_eq!(person["id"], "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff");
    for (shown, expected) in [
        ((&user["name"], &person["displayName"]), "Tony from Sales"),
        ((&user["email"], &person["mail"]), "tony@example.com"),
        ((&user["country"], &person["countryOrRegion"]), "Slovenia"),
    ] {
        assert_eq!(shown, (&json!(expected), &json!(expected)));
    }
    assert_eq!(avepoint["metadata"]["totalCount"], 1);

    let statuses = rotate.lines().filter_map(|line| line.strip_prefix('{')?.rsplit_once("} "));
    let statuses: Vec<_> = statuses.map(|(_, status)| status).collect();
    assert_eq!(statuses, ["200", "200", "401", "401"]);
    assert!(explain.contains("shown    c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff\n"), "{explain}");
    let exported = std::fs::read_to_string(program.directory.join("users.ndjson")).unwrap();
    assert_eq!(exported.lines().count(), 3, "the person, an announcement and who gets it");
    // A tenant, four imports, three credentials, a rotation, a revocation, an explanation, five acts on single users, an
    // export.
    assert_eq!(export.matches("operator (cli)").count(), 17, "{export}");
}

#[tokio::test]
async fn the_nightly_walk_takes_leavers_along_and_tells_who_follows() {
    let program = Program::new(Database::new().await);
    let printed = follow(&program, NIGHTLY).await;
    let [first, second, followed] = &printed[..] else { panic!("{printed:#?}") };
    assert!(first.contains("added     3\n"), "{first}");
    for line in [
        "would add 4\n",
        "would change 1: profile.displayName changed, contact.phone removed, account.flags removed\n",
        "would remove 3\n",
        "would be refused: 1 of 3 users of this source are not in the file (--max-removals)\nrefused\n",
        "added     1\nchanged   1\nunchanged 1\nremoved   1\n",
    ] {
        assert!(second.contains(line), "{line} {second}");
    }
    let lines: Vec<Value> = followed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [ann, di, cy] = &lines[..] else { panic!("{followed}") };
    assert_eq!(
        (&ann["profile"]["displayName"], &ann["contact"]["phone"]),
        (&json!("Ann Lee-Roe"), &Value::Null)
    );
    assert_eq!((&di["id"], cy), (&json!("4"), &json!({ "removed": "3" })));
}

/// A receipt without what differs from one to the next.
fn receipts(printed: &str) -> String {
    let value = |line: &str| match line.split_once(' ') {
        Some((name @ ("receipt" | "erased"), rest)) if rest.trim().len() > 10 => format!("{name:<18} […]\n"),
        _ => format!("{line}\n"),
    };
    // The line of the tenant has random ids.
    let lines = printed.lines().filter(|line| !line.starts_with("SLUG ") && !line.starts_with("erasures "));
    lines.map(value).collect()
}

#[tokio::test]
async fn the_chapter_about_erasing_erases_who_is_there_and_who_left_and_lets_one_come_back() {
    let program = Program::new(Database::new().await);
    let printed = follow(&program, ERASING).await;
    let [there, left, back] = &printed[..] else { panic!("{printed:#?}") };
    insta::assert_snapshot!("erasing_who_is_there", receipts(there));
    insta::assert_snapshot!("erasing_who_left", receipts(left));
    insta::assert_snapshot!("allowing_one", back);
    let exported = String::from_utf8(program.export("erasures")).unwrap();
    assert!(exported.contains("Ann Lee") && !exported.contains("Bo Hall"), "{exported}");
}

#[tokio::test]
async fn a_bad_record_is_listed_in_the_rejects_file_and_a_bad_file_fails() {
    let operator = Program::new(Database::new().await);
    operator.json("tenant create --slug acme");
    operator.file("users.ndjson", "{\"id\":\"1\"}\n{\"id\":2}\n");
    assert_eq!(operator.json("import --tenant acme users.ndjson")["rejected"], 1);
    let rejects = std::fs::read_to_string(operator.directory.join("users.ndjson.rejects.ndjson")).unwrap();
    assert_eq!(rejects, "{\"line\":2,\"record\":2,\"field\":\"id\",\"reason\":\"must be a string\"}\n");
    operator.file("wrong.json", include_str!("../../docs/samples/avepoint.json"));
    for (arguments, reason) in [
        ("import --tenant acme --from genauth wrong.json", "--from avepoint"),
        ("import --tenant acme --strict users.ndjson", "strict"),
        ("import --tenant none users.ndjson", "no tenant"),
        ("import --tenant acme absent.ndjson", "absent.ndjson"),
        ("tenant delete acme --confirm other", "confirm with its slug"),
    ] {
        let output = operator.command(arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains(reason), "{arguments}: {errors}");
    }
}
