//! The id of a request: made by the gateway, never taken from a client, given in every answer and log line.

use std::future::Future;

use uuid::Uuid;

tokio::task_local! {
    static REQUEST_ID: Uuid;
}

/// Runs `request` under the id `id`.
pub(super) async fn scope<F: Future>(id: Uuid, request: F) -> F::Output {
    REQUEST_ID.scope(id, request).await
}

/// The id of the request that is being answered; the nil id outside of one.
#[must_use]
pub fn current() -> Uuid {
    REQUEST_ID.try_with(|id| *id).unwrap_or_default()
}
