//! The service of one connection: the router, told who calls, and watched for the connection's sake.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, Uri};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::{Service, service_fn};
use hyper_util::service::TowerToHyperService;

use super::stream::Progress;
use crate::api::source::PeerAddress;

/// `router` for the requests of one connection, from `peer`.
pub(super) fn of_connection(
    router: Router,
    peer: SocketAddr,
    progress: Arc<Progress>,
) -> impl Service<Request<Incoming>, Response = Response<ResponseBody>, Error = Infallible, Future: Send> {
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        progress.begin(!request.body().is_end_stream());
        request.extensions_mut().insert(PeerAddress(peer.ip()));
        merge_leading_slashes(request.uri_mut());
        let of_request = Arc::clone(&progress);
        let response = router.call(request.map(|body| RequestBody { body, progress: of_request }));
        let progress = Arc::clone(&progress);
        async move { Ok(response.await?.map(|body| ResponseBody { body, progress })) }
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

/// A request's body, whose end is noted in the connection's progress.
struct RequestBody {
    body: Incoming,
    progress: Arc<Progress>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.progress.body_read();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body; dropping it ends the request, whether it was sent whole or not.
pub(super) struct ResponseBody {
    body: Body,
    progress: Arc<Progress>,
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
        Pin::new(&mut self.body).poll_frame(cx)
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
    use super::*;

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
