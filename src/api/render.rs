//! Deferred rendering of errors. Handlers and extractors return an error; the middleware renders its body, which
//! depends on the request's id and language.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::context::RequestContext;

/// An error whose body depends on the request.
pub trait RenderError: Send + Sync + 'static {
    /// The response to `request`.
    fn render(&self, request: &RequestContext) -> Response;
}

#[derive(Clone)]
struct Pending(Arc<dyn RenderError>);

/// A placeholder response for `error` until it is rendered. Headers added to it are kept.
pub fn pending(error: impl RenderError) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Pending(Arc::new(error)));
    response
}

/// `response`, rendered for `request` if it was pending.
pub(super) fn rendered(mut response: Response, request: &RequestContext) -> Response {
    let Some(Pending(error)) = response.extensions_mut().remove() else { return response };
    let (added, _) = response.into_parts();
    let mut response = error.render(request);
    response.headers_mut().extend(added.headers);
    response.extensions_mut().extend(added.extensions);
    response
}
