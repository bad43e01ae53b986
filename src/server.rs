//! Listeners: callers on one, operators on another; stopped in order by a signal.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api::{self, App, health};

/// Metrics are brought up to date this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the operators' listener serves: health, metrics.
pub fn operators_router(app: App, metrics: PrometheusHandle) -> Router {
    Router::new()
        .merge(health::routes())
        .route(
            "/metrics",
            get(move || std::future::ready(metrics.render())),
        )
        .with_state(app)
}

/// Serves `app` to callers on `public`, and `operators` on `admin`, until `stop`; then lets the requests under way
/// finish within `grace`.
///
/// # Errors
/// If a listener fails.
pub async fn serve(
    app: App,
    operators: Router,
    metrics: PrometheusHandle,
    (public, admin): (TcpListener, TcpListener),
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> std::io::Result<()> {
    let (stopping, stopped) = watch::channel(false);
    let store = app.store.clone();
    let callers = tokio::spawn(listen(public, api::router(app), stopped.clone()));
    let operators = tokio::spawn(listen(admin, operators, stopped));
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            metrics.run_upkeep();
        }
    });
    stop.await;
    tracing::info!("stopping: requests under way may finish");
    stopping.send_replace(true);
    let drained = tokio::time::timeout(grace, async { (callers.await, operators.await) }).await;
    upkeep.abort();
    if drained.is_err() {
        tracing::warn!("stopped with requests under way");
    }
    store.close().await;
    Ok(())
}

async fn listen(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let stop = async move {
        // The sender's end is a stop as well.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

/// Ends at the first SIGINT or SIGTERM.
///
/// # Errors
/// If the signals cannot be listened for.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
