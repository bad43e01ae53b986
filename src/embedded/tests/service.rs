//! Behaviour of a running private PostgreSQL.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sqlx::error::DatabaseError;

use super::super::{Cluster, Options, postmaster};
use super::{Scratch, ask, execute};

#[tokio::test]
async fn data_and_password_persist_across_starts() {
    let scratch = Scratch::new("twice");
    let first = scratch.start().await.unwrap();
    execute(&first.url("postgres"), "CREATE TABLE kept AS SELECT 7 AS n").await;
    let first_password = fs::read_to_string(scratch.0.join("password")).unwrap();
    first.stop().await.unwrap();
    assert_eq!(postmaster::running(&scratch.pgdata()), None);

    let second = scratch.start().await.unwrap();
    assert_eq!(ask::<i32>(&second.url("postgres"), "SELECT n FROM kept").await.unwrap(), 7);
    assert_eq!(fs::read_to_string(scratch.0.join("password")).unwrap(), first_password);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_only_the_owner_can_read_the_password() {
    let scratch = Scratch::new("password");
    let cluster = scratch.start().await.unwrap();
    let refusal = ask::<i32>(&cluster.url_as("postgres", "guess", "postgres"), "SELECT 1").await.unwrap_err();
    let code = refusal.as_database_error().and_then(DatabaseError::code).unwrap();
    assert_eq!(code, "28P01", "invalid_password");

    let password_file = scratch.0.join("password");
    let password = fs::read_to_string(&password_file).unwrap();
    assert_eq!(password.len(), 43, "256 bits in base64url");
    assert_eq!(fs::metadata(&password_file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!format!("{cluster:?}").contains(&password));
    assert!(!fs::read_to_string(scratch.0.join("postgres.log")).unwrap().contains(&password));
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn any_character_is_allowed_in_a_password() {
    let scratch = Scratch::new("role");
    let cluster = scratch.start().await.unwrap();
    execute(&cluster.url("postgres"), "CREATE ROLE \"a b\" LOGIN PASSWORD 'p@:/?#%+ é'").await;
    let url = cluster.url_as("a b", "p@:/?#%+ é", "postgres");
    assert_eq!(ask::<String>(&url, "SELECT current_user::text").await.unwrap(), "a b");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn settings_follow_the_options() {
    let scratch = Scratch::new("settings");
    let fast = scratch.start().await.unwrap();
    let question = "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings
        WHERE name IN ('fsync', 'max_connections', 'listen_addresses', 'unix_socket_directories')";
    assert_eq!(ask::<String>(&fast.url("postgres"), question).await.unwrap(), "off 127.0.0.1 10 ");
    fast.stop().await.unwrap();

    let durable = Cluster::start(Options { durable: true, ..scratch.options() }).await.unwrap();
    assert_eq!(ask::<String>(&durable.url("postgres"), question).await.unwrap(), "on 127.0.0.1 10 ");
    durable.stop().await.unwrap();
}

#[tokio::test]
async fn failed_statements_log_no_personal_data() {
    let scratch = Scratch::new("log");
    let cluster = scratch.start().await.unwrap();
    let url = cluster.url("postgres");
    execute(&url, "CREATE TABLE people (email text PRIMARY KEY)").await;
    execute(&url, "INSERT INTO people VALUES ('ann@example.org')").await;
    ask::<i32>(&url, "INSERT INTO people VALUES ('ann@example.org') RETURNING 1").await.unwrap_err();
    cluster.stop().await.unwrap();
    let log = fs::read_to_string(scratch.0.join("postgres.log")).unwrap();
    assert!(log.contains("duplicate key value") && !log.contains("ann@"), "{log}");
}
