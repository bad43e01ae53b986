//! A gateway whose database's schema is missing, older or newer logs one line that says what to run, is not
//! ready if it cannot serve, and recovers once that has been run.

use std::process::Stdio;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgConnection;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStderr, Command};
use tokio::time::timeout;
use userbatch::api::Limits;
use userbatch::auth::Secret;
use userbatch::core::clock::Clock;
use userbatch::core::face::Face;
use userbatch::store::{MigrateError, SchemaState, migrate};

use crate::app::{Database, PASSWORD, SECRET_KEY, TestApp};
use crate::program::Program;

/// The last numbered migration.
const OURS: i64 = 19;

async fn run(owner: &mut PgConnection, statements: &'static str) {
    sqlx::raw_sql(statements).execute(owner).await.unwrap();
}

async fn gateway(database: Database) -> TestApp {
    TestApp::start_on(database, Clock::system(), Limits::default()).await
}

/// What `/readyz` says besides what it runs.
const PROGRAM: &str = concat!(" (userbatch ", env!("CARGO_PKG_VERSION"), ")\n");

/// The answer of `/readyz`, which is one line and ends with the version; what comes before that.
async fn ready(app: &TestApp) -> (StatusCode, String) {
    let answer = app.http.get(app.url("/readyz")).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(text.lines().count(), 1, "{text}");
    let said = text.strip_suffix(PROGRAM).expect("it ends with the version");
    (status, said.to_owned())
}

async fn assert_unready(app: &TestApp, expected: &SchemaState) {
    // That it was ready is remembered for half a second.
    tokio::time::sleep(Duration::from_millis(550)).await;
    let (status, text) = ready(app).await;
    assert_eq!((status, text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, expected.to_string().as_str()));
    assert!(text.contains("`userbatch migrate`"), "{text}");
}

#[tokio::test]
async fn a_database_that_was_never_migrated_is_not_ready_until_it_is() {
    let app = gateway(Database::empty().await).await;
    assert_unready(&app, &SchemaState::Missing).await;
    let key = Secret::generate(Face::BitBadges).unwrap();
    let call = app.http.post(app.url("/api/v0/users")).header("x-api-key", key.expose());
    let answer = call.json(&json!({ "accountsToFetch": [] })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    migrate(&app.database.owner_url, Some(PASSWORD)).await.unwrap();
    assert_eq!(ready(&app).await, (StatusCode::OK, "ok".to_owned()));
}

#[tokio::test]
async fn an_older_schema_and_one_that_lacks_a_function_are_not_ready_until_they_are_migrated() {
    let app = gateway(Database::new().await).await;
    let mut owner = app.database.owner_connection().await;
    run(&mut owner, "UPDATE schema_state SET version = version - 1").await;
    assert_unready(&app, &SchemaState::Older { found: OURS - 1 }).await;
    run(
        &mut owner,
        "UPDATE schema_state SET version = version + 1; DROP FUNCTION user_page(uuid, bigint, integer)",
    )
    .await;
    let functions = vec!["user_page(uuid, bigint, integer)".to_owned()];
    assert_unready(&app, &SchemaState::Lacking { found: OURS, functions }).await;
    run(&mut owner, "REVOKE SELECT ON schema_state FROM userbatch_serving").await;
    assert_unready(&app, &SchemaState::Missing).await;
    migrate(&app.database.owner_url, None).await.unwrap();
    assert_eq!(ready(&app).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_newer_schema_is_served_for_as_long_as_it_has_what_is_called() {
    let app = gateway(Database::new().await).await;
    let mut owner = app.database.owner_connection().await;
    run(&mut owner, "UPDATE schema_state SET version = 1000, functions = sha256('newer')").await;
    assert_eq!(app.serving.schema().await.unwrap(), SchemaState::Newer { found: 1_000 });
    assert_eq!(ready(&app).await.0, StatusCode::OK);
    let older = migrate(&app.database.owner_url, None).await;
    assert!(matches!(older, Err(MigrateError::Newer)), "its functions are not overwritten: {older:?}");
    run(&mut owner, "DROP FUNCTION user_page(uuid, bigint, integer)").await;
    let functions = vec!["user_page(uuid, bigint, integer)".to_owned()];
    assert_unready(&app, &SchemaState::Lacking { found: 1_000, functions }).await;
    run(
        &mut owner,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     VALUES (1000, 'newer', true, '', 0)",
    )
    .await;
    assert!(matches!(migrate(&app.database.owner_url, None).await, Err(MigrateError::Newer)));
}

/// Reads what a program writes until a line has this in it.
async fn until(said: &mut Vec<String>, lines: &mut Lines<BufReader<ChildStderr>>, wanted: &str) {
    while !said.last().is_some_and(|line| line.contains(wanted)) {
        let line = timeout(Duration::from_mins(1), lines.next_line()).await;
        said.push(line.expect("it writes on").unwrap().expect("it runs on"));
    }
}

#[tokio::test]
async fn serve_says_in_one_line_what_to_run_and_serves_once_that_was_done() {
    let program = Program::new(Database::empty().await);
    let mut serve = Command::from(program.command("serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0"));
    serve.env("DATABASE_URL", &program.database.serving_url).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut serving = serve.kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    until(&mut said, &mut lines, "serving").await;
    migrate(&program.database.owner_url, Some(PASSWORD)).await.unwrap();
    until(&mut said, &mut lines, "the database is ready").await;
    assert_eq!(said.iter().filter(|line| line.contains("`userbatch migrate`")).count(), 1, "{said:?}");
    assert!(said.iter().all(|line| !line.contains(PASSWORD) && !line.contains(SECRET_KEY)));
}
