//! Users in, as a body that is read as it arrives, and out, as an answer that is written as it is read.

use std::io;

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::io::{ReaderStream, StreamReader, SyncIoBridge};

use super::auth::Operator;
use super::dto::{ImportBody, ImportQuery, RejectBody};
use super::error::{Error, Problem};
use super::routes::{Asked, to_its_end};
use crate::admin::{ImportObserver, Progress, Reject};

/// Rejected records that an answer lists.
const MAX_REJECTS: usize = 1_000;
/// What is held of an export between the database and the client, in bytes.
const EXPORT_BUFFER: usize = 256 << 10;

/// Keeps the first rejected records.
#[derive(Default)]
struct FirstRejects(Vec<RejectBody>);

impl ImportObserver for FirstRejects {
    fn rejected(&mut self, reject: &Reject) {
        if self.0.len() < MAX_REJECTS {
            self.0.push(reject.into());
        }
    }

    fn progress(&mut self, _: Progress) {}
}

/// Take users in
#[utoipa::path(post, path = "/admin/v1/tenants/{slug}/import", params(("slug" = String, Path), ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = ImportBody), (status = "4XX", body = Problem)))]
pub(super) async fn import_users(
    Operator(admin): Operator,
    Path(slug): Path<String>,
    query: Asked<ImportQuery>,
    body: Body,
) -> Result<Json<ImportBody>, Error> {
    let options = query?.0.options()?;
    let bytes = body.into_data_stream().map_err(io::Error::other);
    // A client that goes away ends the body with an error, and that ends the import.
    let source = SyncIoBridge::new(StreamReader::new(bytes));
    let imported = to_its_end(async move {
        let mut rejects = FirstRejects::default();
        let report = admin.import(&slug, source, &options, &mut rejects).await?;
        Ok(ImportBody::new(&report, rejects.0))
    });
    imported.await.map(Json)
}

/// Write all users out
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}/export", params(("slug" = String, Path)),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = "4XX", body = Problem)))]
pub(super) async fn export_users(
    Operator(admin): Operator,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    admin.tenant(&slug).await?;
    let (writer, reader) = tokio::io::duplex(EXPORT_BUFFER);
    let export = tokio::spawn(async move { admin.export(&slug, writer).await });
    // An export that failed midway must not look like a whole one: the answer is broken off.
    let end = stream::once(export).filter_map(async |outcome| match outcome {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(Err(io::Error::other(error))),
        Err(error) => Some(Err(io::Error::other(error))),
    });
    let lines = ReaderStream::with_capacity(reader, EXPORT_BUFFER).chain(end);
    let content_type = [(CONTENT_TYPE, "application/x-ndjson")];
    Ok((content_type, Body::from_stream(lines)).into_response())
}
