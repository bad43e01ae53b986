//! Errors are written once it is known which request they answer. A handler or an extractor returns the error; the
//! middleware around all of them writes its body, which names the request and speaks its caller's language.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::context::RequestContext;

/// An error whose body depends on the request it answers.
pub trait RenderError: Send + Sync + 'static {
    /// The response to `request`.
    fn render(&self, request: &RequestContext) -> Response;
}

#[derive(Clone)]
struct Pending(Arc<dyn RenderError>);

/// The response that stands for `error` until it is rendered. What is added to it meanwhile stays.
pub fn pending(error: impl RenderError) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Pending(Arc::new(error)));
    response
}

/// `response` to `request`, rendered if it was pending.
pub(super) fn rendered(mut response: Response, request: &RequestContext) -> Response {
    let Some(Pending(error)) = response.extensions_mut().remove() else { return response };
    let (added, _) = response.into_parts();
    let mut response = error.render(request);
    response.headers_mut().extend(added.headers);
    response.extensions_mut().extend(added.extensions);
    response
}
