//! A dump made by the owner role, restored into an empty cluster and migrated, is complete: runs the commands
//! in docs/operating.md.

use std::path::Path;
use std::process::Command;

use sqlx::{Connection as _, PgConnection, Row as _};
use userbatch::embedded::Cluster;
use userbatch::store::{SchemaState, migrate};

use crate::app::{Database, PASSWORD, TestApp, cluster_options, postgres_programs};
use crate::program::Program;

const OPERATING: &str = include_str!("../../docs/operating.md");
const CHAPTER: &str = "## Backup and restore\n";
pub const OWNER: &str = "userbatch";
pub const NAME: &str = "userbatch";

/// An installation of its own, as docs/operating.md begins one: a role that may create roles, and its empty database.
pub struct Installation {
    pub cluster: Cluster,
    pub program: Program,
}

impl Installation {
    pub async fn start(name: &str) -> Self {
        let cluster = Cluster::start(cluster_options(name)).await.unwrap();
        cluster.ensure_owner(OWNER, PASSWORD).await.unwrap();
        cluster.ensure_database(NAME, OWNER, None).await.unwrap();
        Self::on(cluster)
    }

    /// One on a server that has both.
    pub fn on(cluster: Cluster) -> Self {
        let database = Database {
            owner_url: cluster.url_as(OWNER, PASSWORD, NAME),
            serving_url: cluster.url_as("userbatch_serving", PASSWORD, NAME),
        };
        Self { cluster, program: Program::new(database) }
    }

    /// Runs one of the chapter's blocks of commands in `directory`.
    async fn run(&self, block: usize, directory: &Path) {
        let script = OPERATING.split_once(CHAPTER).unwrap().1.split_once("\n## ").unwrap().0;
        let script = script.split("```sh\n").nth(block + 1).unwrap().split_once("```").unwrap().0;
        let ours = Path::new(env!("CARGO_BIN_EXE_userbatch")).parent().unwrap().to_owned();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = [postgres_programs().await, ours].into_iter().chain(std::env::split_paths(&others));
        let path = std::env::join_paths(path).unwrap();
        let output = Command::new("sh")
            .args(["-eu", "-c", script])
            .current_dir(directory)
            .env_clear()
            .env("PATH", path)
            .env("USERBATCH_ADMIN_DATABASE_URL", &self.program.database.owner_url)
            .env("USERBATCH_SERVING_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn migrate(&self) {
        let migrated = self.program.command("migrate").env("USERBATCH_SERVING_PASSWORD", PASSWORD).status();
        assert!(migrated.unwrap().success());
    }

    /// Two tenants with users, timelines and credentials.
    pub fn fill(&self) {
        self.migrate();
        for (tenant, samples) in [("acme", ["avepoint", "genauth"]), ("other", ["avepoint", "bitbadges"])] {
            self.program
                .json(&format!("tenant create --slug {tenant} --cors-origin https://{tenant}.example"));
            for from in samples {
                let file = format!("{}/docs/samples/{from}.json", env!("CARGO_MANIFEST_DIR"));
                self.program.json(&format!("import --tenant {tenant} --from {from} {file}"));
            }
            self.program.json(&format!("credential issue --tenant {tenant} --face avepoint"));
            self.program.json(&format!("credential issue --tenant {tenant} --face genauth"));
        }
    }

    /// All that operators can see of the data, of every tenant.
    pub fn data(&self) -> Vec<String> {
        let lists = ["tenant list", "credential list", "audit --limit 1000"];
        let lists = lists.map(|words| self.program.json(words).to_string());
        let exports = ["acme", "other"].map(|tenant| String::from_utf8(self.program.export(tenant)).unwrap());
        lists.into_iter().chain(exports).collect()
    }

    /// What the schema is, and who may do what, apart from the data.
    pub async fn schema(&self) -> Vec<String> {
        let mut owner = PgConnection::connect(&self.program.database.owner_url).await.unwrap();
        let rows = sqlx::query(SCHEMA).fetch_all(&mut owner).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect()
    }
}

/// Tables, functions, triggers and policies, with their privileges; and the serving role with its settings.
const SCHEMA: &str = "
    SELECT format('%s %s %s %s %s', relname, relkind, relrowsecurity, relforcerowsecurity, relacl)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('%s %s %s', oid::regprocedure, proacl, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT to_jsonb(p)::text FROM pg_policies p
    UNION ALL
    SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('%s %s %s %s', rolname, rolcanlogin, rolbypassrls OR rolsuper OR rolcreaterole, rolconfig)
      FROM pg_roles WHERE rolname = 'userbatch_serving'
    ORDER BY 1";

#[tokio::test]
async fn a_restored_dump_is_whole_again_once_it_is_migrated() {
    let dumped = Installation::start("dumped").await;
    dumped.fill();
    dumped.run(0, &dumped.program.directory).await;
    let restored = Installation::start("restored").await;
    restored.run(1, &dumped.program.directory).await;

    assert_eq!(restored.data(), dumped.data());
    let (is, was) = (restored.schema().await, dumped.schema().await);
    assert_eq!(is, was);
    assert!(is.iter().any(|line| line.starts_with("userbatch_serving t f {statement_timeout=5s")), "{is:?}");
    let serving = restored.program.database.serving();
    assert_eq!(serving.schema().await.unwrap(), SchemaState::Current);
    assert!(serving.is_row_secured().await.unwrap());
    serving.close().await;
    dumped.cluster.stop().await.unwrap();
    restored.cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_dump_that_would_lack_the_users_fails() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let dump = postgres_programs().await.join("pg_dump");
    for (arguments, reason) in [(vec![], "row-level security"), (vec!["--enable-row-security"], "no users")] {
        let output = Command::new(&dump).args(arguments).arg(&app.database.owner_url).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(reason), "{errors}");
    }
}

/// A transaction here may have the number that another cluster's noted, and must move the generation on all the same.
#[tokio::test]
async fn migrating_forgets_the_transactions_of_another_cluster() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let mut owner = app.database.owner_connection().await;
    let noted = "SELECT set_config('userbatch.tenant', id::text, false) FROM tenant;
                 UPDATE directory SET moved_by = '1000000000'; UPDATE access_generation SET moved_by = '1000000000'";
    sqlx::raw_sql(noted).execute(&mut owner).await.unwrap();
    migrate(&app.database.owner_url, None).await.unwrap();
    let kept = "SELECT count(*) FROM (SELECT moved_by FROM directory UNION ALL SELECT moved_by FROM access_generation) m
                 WHERE moved_by = '1000000000'";
    assert_eq!(sqlx::query_scalar::<_, i64>(kept).fetch_one(&mut owner).await.unwrap(), 0);
}
