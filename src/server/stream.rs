//! A client's connection as a stream of bytes: how long it may be silent, and how it ends.
//!
//! hyper knows one time limit, for a request's head, and lets it run between requests too; proxies keep connections
//! open for longer than a head may take. It also closes a connection with the rest of a request unread, which makes the
//! client's kernel discard the response that says why. Both are mended here, below hyper, for every response.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Maximum time for which the rest of an unread request is discarded.
const LINGER_TIME: Duration = Duration::from_secs(10);
/// The same, without receiving anything.
const LINGER_PAUSE: Duration = Duration::from_secs(2);
/// Maximum bytes discarded: twice the default limit of a body.
const LINGER_BYTES: usize = 16 << 20;
/// Size of the buffer they are read into.
const DISCARDED_AT_ONCE: usize = 16 << 10;
/// Time to complete a request's head once the gateway is stopping.
const STOPPING_HEAD_TIME: Duration = Duration::from_secs(1);
/// Time for a next request to arrive once the gateway is stopping: it may be here already, but the runtime has to hear of
/// it.
const STOPPING_IDLE_TIME: Duration = Duration::from_millis(100);

/// Time limits of a connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimes {
    /// Maximum time to receive a request's head, and for the first one to begin.
    pub head: Duration,
    /// Maximum time between two requests.
    pub keep_alive: Duration,
    /// Maximum time for which the client may read nothing of its response.
    pub write_idle: Duration,
}

impl Default for ConnectionTimes {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            keep_alive: Duration::from_secs(75),
            write_idle: Duration::from_mins(1),
        }
    }
}

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// A request's head.
    Head,
    /// The end of a request and its response.
    Request,
    /// The next request.
    Idle,
}

/// Progress of a connection's requests, as the service sees it.
#[derive(Debug)]
pub(super) struct Progress {
    phase: AtomicU8,
    requests: AtomicUsize,
    has_unread_body: AtomicBool,
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            phase: AtomicU8::new(Phase::Head as u8),
            requests: AtomicUsize::new(0),
            has_unread_body: AtomicBool::new(false),
        })
    }

    /// A request begins, with a body to read unless it is empty.
    pub(super) fn begin(&self, has_body: bool) {
        self.has_unread_body.store(has_body, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.phase.store(Phase::Request as u8, Ordering::Relaxed);
    }

    /// The request's body was read to its end.
    pub(super) fn body_read(&self) {
        self.has_unread_body.store(false, Ordering::Relaxed);
    }

    /// Whether the request's body was not read to its end, at least not yet.
    pub(super) fn has_unread_body(&self) -> bool {
        self.has_unread_body.load(Ordering::Relaxed)
    }

    /// The response was sent, or given up.
    pub(super) fn end(&self) {
        self.phase.store(Phase::Idle as u8, Ordering::Relaxed);
    }

    /// Bytes arrived: those after a request are the next one's.
    fn received(&self) {
        let (idle, head) = (Phase::Idle as u8, Phase::Head as u8);
        let _ = self.phase.compare_exchange(idle, head, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The phase, and how many requests there were up to it.
    fn phase(&self) -> (Phase, usize) {
        let phase = match self.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Head as u8 => Phase::Head,
            phase if phase == Phase::Request as u8 => Phase::Request,
            _ => Phase::Idle,
        };
        (phase, self.requests.load(Ordering::Relaxed))
    }
}

/// The connection. It reads as ended once its client took too long.
pub(super) struct ClientStream {
    stream: Pin<Box<TimeoutWriter<TcpStream>>>,
    progress: Arc<Progress>,
    times: ConnectionTimes,
    silence: Silence,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    lingering: Option<Lingering>,
}

/// The phase last seen, since when, and a timer that wakes the connection when it has lasted too long.
struct Silence {
    phase: (Phase, usize),
    since: Instant,
    is_stopping: bool,
    /// Set to the deadline or earlier: a timer is not moved for each request.
    timer: Pin<Box<Sleep>>,
}

/// What is left of discarding an unread request.
struct Lingering {
    until: Instant,
    bytes_left: usize,
    pause: Pin<Box<Sleep>>,
}

impl ClientStream {
    pub(super) fn new(
        stream: TcpStream,
        times: ConnectionTimes,
        progress: Arc<Progress>,
        stopping: CancellationToken,
    ) -> Self {
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(times.write_idle));
        let now = Instant::now();
        Self {
            stream: Box::pin(stream),
            progress,
            times,
            silence: Silence::from(now, now + times.head),
            stopping: Box::pin(stopping.cancelled_owned()),
            lingering: None,
        }
    }

    /// Whether the client has been silent for too long; otherwise it is asked again in time.
    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let silence = &mut self.silence;
        if !silence.is_stopping && self.stopping.as_mut().poll(cx).is_ready() {
            (silence.is_stopping, silence.since) = (true, Instant::now());
        }
        let phase = self.progress.phase();
        if phase != silence.phase {
            (silence.phase, silence.since) = (phase, Instant::now());
        }
        let limit = match phase.0 {
            Phase::Head if silence.is_stopping => STOPPING_HEAD_TIME,
            Phase::Head => self.times.head,
            Phase::Request => return false,
            Phase::Idle if silence.is_stopping => STOPPING_IDLE_TIME,
            Phase::Idle => self.times.keep_alive,
        };
        silence.has_lasted(limit, cx)
    }
}

impl Silence {
    fn from(since: Instant, deadline: Instant) -> Self {
        Self { phase: (Phase::Head, 0), since, is_stopping: false, timer: Box::pin(sleep_until(deadline)) }
    }

    fn has_lasted(&mut self, limit: Duration, cx: &mut Context<'_>) -> bool {
        let deadline = self.since + limit;
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return true;
            }
            self.timer.as_mut().reset(deadline);
        }
        false
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.stream.as_mut().poll_read(cx, buffer) {
            Poll::Pending if self.is_overdue(cx) => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
            read @ Poll::Ready(_) => {
                self.progress.received();
                read
            }
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    /// Ends the response, then discards what the client is still sending of its request, within limits.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(self.stream.as_mut().poll_shutdown(cx))?;
            if !self.progress.has_unread_body() {
                return Poll::Ready(Ok(()));
            }
        }
        let Self { stream, lingering, .. } = &mut *self;
        ready!(lingering.get_or_insert_with(Lingering::new).poll(stream.as_mut(), cx));
        Poll::Ready(Ok(()))
    }
}

impl Lingering {
    fn new() -> Self {
        let pause = Box::pin(sleep(LINGER_PAUSE));
        Self { until: Instant::now() + LINGER_TIME, bytes_left: LINGER_BYTES, pause }
    }

    /// Ready at the end of the request, or at the first limit reached.
    fn poll(&mut self, mut stream: Pin<&mut impl AsyncRead>, cx: &mut Context<'_>) -> Poll<()> {
        let mut discarded = [0; DISCARDED_AT_ONCE];
        loop {
            let mut buffer = ReadBuf::new(&mut discarded);
            match stream.as_mut().poll_read(cx, &mut buffer) {
                Poll::Pending => return self.pause.as_mut().poll(cx),
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => {}
            }
            let read = buffer.filled().len();
            let now = Instant::now();
            if read == 0 || read > self.bytes_left || now >= self.until {
                return Poll::Ready(());
            }
            self.bytes_left -= read;
            self.pause.as_mut().reset(self.until.min(now + LINGER_PAUSE));
        }
    }
}
