//! Listeners: callers on one, operators on another; stopped in order by a signal.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::admin::Operators;
use crate::api::fault::Fault;
use crate::api::{self, App, health};

/// Longest a client may take to send a request's head, so that idle connections do not pile up.
const HEADER_TIME: Duration = Duration::from_secs(15);
/// Largest head of a request: fifty long ids in a query string fit many times over.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Metrics are brought up to date this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the operators' listener serves: health, metrics, and administration if it was set up.
pub fn operators_router(app: App, metrics: PrometheusHandle, administration: Option<Operators>) -> Router {
    let administration = administration.map_or_else(Router::new, api::admin::routes);
    administration
        .fallback(async || Fault::NotFound)
        .method_not_allowed_fallback(async || Fault::MethodNotAllowed)
        .merge(health::routes().with_state(app))
        .route("/metrics", get(move || std::future::ready(metrics.render())))
}

/// Serves `app` to callers on `public`, and `operators` on `admin`, until `stop`; then lets the requests under way
/// finish within `grace`.
pub async fn serve(
    app: App,
    operators: Router,
    metrics: PrometheusHandle,
    (public, admin): (TcpListener, TcpListener),
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    let stopping = CancellationToken::new();
    let store = app.store.clone();
    let callers = tokio::spawn(listen(public, api::router(app), stopping.clone()));
    let operators = tokio::spawn(listen(admin, operators, stopping.clone()));
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            metrics.run_upkeep();
        }
    });
    stop.await;
    tracing::info!("stopping: requests under way may finish");
    stopping.cancel();
    let drained = tokio::time::timeout(grace, async { (callers.await, operators.await) }).await;
    upkeep.abort();
    if drained.is_err() {
        tracing::warn!("stopped with requests under way");
    }
    store.close().await;
}

/// Serves `router` on `listener` until `stopped`, then lets the requests under way finish.
pub async fn listen(listener: TcpListener, router: Router, stopped: CancellationToken) {
    let connections = GracefulShutdown::new();
    let protocol = protocol();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are written whole: waiting to fill a segment would only delay them.
                    let _ = stream.set_nodelay(true);
                    let service = TowerToHyperService::new(router.clone());
                    let connection = protocol.serve_connection(TokioIo::new(stream), service).into_owned();
                    tokio::spawn(connections.watch(connection));
                }
                Err(error) => {
                    tracing::warn!("a connection could not be accepted: {error}");
                    // Out of file descriptors, most likely: some must close first.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = stopped.cancelled() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn protocol() -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(MAX_HEAD_BYTES);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(HEADER_TIME))
        .keep_alive_timeout(HEADER_TIME);
    protocol
}

/// Ends at the first SIGINT or SIGTERM.
///
/// # Errors
/// If the signals cannot be listened for.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
