//! The service of one connection: the router, told who calls, and watched for the connection's sake.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Request, Response, Uri};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::{Service, service_fn};
use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;

use super::stream::Progress;
use crate::api::source::PeerAddress;

/// Rests of requests up to this size, in bytes, are read so that the connection can be kept.
const READ_REST: u64 = 16 << 10;
/// Maximum time for that.
const REST_TIME: Duration = Duration::from_millis(50);
/// So many frames of a response are sent before other requests get a turn on the thread. A compressed one has up to 4 KiB, of
/// some 40 KiB of JSON: to compress them all takes about a millisecond.
const FRAMES_AT_ONCE: usize = 8;

/// `router` for the requests of one connection, from `peer`. Each response says whether it is the connection's last one:
/// a proxy sends its next request at once on any other.
pub(super) fn of_connection(
    router: Router,
    peer: SocketAddr,
    progress: Arc<Progress>,
    stopped: CancellationToken,
) -> impl Service<Request<Incoming>, Response = Response<ResponseBody>, Error = Infallible, Future: Send> {
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        progress.begin(!request.body().is_end_stream());
        request.extensions_mut().insert(PeerAddress(peer.ip()));
        merge_leading_slashes(request.uri_mut());
        let waits = request.headers().contains_key(EXPECT);
        let request = request.map(|body| RequestBody::new(body, Arc::clone(&progress)));
        let rest = (!waits && progress.has_unread_body()).then(|| request.body().clone());
        let response = router.call(request);
        let (progress, stopped) = (Arc::clone(&progress), stopped.clone());
        async move {
            let mut response = response.await?;
            if let Some(rest) = rest.filter(|_| progress.has_unread_body()) {
                rest.read().await;
            }
            if progress.has_unread_body() || stopped.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| ResponseBody { body, progress, frames: 0 }))
        }
    })
}

/// Makes one of several leading slashes: some SDKs append `/api/…` to a base URL that ends with a slash.
fn merge_leading_slashes(uri: &mut Uri) {
    if !uri.path().starts_with("//") {
        return;
    }
    let all = uri.path_and_query().map_or("/", |all| all.as_str());
    let path = format!("/{}", all.trim_start_matches('/'));
    if let Ok(shorter) = path.parse() {
        *uri = shorter;
    }
}

/// A request's body, whose end is noted in the connection's progress. Its clones are the same body.
#[derive(Clone)]
struct RequestBody {
    body: Arc<Mutex<Incoming>>,
    progress: Arc<Progress>,
}

impl RequestBody {
    fn new(body: Incoming, progress: Arc<Progress>) -> Self {
        Self { body: Arc::new(Mutex::new(body)), progress }
    }

    fn body(&self) -> MutexGuard<'_, Incoming> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what nobody has read, if it is short and arrives soon.
    async fn read(mut self) {
        if self.size_hint().upper().is_none_or(|size| size > READ_REST) {
            return;
        }
        let read =
            async { while let Some(Ok(_)) = poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {} };
        // What is late is left to the end of the connection.
        let _ = tokio::time::timeout(REST_TIME, read).await;
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut body = self.body();
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        if frame.is_none() || body.is_end_stream() {
            self.progress.body_read();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}

/// A response's body; dropping it ends the request, whether it was sent whole or not.
pub(super) struct ResponseBody {
    body: Body,
    progress: Arc<Progress>,
    /// Frames since other requests had a turn.
    frames: usize,
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.progress.end();
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.frames == FRAMES_AT_ONCE {
            self.frames = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.frames += 1;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn others_get_a_turn_between_the_frames_of_a_long_response() {
        let frames = (0..=2 * FRAMES_AT_ONCE).map(|_| Ok::<_, Infallible>(Bytes::from_static(b"frame")));
        let body = Body::from_stream(stream::iter(frames));
        let mut body = ResponseBody { body, progress: Progress::new(), frames: 0 };
        let mut turns = Vec::new();
        while turns.last() != Some(&Poll::Ready(None)) {
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
            turns.push(polled.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap().len())));
        }
        let at_once = [Poll::Ready(Some(5)); FRAMES_AT_ONCE];
        let expected = [
            &at_once[..],
            &[Poll::Pending],
            &at_once,
            &[Poll::Pending, Poll::Ready(Some(5)), Poll::Ready(None)],
        ];
        assert_eq!(turns, expected.concat());
    }

    #[test]
    fn leading_slashes_are_merged() {
        for (sent, routed) in [
            ("//api/v0/users?a=//b", "/api/v0/users?a=//b"),
            ("///", "/"),
            ("/api//v0", "/api//v0"),
            ("//", "/"),
            ("/", "/"),
        ] {
            let mut uri: Uri = Uri::builder().path_and_query(sent).build().unwrap();
            merge_leading_slashes(&mut uri);
            assert_eq!(uri.to_string(), routed, "{sent}");
        }
    }
}
