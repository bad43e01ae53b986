//! Listeners: one for callers, one for operators; a signal shuts both down gracefully.

mod closing;
mod service;
mod stream;
mod workers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::stream::ConnectionTimes;
use self::stream::{ClientStream, Progress};
pub use self::workers::Workers;
use crate::api::admin::AdminApi;
use crate::api::fault::{Fault, Problem};
use crate::api::front_page::{FrontPage, Link};
use crate::api::{self, App, health};
use crate::auth::CredentialUses;

/// Maximum size of a request's head, in bytes; several times that of fifty long ids in a query string.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// Delay after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Interval at which gauges are updated.
const UPKEEP: Duration = Duration::from_secs(5);

/// How connections are accepted and kept.
#[derive(Debug, Clone, Copy)]
pub struct ListenOptions {
    /// Time limits of a connection.
    pub times: ConnectionTimes,
    /// Maximum number of simultaneous connections per listener; further ones wait to be accepted.
    pub max_connections: usize,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self { times: ConnectionTimes::default(), max_connections: 8_192 }
    }
}

/// The two steps in which a gateway stops.
#[derive(Debug, Clone, Default)]
pub struct Stopping {
    /// It says that it will, in `/readyz`, and asks clients to connect elsewhere, but serves as before.
    pub announced: CancellationToken,
    /// It accepts nothing new, and requests in progress are finished.
    pub begun: CancellationToken,
    /// Time for them to finish.
    pub grace: Duration,
}

/// What the admin listener serves: health, metrics, and the admin API if it is configured.
pub fn admin_router(app: App, metrics: PrometheusHandle, administration: Option<AdminApi>) -> Router {
    let front_page = admin_front_page(administration.is_some());
    let documentation = administration.as_ref().map(|_| api::admin::docs_page(&app).routes());
    api::admin::routes(administration)
        .merge(front_page.route())
        .merge(documentation.unwrap_or_default())
        .merge(health::routes().with_state(app))
        .route("/metrics", get(move || std::future::ready(metrics.render())))
        .method_not_allowed_fallback(|| {
            let fault = Fault::MethodNotAllowed;
            std::future::ready(Problem::new(fault.status(), fault.to_string()))
        })
}

fn admin_front_page(has_api: bool) -> FrontPage {
    let api = [
        Link::new("/docs/", "Documentation, with every call to try"),
        Link::new("/openapi/admin.json", "OpenAPI: Administration"),
    ];
    let api = api.into_iter().filter(|_| has_api);
    let others = [
        Link::new("/metrics", "Metrics for Prometheus"),
        Link::new("/livez", "Whether it runs"),
        Link::new("/readyz", "Whether it can serve"),
    ];
    FrontPage::new("The operators' side of the gateway.", api.chain(others).collect())
}

/// Serves `app` to callers on `public`, and `operators` on `admin`, until `stopping` has begun and requests in progress
/// are finished.
///
/// # Errors
/// If the threads that serve callers cannot be started.
pub async fn serve(
    app: App,
    operators: Router,
    metrics: PrometheusHandle,
    (public, admin): (TcpListener, TcpListener),
    options: ListenOptions,
    stopping: Stopping,
) -> std::io::Result<()> {
    let workers = Workers::start()?;
    let store = app.store.clone();
    let drained = CancellationToken::new();
    let counting = app.uses.clone().flush_until(CredentialUses::FLUSHED_EVERY, drained.clone());
    let counting = tokio::spawn(counting);
    let cache = app.cache.clone();
    app.stop_with(&stopping.announced);
    let callers = listen(public, api::router(app), options, workers.clone(), stopping.begun.clone());
    let operators = listen(admin, operators, options, Workers::current(), stopping.begun.clone());
    let mut listening = JoinSet::new();
    listening.spawn(callers);
    listening.spawn(operators);
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            cache.report();
            metrics.run_upkeep();
        }
    });
    stopping.begun.cancelled().await;
    tracing::info!("stopping: waiting for requests in progress");
    let finished = async { while listening.join_next().await.is_some() {} };
    let finished = tokio::time::timeout(stopping.grace, finished).await;
    listening.shutdown().await;
    upkeep.abort();
    if finished.is_err() {
        tracing::warn!("stopped before all requests were finished");
    }
    drained.cancel();
    // Ends on its own, and records nothing more.
    let _ = counting.await;
    store.close().await;
    // Only now: connections to the database belong to them too.
    drop(workers);
    Ok(())
}

/// Serves `router` on `listener`, by `workers`, until `stopped`, then lets requests in progress finish, those of clients
/// that had connected by then included.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    options: ListenOptions,
    workers: Workers,
    stopped: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(options.max_connections));
    let connections = Connections { router, protocol: protocol(), times: options.times, workers, stopped };
    loop {
        tokio::select! {
            (accepted, place) = accept(&listener, &places) => match accepted {
                Ok(accepted) => connections.serve(accepted, place),
                Err(error) => {
                    tracing::warn!("could not accept a connection: {error}");
                    // Most likely out of file descriptors: wait for others to close.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = connections.stopped.cancelled() => break,
        }
    }
    accept_rest(listener, &connections, &places).await;
    let all = u32::try_from(options.max_connections).unwrap_or(u32::MAX);
    // Each connection gives its place back at its end.
    let _ended = places.acquire_many(all).await;
}

/// The next connection, as soon as the limit allows one more.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (std::io::Result<(std::net::TcpStream, SocketAddr)>, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so this never fails.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let accepted = listener.accept().await.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
    (accepted, place)
}

/// Closes `listener`, and serves those who are connected by then, as far as the limit allows.
async fn accept_rest(listener: TcpListener, connections: &Connections, places: &Arc<Semaphore>) {
    // Asks the kernel itself, which the runtime does only once it has been told of new connections.
    let Ok(listener) = listener.into_std() else { return };
    closing::close(listener, |(stream, peer)| {
        let Ok(place) = Arc::clone(places).try_acquire_owned() else { return false };
        if stream.set_nonblocking(true).is_ok() {
            connections.serve((stream, peer), Some(place));
        }
        true
    })
    .await;
}

/// How the connections of a listener are served.
struct Connections {
    router: Router,
    protocol: auto::Builder<TokioExecutor>,
    times: ConnectionTimes,
    workers: Workers,
    stopped: CancellationToken,
}

impl Connections {
    /// Serves a connection on a task of its own, which holds its place until it ends.
    fn serve(&self, (stream, peer): (std::net::TcpStream, SocketAddr), place: Option<OwnedSemaphorePermit>) {
        // Responses are written as a whole: waiting to fill a segment would only delay them.
        let _ = stream.set_nodelay(true);
        let (router, protocol, times) = (self.router.clone(), self.protocol.clone(), self.times);
        let stopped = self.stopped.clone();
        self.workers.spawn(async move {
            // Here, since the thread that it is made on is told what arrives.
            let Ok(stream) = TcpStream::from_std(stream) else { return };
            let progress = Progress::new();
            let service = service::of_connection(router, peer, Arc::clone(&progress), stopped.clone());
            let stream = ClientStream::new(stream, times, progress, stopped);
            // Not told to stop: it would close connections whose next request is here, but unread. The stream ends those
            // that are idle, and the service has the others closed.
            let connection = protocol.serve_connection(TokioIo::new(stream), service).into_owned();
            // A connection that ends with an error is the client's problem.
            let _ = connection.await;
            drop(place);
        });
    }
}

fn protocol() -> auto::Builder<TokioExecutor> {
    // HTTP/1 only: the time limit of a head then starts with the connection, whereas protocol detection would first wait
    // for bytes without a limit.
    let mut protocol = auto::Builder::new(TokioExecutor::new()).http1_only();
    // A client that has sent its request may close its side, and still gets the response.
    protocol.http1().header_read_timeout(None).half_close(true).max_buf_size(MAX_HEAD_BYTES);
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

/// Stops on signals: at SIGINT, or `drain` after SIGTERM, which announces it, or at the second signal. Requests in
/// progress then have `grace` to finish.
///
/// # Errors
/// If the signal handlers cannot be installed.
pub fn stop_on_signals(drain: Duration, grace: Duration) -> std::io::Result<Stopping> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stopping = Stopping { grace, ..Stopping::default() };
    let stop = stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                stop.announced.cancel();
                if !drain.is_zero() {
                    tracing::info!(seconds = drain.as_secs(), "stopping: still serving while load balancers notice");
                }
                tokio::select! {
                    () = tokio::time::sleep(drain) => {}
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
        }
        stop.announced.cancel();
        stop.begun.cancel();
    });
    Ok(stopping)
}
