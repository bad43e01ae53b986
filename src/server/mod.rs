//! Listeners: one for callers, one for operators; a signal shuts both down gracefully.

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

/// Maximum time to receive a request's head, so that idle connections do not pile up.
const HEADER_TIME: Duration = Duration::from_secs(15);
/// Maximum size of a request's head, in bytes; several times that of fifty long ids in a query string.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// Maximum number of simultaneous connections per listener; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 8_192;
/// Delay after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Maximum time for which a client may read nothing of its response before the connection is closed. This frees
/// everything the response holds, above all the database connection of an export.
const WRITE_IDLE: Duration = Duration::from_mins(1);
/// Interval at which gauges are updated.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the admin listener serves: health, metrics, and the admin API if it is configured.
pub fn admin_router(app: App, metrics: PrometheusHandle, administration: Option<AdminApi>) -> Router {
    api::admin::routes(administration)
        .merge(health::routes().with_state(app))
        .route("/metrics", get(move || std::future::ready(metrics.render())))
}

/// Serves `app` to callers on `public`, and `operators` on `admin`, until `stop`; requests in progress then have
/// `grace` to finish.
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
    tracing::info!("stopping: waiting for requests in progress");
    stopping.cancel();
    let finished = tokio::time::timeout(grace, async { (callers.await, operators.await) }).await;
    upkeep.abort();
    if finished.is_err() {
        tracing::warn!("stopped before all requests were finished");
    }
    drained.cancel();
    // Ends on its own, and records nothing more.
    let _ = counting.await;
    store.close().await;
}

/// Serves `router` on `listener` until `stopped`, then lets requests in progress finish.
pub async fn listen(listener: TcpListener, router: Router, stopped: CancellationToken) {
    listen_within(WRITE_IDLE, listener, router, stopped).await;
}

/// The same, closing a connection whose client reads nothing of its response for `write_idle`.
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
                    // Responses are written as a whole: waiting to fill a segment would only delay them.
                    let _ = stream.set_nodelay(true);
                    let service = TowerToHyperService::new(router.clone());
                    let mut stream = TimeoutWriter::new(stream);
                    stream.set_timeout(Some(write_idle));
                    let stream = TokioIo::new(Box::pin(stream));
                    let connection = protocol.serve_connection(stream, service).into_owned();
                    let served = connections.watch(connection);
                    tokio::spawn(async move {
                        // A connection that ends with an error is the client's problem.
                        let _ = served.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!("could not accept a connection: {error}");
                    // Most likely out of file descriptors: wait for others to close.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = stopped.cancelled() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// The next connection, as soon as the limit allows one more.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (std::io::Result<(TcpStream, SocketAddr)>, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so this never fails.
    let place = Arc::clone(places).acquire_owned().await.ok();
    (listener.accept().await, place)
}

fn protocol() -> auto::Builder<TokioExecutor> {
    // HTTP/1 only: the header timeout then starts with the connection, whereas protocol detection would first wait
    // for bytes without a limit.
    let mut protocol = auto::Builder::new(TokioExecutor::new()).http1_only();
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(MAX_HEAD_BYTES);
    protocol
}

/// Returns on the first SIGINT or SIGTERM.
///
/// # Errors
/// If the signal handlers cannot be installed.
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
