//! Import from a streamed body and export as a streamed response.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::io::Sink;
use tokio_util::io::{ReaderStream, StreamReader, SyncIoBridge};
use tracing::Instrument as _;

use super::AdminApi;
use super::auth::Operator;
use super::dto::{
    ExportQuery, ImportBody, ImportQuery, JoinBody, Lines, RejectBody, UnusedColumnsBody, mappings,
};
use super::error::{
    ChangeErrors, CursorErrors, Error, ImportErrors, TenantErrors, TransferErrors, is_stalled,
};
use super::extract::{PathParam, QueryParams};
use super::routes::run_to_completion;
use crate::admin::{AdminError, ImportObserver, Progress, Reject, SourceFault, UnusedColumns};
use crate::api::context::RequestContext;
use crate::api::fault::{Cause, Fault};
use crate::api::json::Json;
use crate::core::id::Slug;
use crate::store::Join;

/// Maximum rejected records, and maximum joins, listed in a response.
const MAX_LISTED: usize = 1_000;
/// Buffer between the database and the client during an export, in bytes.
const EXPORT_BUFFER: usize = 256 << 10;

/// The header with the cursor of what happens after an export's snapshot.
const CURSOR: HeaderName = HeaderName::from_static("x-userbatch-cursor");

/// Collects the first rejected records and joins, and the columns without use.
#[derive(Default)]
struct FirstRecords {
    rejects: Vec<RejectBody>,
    joins: Vec<JoinBody>,
    columns: Option<UnusedColumnsBody>,
}

impl ImportObserver for FirstRecords {
    fn rejected(&mut self, reject: &Reject) {
        if self.rejects.len() < MAX_LISTED {
            self.rejects.push(reject.into());
        }
    }

    fn joined(&mut self, join: &Join) {
        if self.joins.len() < MAX_LISTED {
            self.joins.push(join.into());
        }
    }

    fn progress(&mut self, _: Progress) {}

    fn columns(&mut self, unused: &UnusedColumns) {
        self.columns = Some(unused.into());
    }
}

/// Import users
///
/// 408 if the body stalls for a minute; 503 while four imports and exports are running. In both cases nothing is
/// imported.
#[utoipa::path(post, path = "/admin/v1/tenants/{slug}/import",
    tag = "transfer",
    params(("slug" = String, Path),
        ImportQuery,
        ("map" = Option<Vec<String>>, Query,
            description = "With CSV, `COLUMN=FIELD`: take this column for this field of the user; once for each column. \
                One must be for `id`.",
            style = Form, explode)),
    request_body(content = Lines, content_type = "application/x-ndjson"),
    responses((status = 200, description = "What the import did.", body = ImportBody),
        Error, TransferErrors, ImportErrors,
        TenantErrors, ChangeErrors))]
pub(super) async fn import_users(
    State(api): State<AdminApi>,
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    QueryParams(query): QueryParams<ImportQuery>,
    uri: Uri,
    body: Body,
) -> Result<Json<ImportBody>, Error> {
    let options = query.options(mappings(uri.query().unwrap_or_default())?)?;
    let permit = api.transfer().ok_or(Error::Busy)?;
    // A disconnect ends the body with an error, which aborts the import.
    let bytes = body.into_data_stream().map_err(unreadable);
    let source = SyncIoBridge::new(StreamReader::new(bytes));
    let imported = run_to_completion(async move {
        let _permit = permit;
        let mut first = FirstRecords::default();
        let report = admin.import(&slug, source, &options, &mut first).await?;
        Ok(ImportBody::new(&report, first.rejects, first.joins, first.columns))
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

/// Converts a body error, with the kind `TimedOut` if it stalled: parsers preserve only the kind.
fn unreadable(error: axum::Error) -> io::Error {
    let kind = if is_stalled(&error) { io::ErrorKind::TimedOut } else { io::ErrorKind::Other };
    io::Error::new(kind, error)
}

/// Export all users, or those changed since a cursor
///
/// The connection is closed if the client reads nothing for a minute; 503 while four imports and exports are running.
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}/export",
    tag = "transfer",
    params(("slug" = String, Path), ExportQuery),
    responses((status = 200, description = "Canonical users, one per line.", body = Lines,
        content_type = "application/x-ndjson",
        headers(("x-userbatch-cursor" = String, description = "The cursor of the changes that follow."))),
        Error, TransferErrors, TenantErrors, CursorErrors))]
pub(super) async fn export_users(
    State(api): State<AdminApi>,
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    QueryParams(query): QueryParams<ExportQuery>,
    context: RequestContext,
) -> Result<Response, Error> {
    let permit = api.transfer().ok_or(Error::Busy)?;
    let start = async move { Ok((admin.start_export(&slug, query.since.as_deref()).await?, permit)) };
    let (started, permit) = run_to_completion(start).await?;
    let cursor = HeaderValue::try_from(started.cursor()).map_err(|_| Fault::Internal)?;
    let (writer, reader) = tokio::io::duplex(EXPORT_BUFFER);
    let export = async move {
        let exported = started.write(writer, None::<Sink>).await;
        drop(permit);
        if let Err(error) = &exported {
            tracing::warn!(cause = %Cause::of(error).0, "export aborted");
        }
        exported
    };
    let export = tokio::spawn(export.instrument(context.span().clone()));
    // If the export fails midway, the response is aborted so that it does not look complete.
    let end = stream::once(export).filter_map(async |outcome| match outcome {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(Err(io::Error::other(error))),
        Err(error) => Some(Err(io::Error::other(error))),
    });
    let lines = ReaderStream::with_capacity(reader, EXPORT_BUFFER).chain(end);
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")), (CURSOR, cursor)];
    Ok((headers, Body::from_stream(lines)).into_response())
}
