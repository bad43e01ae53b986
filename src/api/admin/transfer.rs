//! Users in, as a body that is read as it arrives, and out, as an answer that is written as it is read.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::io::{ReaderStream, StreamReader, SyncIoBridge};
use tracing::Instrument as _;

use super::Operators;
use super::auth::Operator;
use super::dto::{ImportBody, ImportQuery, RejectBody};
use super::error::{Error, Problem, is_stalled};
use super::extract::{Asked, Named};
use super::routes::to_its_end;
use crate::admin::{AdminError, ImportObserver, Progress, Reject, SourceFault};
use crate::api::context::RequestContext;
use crate::api::fault::Cause;
use crate::api::json::Json;
use crate::core::id::Slug;

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
///
/// 408 after a minute in which nothing of the body arrives; 503 while four imports and exports are under way. Nothing
/// is imported then.
#[utoipa::path(post, path = "/admin/v1/tenants/{slug}/import", params(("slug" = String, Path), ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = ImportBody), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub(super) async fn import_users(
    State(operators): State<Operators>,
    Operator(admin): Operator,
    Named(slug): Named<Slug>,
    Asked(query): Asked<ImportQuery>,
    body: Body,
) -> Result<Json<ImportBody>, Error> {
    let options = query.options()?;
    let place = operators.transfer().ok_or(Error::Busy)?;
    // A client that goes away ends the body with an error, and that ends the import.
    let bytes = body.into_data_stream().map_err(unreadable);
    let source = SyncIoBridge::new(StreamReader::new(bytes));
    let imported = to_its_end(async move {
        let _place = place;
        let mut rejects = FirstRejects::default();
        let report = admin.import(&slug, source, &options, &mut rejects).await?;
        Ok(ImportBody::new(&report, rejects.0))
    });
    match imported.await {
        Err(Error::Admin(AdminError::Source(SourceFault::Io(error))))
            if error.kind() == io::ErrorKind::TimedOut =>
        {
            Err(Error::BodyStalled)
        }
        imported => imported.map(Json),
    }
}

/// Why a body could not be read on, with the kind that tells a stalled one: the parsers keep no more of it.
fn unreadable(error: axum::Error) -> io::Error {
    let kind = if is_stalled(&error) { io::ErrorKind::TimedOut } else { io::ErrorKind::Other };
    io::Error::new(kind, error)
}

/// Write all users out
///
/// Broken off, with the connection, after a minute in which the client takes nothing; 503 while four imports and
/// exports are under way.
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}/export", params(("slug" = String, Path)),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = "4XX", body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn export_users(
    State(operators): State<Operators>,
    Operator(admin): Operator,
    Named(slug): Named<Slug>,
    context: RequestContext,
) -> Result<Response, Error> {
    let place = operators.transfer().ok_or(Error::Busy)?;
    admin.tenant(&slug).await?;
    let (writer, reader) = tokio::io::duplex(EXPORT_BUFFER);
    let export = async move {
        let exported = admin.export(&slug, writer).await;
        drop(place);
        if let Err(error) = &exported {
            tracing::warn!(cause = %Cause::of(error).0, "an export was broken off");
        }
        exported
    };
    let export = tokio::spawn(export.instrument(context.span().clone()));
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
