//! A database URL that `psql` takes leads the program to its database, or the program says why not; and no message has
//! a secret of it.

use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use userbatch::embedded::{Cluster, Options};
use userbatch::store::migrate;

use crate::app::{Database, PASSWORD, cluster_options};
use crate::program::Program;

const OWNER: &str = "userbatch_owner";
const NAME: &str = "urls";

/// The outcome of a command that reads from the database at `url`, and what it wrote to standard error.
fn list(program: &Program, url: &str) -> (bool, String) {
    let output = program.command("tenant list").env("DATABASE_URL", url).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

fn assert_leads(program: &Program, url: &str) {
    assert_eq!(list(program, url), (true, String::new()), "{url}");
}

/// It fails, with one line that has `expected` in it.
fn assert_refused(program: &Program, url: &str, expected: &str) {
    let (succeeded, errors) = list(program, url);
    assert!(!succeeded && errors.contains(expected) && errors.lines().count() == 1, "{url}: {errors}");
    assert!(!errors.contains(PASSWORD), "{url}: {errors}");
}

/// The address of the server in a URL as tests have it.
fn address_of(url: &str) -> SocketAddr {
    url.rsplit('@').next().unwrap().split('/').next().unwrap().parse().unwrap()
}

/// Listens at `path` as PostgreSQL does, in front of `server`.
fn listen_at(path: &Path, server: SocketAddr) {
    let listener = UnixListener::bind(path).unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
}

/// Listens on the loopback address of IPv6, in front of `server`. Returns the port.
async fn listen_on_ipv6(server: SocketAddr) -> u16 {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_ipv6_and_sockets_lead_to_the_database() {
    let program = Program::new(Database::new().await);
    let url = program.database.owner_url.clone();
    let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let database = rest.split_once('/').unwrap().1.split('?').next().unwrap();
    let port = listen_on_ipv6(address_of(&url)).await;
    listen_at(&program.directory.join(format!(".s.PGSQL.{port}")), address_of(&url));
    let directory = program.directory.display();
    let encoded = program.directory.to_str().unwrap().replace('/', "%2F");
    for url in [
        format!("postgres://{user}@[::1]:{port}/{database}"),
        format!("postgresql://{user}@/{database}?host={directory}&port={port}"),
        format!("postgres://{user}@:{port}/{database}?host={directory}"),
        format!("postgres://{user}@{encoded}:{port}/{database}"),
        format!(
            "postgres://?user={OWNER}&password={PASSWORD}&host={directory}&port={port}&dbname={database}"
        ),
    ] {
        assert_leads(&program, &url);
    }
    let url = format!("postgres://{user}@[::1]:{port}/{database}?connect_timeout=5");
    let (succeeded, warning) = list(&program, &url);
    assert!(
        succeeded && warning.contains("DATABASE_URL: the parameter connect_timeout has no effect"),
        "{warning}"
    );
}

#[tokio::test]
async fn no_secret_of_a_url_is_in_a_message() {
    let program = Program::new(Database::new().await);
    let database = format!("{}&", program.database.owner_url);
    for (url, expected) in [
        (format!("{database}sslpassword={PASSWORD}"), "the parameter sslpassword is not supported"),
        (format!("{database}PASSWORD={PASSWORD}"), "the parameter PASSWORD is not supported"),
        (
            format!("{database}sslcert=/dev/null&sslkey={PASSWORD}"),
            "the file that sslkey names cannot be read",
        ),
        (format!("{database}password={PASSWORD}%"), "write % itself as %25"),
        (format!("postgres://{OWNER}:{PASSWORD}@127.0.0.1:1/none"), "I/O: connection refused"),
        (format!("http://{OWNER}:{PASSWORD}@127.0.0.1/none"), "must start with postgres://"),
    ] {
        assert_refused(&program, &url, expected);
        // With a good URL, it would wait for its database.
        if !expected.starts_with("I/O") {
            let mut serve = program.command("serve");
            let output = serve.env("DATABASE_URL", &url).env("RUST_LOG", "trace").output().unwrap();
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(errors.contains(expected) && !errors.contains(PASSWORD), "{errors}");
        }
    }
}

/// A server of the test's own, whose certificates change.
struct Server {
    cluster: Cluster,
    options: Options,
    program: Program,
}

impl Server {
    async fn start() -> Self {
        let options = cluster_options("tls");
        let cluster = Cluster::start(options.clone()).await.unwrap();
        cluster.ensure_owner(OWNER, PASSWORD).await.unwrap();
        cluster.ensure_database(NAME, OWNER, None).await.unwrap();
        let owner_url = cluster.url_as(OWNER, PASSWORD, NAME);
        migrate(&owner_url, None).await.unwrap();
        let database = Database { serving_url: owner_url.clone(), owner_url };
        Self { cluster, options, program: Program::new(database) }
    }

    /// The owner's URL with these parameters.
    fn url(&self, parameters: &str) -> String {
        self.program.database.owner_url.replace("sslmode=disable", parameters)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.program.directory.join(name)
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(&self.program.directory);
        let output = command.output().expect("the tests need openssl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes `NAME.crt` and `NAME.key`, signed by `ca`, with these extensions.
    fn issue(&self, name: &str, extensions: &str) {
        std::fs::write(self.path("extensions"), extensions).unwrap();
        let subject = "-subj /CN=127.0.0.1";
        self.openssl(&format!(
            "req -new -newkey rsa:2048 -nodes {subject} -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -days 2 -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile extensions -out {name}.crt"
        ));
    }

    /// Has the server use `NAME.crt` and `NAME.key` from now on.
    async fn present(&self, name: &str) {
        let owner = std::fs::metadata(self.options.data_dir.join("pgdata")).unwrap();
        let mut superuser = PgConnection::connect(&self.cluster.url("postgres")).await.unwrap();
        for (kind, setting) in [("key", "ssl_key_file"), ("crt", "ssl_cert_file")] {
            let file = self.options.data_dir.join(format!("{name}.{kind}"));
            std::fs::copy(self.path(&format!("{name}.{kind}")), &file).unwrap();
            chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            let set = format!("ALTER SYSTEM SET {setting} = '{}'", file.display());
            sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut superuser).await.unwrap();
        }
        sqlx::raw_sql("ALTER SYSTEM SET ssl = on").execute(&mut superuser).await.unwrap();
        sqlx::raw_sql("SELECT pg_reload_conf()").execute(&mut superuser).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let mut session = PgConnection::connect(&self.cluster.url("postgres")).await.unwrap();
            let used: String =
                sqlx::query_scalar("SHOW ssl_cert_file").fetch_one(&mut session).await.unwrap();
            if used.ends_with(&format!("/{name}.crt")) {
                break;
            }
            assert!(Instant::now() < deadline, "the server still has {used}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn certificates_are_trusted_as_psql_trusts_them() {
    let server = Server::start().await;
    let program = &server.program;
    assert_refused(program, &server.url("sslmode=require"), "TLS: the server does not offer it");
    assert_leads(program, &server.url("sslmode=prefer"));
    server.openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt");
    server.issue("version3", "subjectAltName=IP:127.0.0.1");
    server.issue("elsewhere", "subjectAltName=DNS:db.example.com");
    // Newer releases of openssl do not make these any more.
    program.file("version1.crt", include_str!("../fixtures/test-only-version1.cert.pem"));
    program.file("version1.key", include_str!("../fixtures/test-only-client.key.pem"));
    let root = format!("&sslrootcert={}", server.path("ca.crt").display());
    let [require, full] = ["sslmode=require", "sslmode=verify-full"];
    let with_root = |mode: &str| server.url(&format!("{mode}{root}"));

    // Signed by itself, and a certificate of an authority, as `openssl req -x509` makes it.
    server.present("ca").await;
    for mode in ["sslmode=prefer", "sslmode=allow", require] {
        assert_leads(program, &server.url(mode));
    }
    assert_refused(program, &with_root(full), "issue another one for the server");

    server.present("version3").await;
    assert_leads(program, &with_root(full));
    assert_leads(program, &with_root(require));
    assert_refused(program, &server.url(full), "name that authority's certificate by sslrootcert");

    server.present("elsewhere").await;
    assert_leads(program, &with_root("sslmode=verify-ca"));
    assert_refused(program, &with_root(full), "not for the host in the URL");

    server.present("version1").await;
    assert_refused(program, &server.url(require), "X.509 version 1");
    assert_refused(program, &with_root(full), "X.509 version 1");
    let (succeeded, warning) = list(program, &server.url("sslmode=prefer"));
    assert!(succeeded && warning.contains("without TLS") && warning.contains("X.509 version 1"), "{warning}");

    // With a root that did not sign it, `require` means `verify-ca`.
    server.openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out ca.crt");
    server.present("version3").await;
    assert_refused(program, &with_root(require), "unknown authority");
    server.cluster.stop().await.unwrap();
}
