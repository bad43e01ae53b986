//! One store, used by several runtimes, as by the threads of a gateway.

use tokio::runtime::{Builder, Handle, Runtime};
use userbatch::store::{PoolOptions, ServingStore};

use crate::app::TestApp;

/// A runtime whose thread hears of what arrives on its connections.
struct Thread(Option<Runtime>);

impl Thread {
    fn start() -> Self {
        Self(Some(Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()))
    }

    fn handle(&self) -> &Handle {
        self.0.as_ref().unwrap().handle()
    }

    /// Runs one statement of `store` on this thread.
    async fn ask(&self, store: &ServingStore) {
        let store = store.clone();
        assert!(self.handle().spawn(async move { store.is_row_secured().await }).await.unwrap().unwrap());
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // A runtime must not wait for its threads within another.
        self.0.take().unwrap().shutdown_background();
    }
}

async fn connections(app: &TestApp) -> i64 {
    let mut owner = app.database.owner_connection().await;
    let count = "SELECT count(*) FROM pg_stat_activity
                  WHERE usename = 'userbatch_serving' AND datname = current_database()";
    sqlx::query_scalar(count).fetch_one(&mut owner).await.unwrap()
}

fn store(app: &TestApp, max_connections: u32) -> ServingStore {
    let options = PoolOptions { max_connections, ..PoolOptions::default() };
    ServingStore::new(&app.database.serving_url, &options).unwrap()
}

#[tokio::test]
async fn each_thread_uses_connections_of_its_own() {
    let app = TestApp::start().await;
    let (before, store) = (connections(&app).await, store(&app, 3));
    let threads = [Thread::start(), Thread::start()];
    for _ in 0..4 {
        for thread in &threads {
            thread.ask(&store).await;
        }
    }
    assert_eq!(connections(&app).await - before, 2);
}

#[tokio::test]
async fn threads_share_connections_if_there_may_be_no_more() {
    let app = TestApp::start().await;
    let (before, store) = (connections(&app).await, store(&app, 2));
    let threads = [Thread::start(), Thread::start(), Thread::start()];
    for _ in 0..4 {
        for thread in &threads {
            thread.ask(&store).await;
        }
    }
    assert_eq!(connections(&app).await - before, 2);
}
