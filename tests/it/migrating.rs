//! `userbatch migrate` on databases as administrators leave them: it works, or says what to do.

use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::OnceCell;
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::core::id::UserId;
use userbatch::core::user::User;
use userbatch::embedded::Cluster;
use userbatch::store::{SchemaState, migrate};

use crate::app::{Database, PASSWORD, TestApp, cluster_options};
use crate::program::Program;

/// Of the tests that change no role for the others.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

async fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(|| async { Cluster::start(cluster_options("migrating")).await.unwrap() }).await
}

/// A database and its owner, both called `name`.
async fn database(cluster: &Cluster, name: &str) -> Database {
    cluster.ensure_owner(name, PASSWORD).await.unwrap();
    cluster.ensure_database(name, name, None).await.unwrap();
    Database {
        owner_url: cluster.url_as(name, PASSWORD, name),
        serving_url: cluster.url_as("userbatch_serving", PASSWORD, name),
    }
}

/// Lets `owner` change the serving role, which another owner may have created: from PostgreSQL 16 on, that takes a grant.
async fn grant_serving_role(cluster: &Cluster, owner: &str) {
    let grant = format!(
        "DO $$ BEGIN
            IF current_setting('server_version_num')::int >= 160000 THEN
                BEGIN
                    CREATE ROLE userbatch_serving NOLOGIN;
                EXCEPTION
                    WHEN duplicate_object OR unique_violation THEN NULL;
                END;
                GRANT userbatch_serving TO {owner} WITH ADMIN OPTION;
            END IF;
        END $$"
    );
    run(&cluster.url("postgres"), &grant).await;
}

async fn run(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused_with_the_command_that_makes_one() {
    let cluster = cluster().await;
    for (name, encoding) in [("latin", "LATIN1"), ("ascii", "SQL_ASCII")] {
        cluster.ensure_owner(name, PASSWORD).await.unwrap();
        let create = format!(
            "CREATE DATABASE {name} OWNER {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        );
        run(&cluster.url("postgres"), &create).await;
        let url = cluster.url_as(name, PASSWORD, name);
        let program = Program::new(Database { owner_url: url.clone(), serving_url: url });
        let output = program.command("migrate").output().unwrap();
        let errors = errors(&output);
        assert!(!output.status.success() && errors.contains(encoding), "{errors}");
        assert!(errors.contains("createdb --template=template0 --encoding=UTF8"), "{errors}");
        let tables = "DO $$ BEGIN ASSERT to_regclass('_sqlx_migrations') IS NULL; END $$";
        run(&program.database.owner_url, tables).await;
    }
}

#[tokio::test]
async fn a_schema_in_which_the_role_may_not_create_is_named_with_what_grants_it() {
    let database = database(cluster().await, "closed").await;
    run(&database.owner_url, "DROP SCHEMA public").await;
    let program = Program::new(database);
    let output = program.command("migrate").output().unwrap();
    assert!(errors(&output).contains("GRANT ALL ON SCHEMA public TO \"closed\""), "{}", errors(&output));
    run(&program.database.owner_url, "CREATE SCHEMA public").await;
    let output = program.command("migrate").output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}

/// On a server of its own: the role is the whole server's.
#[tokio::test]
async fn the_settings_of_a_role_that_was_there_before_are_put_right() {
    let cluster = Cluster::start(cluster_options("role")).await.unwrap();
    let database = database(&cluster, "role").await;
    let superuser = cluster.url("postgres");
    run(
        &superuser,
        "CREATE ROLE userbatch_serving LOGIN;
         ALTER ROLE userbatch_serving SET statement_timeout = 0;
         ALTER ROLE userbatch_serving IN DATABASE role SET plan_cache_mode = auto;
         ALTER ROLE userbatch_serving IN DATABASE role SET search_path = elsewhere;
         ALTER ROLE userbatch_serving IN DATABASE role SET work_mem = '5MB';
         ALTER DATABASE role SET lock_timeout = '1h'",
    )
    .await;
    grant_serving_role(&cluster, "role").await;
    for _ in 0..2 {
        migrate(&database.owner_url, Some(PASSWORD)).await.unwrap();
        let mut serving = database.serving_connection().await;
        for (setting, expected) in [
            ("statement_timeout", "5s"),
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "5s"),
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("search_path", "public"),
            ("work_mem", "5MB"),
        ] {
            let show = format!("SHOW {setting}");
            let shown: String =
                sqlx::query_scalar(AssertSqlSafe(show)).fetch_one(&mut serving).await.unwrap();
            assert_eq!(shown, expected, "{setting}");
        }
        run(&superuser, "ALTER ROLE userbatch_serving RESET ALL").await;
    }
    cluster.stop().await.unwrap();
}

/// The owner writes a user and the gateway serves it.
async fn assert_works(database: Database) {
    let app = TestApp::start_on(database, Clock::system(), Limits::default()).await;
    assert_eq!(app.serving.schema().await.unwrap(), SchemaState::Current);
    let tenant = app.tenant("a").await;
    let mut user = User::new(UserId::new("u"));
    user.profile.username = Some("u".to_owned());
    tenant.put_users(&[user]).await;
    let body = json!({ "accountsToFetch": [{ "username": "u" }] });
    let call = app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", tenant.bitbadges_key().await);
    let answer = call.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), reqwest::StatusCode::OK);
    assert!(answer.text().await.unwrap().contains("\"username\":\"u\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_in_the_schema_public_whatever_the_search_path_is() {
    let cluster = cluster().await;
    let with_options = |url: &str| format!("{url}&options=-c%20search_path%3Dapp");
    for (name, prepare) in [
        ("path_user", "CREATE SCHEMA path_user AUTHORIZATION path_user"),
        (
            "path_database",
            "CREATE SCHEMA app AUTHORIZATION path_database; ALTER DATABASE path_database SET search_path = app",
        ),
        (
            "path_role",
            "CREATE SCHEMA app AUTHORIZATION path_role; ALTER ROLE path_role SET search_path = app, public",
        ),
        ("path_none", "ALTER ROLE path_none SET search_path = nowhere"),
        ("path_url", "CREATE SCHEMA app AUTHORIZATION path_url"),
    ] {
        let mut database = database(cluster, name).await;
        run(&cluster.url(name), prepare).await;
        grant_serving_role(cluster, name).await;
        if name == "path_url" {
            database.owner_url = with_options(&database.owner_url);
            database.serving_url = with_options(&database.serving_url);
        }
        for _ in 0..2 {
            migrate(&database.owner_url, Some(PASSWORD)).await.unwrap();
        }
        let program = Program::new(database.clone());
        assert_eq!(program.json("tenant list"), json!([]), "{name}");
        assert_works(database).await;
        let elsewhere = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname NOT IN ('public', 'information_schema') AND nspname NOT LIKE 'pg\\_%'); END $$";
        run(&cluster.url(name), elsewhere).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_of_one_server_can_be_migrated_at_the_same_time() {
    let cluster = Cluster::start(cluster_options("together")).await.unwrap();
    let mut databases = Vec::new();
    for number in 0..6 {
        let name = format!("together_{number}");
        databases.push(database(&cluster, &name).await);
        grant_serving_role(&cluster, &name).await;
    }
    for round in 0..4 {
        let password = format!("{PASSWORD}-{round}");
        let migrations = databases.iter().map(|database| migrate(&database.owner_url, Some(&password)));
        for outcome in futures_util::future::join_all(migrations).await {
            outcome.unwrap();
        }
        run(&cluster.url("postgres"), "ALTER ROLE userbatch_serving RESET ALL").await;
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_migration_that_waits_for_another_says_who_that_is() {
    let database = database(cluster().await, "waiting").await;
    let mut other = database.owner_connection().await;
    sqlx::raw_sql("SET application_name = 'the other'; BEGIN; SELECT pg_advisory_xact_lock(hashtext('userbatch migrate'))")
        .execute(&mut other)
        .await
        .unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut other).await.unwrap();
    let program = Program::new(database);
    let mut command = Command::from(program.command("migrate"));
    let mut migration = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(migration.stderr.take().unwrap()).lines();
    let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
    let line = line.expect("it says why it waits").unwrap().unwrap();
    assert!(line.contains("waiting for another migration"), "{line}");
    assert!(line.contains(&format!("process {pid} of the server (the other), from 127.0.0.1")), "{line}");
    other.close().await.unwrap();
    assert!(migration.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_table_in_use_is_not_waited_for_without_end() {
    let database = database(cluster().await, "in_use").await;
    migrate(&database.owner_url, None).await.unwrap();
    let mut other = database.owner_connection().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE schema_state").execute(&mut other).await.unwrap();
    let program = Program::new(database);
    let mut command = Command::from(program.command("migrate"));
    let output = tokio::time::timeout(Duration::from_secs(30), command.output()).await;
    let output = output.expect("it ends").unwrap();
    assert!(!output.status.success() && errors(&output).contains("a table is in use"), "{}", errors(&output));
    other.close().await.unwrap();
    migrate(&program.database.owner_url, None).await.unwrap();
}
