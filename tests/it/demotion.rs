//! `deploy/compose/demote-owner.sh`, on a volume in which the role that owns the tables is the superuser.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::embedded::Cluster;

use crate::app::{PASSWORD, TestApp, cluster_options, postgres_programs};
use crate::restore::{Installation, NAME, OWNER};

const SCRIPT: &str = include_str!("../../deploy/compose/demote-owner.sh");
/// As the container mounts them.
const SECRETS: &str = "/run/secrets";
const SUPERUSER_PASSWORD: &str = "superuser-password";

/// A server as an earlier version's container set it up.
struct Volume {
    installation: Installation,
    /// A session of the superuser, whatever its name.
    superuser: PgConnection,
    hba_file: PathBuf,
}

impl Volume {
    async fn of_an_earlier_version() -> Self {
        let cluster = Cluster::start(cluster_options("demoted")).await.unwrap();
        cluster.ensure_database(NAME, "postgres", None).await.unwrap();
        let mut superuser = PgConnection::connect(&cluster.url(NAME)).await.unwrap();
        // It stays, as if a first run of the script had been interrupted.
        let helper = format!("CREATE ROLE renaming SUPERUSER LOGIN PASSWORD '{PASSWORD}'");
        run(&mut superuser, &helper).await;
        let mut helper = PgConnection::connect(&cluster.url_as("renaming", PASSWORD, NAME)).await.unwrap();
        let renamed =
            format!("ALTER ROLE postgres RENAME TO {OWNER}; ALTER ROLE {OWNER} PASSWORD '{PASSWORD}'");
        run(&mut helper, &renamed).await;
        helper.close().await.unwrap();
        let hba_file: String = sqlx::query_scalar("SHOW hba_file").fetch_one(&mut superuser).await.unwrap();
        let installation = Installation::on(cluster);
        installation.fill();
        Self { installation, superuser, hba_file: hba_file.into() }
    }

    /// Runs the script as the container does, where the server asks nobody for a password.
    async fn demote(&mut self, secrets: &Path) -> Output {
        self.ask_by("trust").await;
        let directory = &self.installation.program.directory;
        let script = SCRIPT.replace(SECRETS, secrets.to_str().unwrap());
        assert_ne!(script, SCRIPT);
        self.installation.program.file("script", &script);
        let options: PgConnectOptions = self.installation.program.database.owner_url.parse().unwrap();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = [postgres_programs().await].into_iter().chain(std::env::split_paths(&others));
        let output = Command::new("sh")
            .stdin(File::open(directory.join("script")).unwrap())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("PGHOST", options.get_host())
            .env("PGPORT", options.get_port().to_string())
            .output()
            .unwrap();
        self.ask_by("scram-sha-256").await;
        output
    }

    /// Lets whoever logs in do so by `method` from now on.
    async fn ask_by(&mut self, method: &str) {
        std::fs::write(&self.hba_file, format!("host all all 127.0.0.1/32 {method}\n")).unwrap();
        run(&mut self.superuser, "SELECT pg_reload_conf()").await;
        let wrong = self.installation.cluster.url_as(OWNER, "wrong", NAME);
        while PgConnection::connect(&wrong).await.is_ok() != (method == "trust") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The roles, and which of them are superusers.
    async fn roles(&mut self) -> Vec<String> {
        let roles = "SELECT concat(rolname, CASE WHEN rolsuper THEN ', superuser' END) FROM pg_roles
                      WHERE NOT starts_with(rolname, 'pg_') ORDER BY 1";
        sqlx::query_scalar(roles).fetch_all(&mut self.superuser).await.unwrap()
    }

    /// What in the database belongs to the superuser.
    async fn of_superuser(&mut self) -> Vec<String> {
        let owned = "SELECT pg_describe_object('pg_class'::regclass, oid, 0) FROM pg_class
                      WHERE relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = 'postgres'
                     UNION ALL
                     SELECT pg_describe_object('pg_proc'::regclass, oid, 0) FROM pg_proc
                      WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = 'postgres'
                     UNION ALL
                     SELECT pg_describe_object('pg_type'::regclass, oid, 0) FROM pg_type
                      WHERE typnamespace = 'public'::regnamespace AND pg_get_userbyid(typowner) = 'postgres'";
        sqlx::query_scalar(owned).fetch_all(&mut self.superuser).await.unwrap()
    }
}

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

/// The sample's account, as a gateway shows it.
async fn account(app: &TestApp, key: &str) -> Value {
    let body = json!({ "accountsToFetch": [{ "address": "0xb246a3764d642BABbd6b075bca3e77E1cD563d78" }] });
    let request = app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", key).json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["accounts"][0]["accountNumber"].clone()
}

#[tokio::test]
async fn an_owner_that_was_the_superuser_is_none_afterwards_and_does_its_work_as_before() {
    let mut volume = Volume::of_an_earlier_version().await;
    assert_eq!(volume.roles().await, ["renaming, superuser", "userbatch, superuser", "userbatch_serving"]);
    let program = &volume.installation.program;
    let issued = program.json("credential issue --tenant other --face bitbadges");
    let key = issued["secret"].as_str().unwrap();
    let app = TestApp::start_on(program.database.clone(), Clock::system(), Limits::default()).await;
    assert_eq!(account(&app, key).await, "10");
    let exported = program.export("acme");

    let secrets = program.directory.join("secrets");
    let output = volume.demote(&secrets).await;
    assert!(!output.status.success(), "without secrets");
    assert_eq!(volume.roles().await[1], "userbatch, superuser", "nothing is done by halves");

    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("owner_password"), format!("{PASSWORD}\n")).unwrap();
    std::fs::write(secrets.join("superuser_password"), format!("{SUPERUSER_PASSWORD}\n")).unwrap();
    for printed in [
        "the superuser is postgres now, and userbatch owns its database alone",
        "the superuser is postgres already",
    ] {
        let output = volume.demote(&secrets).await;
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert_eq!(text, [format!("{printed}\n"), String::new()]);
        assert!(output.status.success());
        assert_eq!(volume.roles().await, ["postgres, superuser", "userbatch", "userbatch_serving"]);
        assert_eq!(volume.of_superuser().await, [""; 0]);
        assert_eq!(account(&app, key).await, "10", "gateways go on serving");
        assert_eq!(volume.installation.program.export("acme"), exported);
        // As a run that was interrupted at its end leaves it.
        run(&mut volume.superuser, "CREATE ROLE renaming SUPERUSER LOGIN").await;
    }

    let Installation { cluster, program } = &volume.installation;
    PgConnection::connect(&cluster.url_as("postgres", SUPERUSER_PASSWORD, NAME)).await.unwrap();
    volume.installation.migrate();
    program.file("users.ndjson", "{\"id\":\"after\"}\n");
    assert_eq!(program.json("import --tenant acme users.ndjson")["added"], 1);
    let app = TestApp::start_on(program.database.clone(), Clock::system(), Limits::default()).await;
    assert_eq!(account(&app, key).await, "10");

    let fresh = Installation::start("fresh").await;
    fresh.migrate();
    assert_eq!(volume.installation.schema().await, fresh.schema().await);
    fresh.cluster.stop().await.unwrap();
    volume.installation.cluster.stop().await.unwrap();
}
