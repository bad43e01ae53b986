//! What PostgreSQL says of itself, rather than of a statement, is a 503 on every face; and its own text, which may quote
//! data, is in no response and in no line of the log.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::embedded::Cluster;
use userbatch::store::{StoreError, migrate};

use crate::app::{Database, PASSWORD, TestApp, TestTenant, cluster_options};
use crate::outage::{Caller, assert_answered, assert_unavailable, status};
use crate::program::Program;

const MARKER: &str = "marker-of-personal-data";

async fn run(connection: &mut PgConnection, statements: String) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

async fn until(app: &TestApp, wanted: StatusCode) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while status(app, "/readyz").await != wanted {
        assert!(Instant::now() < deadline, "not {wanted} in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_reads_is_a_503_on_every_face() {
    let cluster = Cluster::start(cluster_options("read-only")).await.unwrap();
    cluster.ensure_owner("owner", PASSWORD).await.unwrap();
    cluster.ensure_database("owner", "owner", None).await.unwrap();
    let owner_url = cluster.url_as("owner", PASSWORD, "owner");
    migrate(&owner_url, Some(PASSWORD)).await.unwrap();
    let database =
        Database { owner_url, serving_url: cluster.url_as("userbatch_serving", PASSWORD, "owner") };
    let app = TestApp::start_on(database.clone(), Clock::system(), Limits::default()).await;
    let tenant = app.tenant("a").await;
    let caller = Caller::of(&app, &tenant).await;
    assert_answered(&caller.call(&app, &tenant).await);
    let fresh = Caller::of(&app, &tenant).await;

    let mut superuser = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    run(&mut superuser, "ALTER SYSTEM SET default_transaction_read_only = on".to_owned()).await;
    run(&mut superuser, "SELECT pg_reload_conf()".to_owned()).await;
    until(&app, StatusCode::SERVICE_UNAVAILABLE).await;
    for caller in [&caller, &fresh] {
        assert_unavailable(caller.call(&app, &tenant).await).await;
    }
    let late = TestApp::start_on(database.clone(), Clock::system(), Limits::default()).await;
    assert_unavailable(caller.call(&late, &tenant).await).await;
    assert!(app.uses.flush().await.is_err_and(|error| matches!(error, StoreError::ReadOnly)));
    let program = Program::new(database);
    for arguments in ["tenant create --slug b", "migrate"] {
        let output = program.command(arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains("use the URL of a primary"), "{errors}");
    }

    run(&mut superuser, "SET default_transaction_read_only = off".to_owned()).await;
    run(&mut superuser, "ALTER SYSTEM RESET default_transaction_read_only".to_owned()).await;
    run(&mut superuser, "SELECT pg_reload_conf()".to_owned()).await;
    until(&app, StatusCode::OK).await;
    assert_answered(&caller.call(&app, &tenant).await);
    app.uses.flush().await.unwrap();
    cluster.stop().await.unwrap();
}

/// A gateway of its own process.
struct Serving {
    process: Child,
    address: SocketAddr,
}

impl Serving {
    /// Serves the program's database; logs to the file `log`, each statement too.
    fn start(program: &Program) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = std::fs::File::create(program.directory.join("log")).unwrap();
        let mut command = program.command("serve --admin-listen 127.0.0.1:0");
        command
            .env("DATABASE_URL", &program.database.serving_url)
            .env("USERBATCH_LISTEN", address.to_string())
            .env("USERBATCH_ADMIN_DATABASE_URL", &program.database.owner_url)
            .env("USERBATCH_ADMIN_TOKEN", "a-token-of-operators-of-the-test");
        command.env("RUST_LOG", "trace").stdout(Stdio::null()).stderr(log);
        Self { process: command.spawn().unwrap(), address }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Has the functions that every request calls fail as `body` does.
async fn break_functions(database: &Database, body: &str) {
    let mut owner = database.owner_connection().await;
    for (name, arguments) in [
        ("revalidate", "uuid[], bigint[], integer"),
        ("caller_by_digest", "text, bytea"),
        ("caller_by_id", "text, uuid, text, text"),
    ] {
        let definition: String = sqlx::query_scalar("SELECT pg_get_functiondef($1::regprocedure)")
            .bind(format!("{name}({arguments})"))
            .fetch_one(&mut owner)
            .await
            .unwrap();
        let head = definition.split_once("AS $function$").unwrap().0;
        run(&mut owner, format!("{head}AS $function$ BEGIN {body} END $function$")).await;
    }
}

/// What the calls of every face answer.
async fn texts(app: &TestApp, tenant: &TestTenant, caller: &Caller) -> Vec<(StatusCode, String)> {
    let mut texts = Vec::new();
    for answer in caller.call(app, tenant).await {
        texts.push((answer.status(), answer.text().await.unwrap()));
    }
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_server_are_503_and_its_words_are_in_no_response_and_no_log() {
    let database = Database::new().await;
    let here = TestApp::start_on(database.clone(), Clock::system(), Limits::default()).await;
    let tenant = here.tenant("a").await;
    let caller = Caller::of(&here, &tenant).await;
    let program = Program::new(database.clone());
    let serving = Serving::start(&program);
    let app = TestApp { base_url: format!("http://{}", serving.address), ..here.clone() };
    let deadline = Instant::now() + Duration::from_secs(20);
    while app.http.get(app.url("/livez")).send().await.is_err() {
        assert!(Instant::now() < deadline, "the gateway does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_answered(&caller.call(&app, &tenant).await);
    let raise = |code: &str| {
        format!(
            "RAISE WARNING '{MARKER}'; RAISE EXCEPTION '{MARKER}' USING ERRCODE = '{code}', DETAIL = '{MARKER}', HINT = '{MARKER}';"
        )
    };
    for code in
        ["53100", "53200", "57014", "57P03", "58030", "58P01", "XX000", "XX001", "25006", "55P03", "08006"]
    {
        break_functions(&database, &raise(code)).await;
        for (status, text) in texts(&app, &tenant, &caller).await {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{code}: {text}");
            assert!(!text.contains(MARKER), "{text}");
        }
    }
    break_functions(&database, "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1);").await;
    assert_unavailable(caller.call(&app, &tenant).await).await;
    for code in ["23505", "22P02", "P0001"] {
        break_functions(&database, &raise(code)).await;
        for (status, text) in texts(&app, &tenant, &caller).await {
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{code}: {text}");
            assert!(!text.contains(MARKER), "{text}");
        }
    }
    let log = std::fs::read_to_string(program.directory.join("log")).unwrap();
    for code in ["53100", "XX000", "P0001"] {
        assert!(log.contains(&format!("SQLSTATE {code}")), "the log lacks {code}");
    }
    let leaks: Vec<_> = log.lines().filter(|line| line.contains(MARKER) || line.contains(PASSWORD)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[tokio::test]
async fn commands_do_not_print_the_servers_words_either() {
    let program = Program::new(Database::new().await);
    let mut owner = program.database.owner_connection().await;
    let raise = format!(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '{MARKER}';
             RAISE EXCEPTION '{MARKER}' USING ERRCODE = 'P0001', DETAIL = '{MARKER}'; END $$"
    );
    run(&mut owner, raise).await;
    for table in ["audit", "schema_state"] {
        run(&mut owner, format!("CREATE TRIGGER fail BEFORE INSERT ON {table} EXECUTE FUNCTION fail()"))
            .await;
    }
    for arguments in ["migrate", "tenant create --slug a"] {
        let output = program.command(arguments).env("RUST_LOG", "trace").output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains("SQLSTATE P0001"), "{arguments}: {errors}");
        let leaks: Vec<_> = errors.lines().filter(|line| line.contains(MARKER)).collect();
        assert!(leaks.is_empty(), "{arguments}: {leaks:#?}");
    }
}

#[tokio::test]
async fn errors_show_a_code_alone_in_every_form() {
    let database = Database::new().await;
    let mut owner = database.owner_connection().await;
    let statement = format!("DO $$ BEGIN RAISE EXCEPTION '{MARKER}' USING ERRCODE = '23505'; END $$");
    let error = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut owner).await.unwrap_err();
    assert!(error.to_string().contains(MARKER));
    let error = StoreError::from(error);
    let source = std::error::Error::source(&error).unwrap();
    for text in
        [format!("{error}"), format!("{error:?}"), format!("{error:#?}"), format!("{source} {source:?}")]
    {
        assert!(!text.contains(MARKER), "{text}");
    }
    assert!(source.source().is_none() && source.to_string() == "SQLSTATE 23505", "{source}");
    let json = serde_json::from_str::<u8>(&format!("\"{MARKER}\"")).unwrap_err();
    assert!(json.to_string().contains(MARKER));
    let error = StoreError::from(json);
    assert!(!format!("{error:?} {}", std::error::Error::source(&error).unwrap()).contains(MARKER));
    let store = format!("{:?} {:?}", database.serving(), database.owner());
    assert!(!store.contains(PASSWORD), "{store}");
}
