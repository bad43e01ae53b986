//! Listeners: callers on one, operators on another; stopped in order by a signal.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;

use crate::api::admin::AdminApi;
use crate::api::{self, App, health};
use crate::auth::CredentialUses;

/// Longest a client may take to send a request's head, so that idle connections do not pile up.
const HEADER_TIME: Duration = Duration::from_secs(15);
/// Largest head of a request: fifty long ids in a query string fit many times over.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// Most connections on one listener at a time; more wait to be accepted.
const MAX_CONNECTIONS: usize = 8_192;
/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Longest that a client may read nothing of its response; then the connection is closed, which frees all that the
/// response holds: an export's connection to the database above all.
const WRITE_IDLE: Duration = Duration::from_mins(1);
/// Metrics are brought up to date this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the admin listener serves: health, metrics, and administration if it was set up.
pub fn admin_router(app: App, metrics: PrometheusHandle, administration: Option<AdminApi>) -> Router {
    api::admin::routes(administration)
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
    let drained = CancellationToken::new();
    let counting = app.uses.clone().flush_until(CredentialUses::FLUSHED_EVERY, drained.clone());
    let counting = tokio::spawn(counting);
    let cache = app.cache.clone();
    let callers = tokio::spawn(listen(public, api::router(app), stopping.clone()));
    let operators = tokio::spawn(listen(admin, operators, stopping.clone()));
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            cache.report();
            metrics.run_upkeep();
        }
    });
    stop.await;
    tracing::info!("stopping: requests under way may finish");
    stopping.cancel();
    let finished = tokio::time::timeout(grace, async { (callers.await, operators.await) }).await;
    upkeep.abort();
    if finished.is_err() {
        tracing::warn!("stopped with requests under way");
    }
    drained.cancel();
    // It ends by itself, and counts nothing more.
    let _ = counting.await;
    store.close().await;
}

/// Serves `router` on `listener` until `stopped`, then lets the requests under way finish.
pub async fn listen(listener: TcpListener, router: Router, stopped: CancellationToken) {
    listen_within(WRITE_IDLE, listener, router, stopped).await;
}

/// The same, closing a connection whose client reads nothing of its response for as long as `write_idle`.
pub async fn listen_within(
    write_idle: Duration,
    listener: TcpListener,
    router: Router,
    stopped: CancellationToken,
) {
    let connections = GracefulShutdown::new();
    let protocol = protocol();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        tokio::select! {
            (accepted, place) = accept(&listener, &places) => match accepted {
                Ok((stream, _)) => {
                    // Answers are written whole: waiting to fill a segment would only delay them.
                    let _ = stream.set_nodelay(true);
                    let service = TowerToHyperService::new(router.clone());
                    let mut stream = TimeoutWriter::new(stream);
                    stream.set_timeout(Some(write_idle));
                    let stream = TokioIo::new(Box::pin(stream));
                    let connection = protocol.serve_connection(stream, service).into_owned();
                    let served = connections.watch(connection);
                    tokio::spawn(async move {
                        // How a connection ended is its client's affair.
                        let _ = served.await;
                        drop(place);
                    });
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

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (std::io::Result<(TcpStream, SocketAddr)>, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    (listener.accept().await, place)
}

fn protocol() -> auto::Builder<TokioExecutor> {
    // HTTP/1 alone: the time for a request's head counts from the connection's first moment, where telling the
    // two protocols apart would first wait for bytes without a limit.
    let mut protocol = auto::Builder::new(TokioExecutor::new()).http1_only();
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(MAX_HEAD_BYTES);
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
