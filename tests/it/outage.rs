//! The database becomes unavailable and comes back: callers get a 503 within a bounded time, then normal responses
//! again, without a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::embedded::{Cluster, Options};
use userbatch::store::migrate;

use crate::app::{Database, TestApp, TestTenant, cluster_options};

const OWNER: &str = "userbatch_owner";
const PASSWORD: &str = "test-password";
const NAME: &str = "outage";

/// A PostgreSQL of the test's own behind a port that stays the same, as a host name does when a server is replaced.
pub struct Server {
    options: Options,
    cluster: Option<Cluster>,
    behind: Arc<AtomicU16>,
    port: u16,
}

fn port_of(url: &str) -> u16 {
    url.rsplit('@')
        .next()
        .unwrap()
        .split(['/', '?'])
        .next()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

impl Server {
    /// A server of the test `name`.
    pub async fn start(name: &str) -> Self {
        let options = Options { durable: true, remove_on_exit: false, ..cluster_options(name) };
        let cluster = Cluster::start(options.clone()).await.unwrap();
        let behind = Arc::new(AtomicU16::new(port_of(&cluster.url(NAME))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::clone(&behind);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let port = target.load(Ordering::SeqCst);
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { options, cluster: Some(cluster), behind, port }
    }

    fn url(&self, role: &str) -> String {
        let cluster = self.cluster.as_ref().unwrap();
        let direct = cluster.url_as(role, PASSWORD, NAME);
        direct.replace(&format!(":{}/", port_of(&direct)), &format!(":{}/", self.port))
    }

    pub async fn database(&self) -> Database {
        let cluster = self.cluster.as_ref().unwrap();
        cluster.ensure_owner(OWNER, PASSWORD).await.unwrap();
        cluster.ensure_database(NAME, OWNER, None).await.unwrap();
        migrate(&cluster.url_as(OWNER, PASSWORD, NAME), Some(PASSWORD)).await.unwrap();
        Database { owner_url: self.url(OWNER), serving_url: self.url("userbatch_serving") }
    }

    /// The process that makes all others of the server.
    pub fn postmaster(&self) -> Pid {
        let pid_file = self.options.data_dir.join("pgdata/postmaster.pid");
        let pid = std::fs::read_to_string(pid_file).unwrap().lines().next().unwrap().parse().unwrap();
        Pid::from_raw(pid).unwrap()
    }

    /// Kills the server outright, with every connection on it.
    pub async fn kill(&mut self) {
        kill_process(self.postmaster(), Signal::KILL).unwrap();
        self.cluster.take().unwrap().stop().await.unwrap();
    }

    pub async fn restart(&mut self) {
        let cluster = Cluster::start(self.options.clone()).await.unwrap();
        self.behind.store(port_of(&cluster.url(NAME)), Ordering::SeqCst);
        self.cluster = Some(cluster);
    }

    pub async fn stop(mut self) {
        self.cluster.take().unwrap().stop().await.unwrap();
        std::fs::remove_dir_all(&self.options.data_dir).unwrap();
    }
}

/// Stops every session of the serving role where it is: it holds its connection and says nothing.
async fn stop_sessions(database: &Database) -> Vec<Pid> {
    let mut owner = database.owner_connection().await;
    let sessions = "SELECT pid FROM pg_stat_activity WHERE usename = 'userbatch_serving'";
    let pids: Vec<i32> = sqlx::query_scalar(sessions).fetch_all(&mut owner).await.unwrap();
    let pids: Vec<Pid> = pids.into_iter().map(|pid| Pid::from_raw(pid).unwrap()).collect();
    for &pid in &pids {
        kill_process(pid, Signal::STOP).unwrap();
    }
    pids
}

/// What a caller of each face holds.
pub struct Caller {
    api_key: String,
    avepoint_token: String,
    genauth_token: String,
    scim_token: String,
}

impl Caller {
    pub async fn of(app: &TestApp, tenant: &TestTenant) -> Self {
        let (id, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
        Self {
            api_key: tenant.bitbadges_key().await,
            avepoint_token: app.avepoint_token(&id, &secret).await,
            genauth_token: tenant.genauth_token().await,
            scim_token: tenant.scim_token().await.1,
        }
    }

    /// One call of each face, and of SCIM.
    pub async fn call(&self, app: &TestApp, tenant: &TestTenant) -> Vec<reqwest::Response> {
        let body = json!({ "accountsToFetch": [{ "username": "nobody" }] });
        let calls = [
            app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", &self.api_key).json(&body),
            app.http.post(app.url(&tenant.avepoint_path())).bearer_auth(&self.avepoint_token),
            app.http.get(app.url("/api/v3/get-user-batch?userIds=x")).bearer_auth(&self.genauth_token),
            app.http
                .get(app.url("/scim/v2/Users?filter=userName%20eq%20%22x%22"))
                .bearer_auth(&self.scim_token),
        ];
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.send().await.unwrap());
        }
        answers
    }
}

/// Every face answers 503 with when to try again, and reveals nothing of what is behind it.
pub async fn assert_unavailable(answers: Vec<reqwest::Response>) {
    for answer in answers {
        let url = answer.url().clone();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{url}");
        let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait));
        let text = answer.text().await.unwrap();
        assert!(!text.contains("sql") && !text.contains("postgres"), "{url}: {text}");
    }
}

pub fn assert_answered(answers: &[reqwest::Response]) {
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.url());
    }
}

pub async fn status(app: &TestApp, path: &str) -> StatusCode {
    app.http.get(app.url(path)).send().await.unwrap().status()
}

#[tokio::test]
async fn a_killed_database_is_a_bounded_503_and_service_resumes_when_it_returns() {
    let mut server = Server::start("outage").await;
    let app = TestApp::start_on(server.database().await, Clock::system(), Limits::default()).await;
    let tenant = app.tenant("a").await;
    let caller = Caller::of(&app, &tenant).await;
    assert_answered(&caller.call(&app, &tenant).await);

    server.kill().await;
    let started = Instant::now();
    assert!(app.uses.flush().await.is_err());
    assert_unavailable(caller.call(&app, &tenant).await).await;
    assert_eq!(status(&app, "/livez").await, StatusCode::OK);
    assert_eq!(status(&app, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(started.elapsed() < Duration::from_secs(15), "six waits took {:?}", started.elapsed());

    server.restart().await;
    let patience = Instant::now() + Duration::from_secs(10);
    while status(&app, "/readyz").await != StatusCode::OK {
        assert!(Instant::now() < patience, "the gateway did not recover");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_answered(&caller.call(&app, &tenant).await);
    app.uses.flush().await.unwrap();
    let credentials = app.database.owner().credentials(None, None).await.unwrap();
    // Two tokens and four calls from before, four calls from after.
    assert_eq!(credentials.iter().map(|credential| credential.uses).sum::<i64>(), 10);
    server.stop().await;
}

#[tokio::test]
async fn sessions_that_fall_silent_are_replaced_within_seconds() {
    let server = Server::start("silent").await;
    let database = server.database().await;
    let app = TestApp::start_on(database.clone(), Clock::system(), Limits::default()).await;
    let tenant = app.tenant("a").await;
    let caller = Caller::of(&app, &tenant).await;
    // Used a moment ago or a while ago: the latter are tested before they are used.
    for pause in [Duration::ZERO, Duration::from_millis(1_500)] {
        let calls = (0..8).map(|_| caller.call(&app, &tenant));
        for answers in futures_util::future::join_all(calls).await {
            assert_answered(&answers);
        }
        tokio::time::sleep(pause).await;
        let stopped = stop_sessions(&database).await;
        assert!(!stopped.is_empty());
        let started = Instant::now();
        while status(&app, "/readyz").await != StatusCode::OK {
            assert!(started.elapsed() < Duration::from_secs(8), "still unavailable after {pause:?}");
        }
        let started = Instant::now();
        assert_answered(&caller.call(&app, &tenant).await);
        assert!(started.elapsed() < Duration::from_secs(2), "four calls took {:?}", started.elapsed());
        for pid in stopped {
            kill_process(pid, Signal::CONT).unwrap();
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn the_first_request_after_a_restart_is_answered() {
    let mut server = Server::start("restart").await;
    let app = TestApp::start_on(server.database().await, Clock::system(), Limits::default()).await;
    let tenant = app.tenant("a").await;
    let caller = Caller::of(&app, &tenant).await;
    assert_answered(&caller.call(&app, &tenant).await);
    for _ in 0..3 {
        server.kill().await;
        server.restart().await;
        assert_answered(&caller.call(&app, &tenant).await);
        assert_eq!(status(&app, "/readyz").await, StatusCode::OK);
    }
    server.stop().await;
}
