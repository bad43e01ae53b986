//! The BitBadges face: accounts in batches, each with pages of its views.
//!
//! The contract is the seed, the vendor's documentation of August 2023: `POST /api/v0/user/batch` with views by
//! `viewKey`. One handler serves it and `POST /api/v0/users`, where the published SDKs post views by `viewId` and
//! `viewType`; both forms may be mixed in one request.
//!
//! # Deviations
//!
//! Where the vendor's versions differ, fail, or say nothing, this is what is answered:
//!
//! * Entries: one account for each, in the order of the request, repeated ones in full. The vendor's later servers
//!   reorder them, so that positions no longer pair. An entry with neither name is skipped, as at the vendor's;
//!   an empty name is none. Of two names the username counts, and the address is not looked at.
//! * A valid address or a username that nobody has gives a blank account (`accountNumber` `-1`); the vendor fails
//!   the whole batch for one unknown username. The blank account of a username has no address and chain `Unknown`.
//! * A malformed address is 400 with its place; the vendor answers by accident. `Mint` is malformed.
//! * An account is found by every form of its address: `0x…` (EIP-55 checked if in mixed case), `cosmos1…`,
//!   `bb1…`, `bc1q…`, Solana base58. It is shown in the form that its user prefers, an unknown one in the form
//!   asked. A user of several chain accounts is the one asked for, by username the first.
//! * `sequence`: what is known; of an account without one `0` if `fetchSequence`, else left out. `balance` is always
//!   told, as at the vendor's, and `fetchBalance` has no effect.
//! * `noExternalCalls` only raises the limit: nothing is ever called, so `avatar` and `resolvedName` are as stored.
//! * Members: the seed's in the seed's order, then what later SDKs need. Every list that a published SDK fails
//!   without is there, empty if it is not kept here. Documents carry their id as `_id` and as `_docId`.
//!   `seenActivity` and `createdAt` are numbers, as the seed has the former; all else is decimal text.
//! * Views: every name of every version is known. Those without data here are one empty page of the right `type`;
//!   any other name is 400 (the first servers left it out of the answer). A view in neither form is 400 too.
//! * `viewId` and `viewType` count before `viewKey`. Of several views of one name the first counts.
//! * By `viewKey` oldest first, and activity is what came in, as the first server answers, in spite of "latest".
//!   By `viewId` newest first unless `oldestFirst`, activity both ways. Announcements, which later servers lost,
//!   are there in both forms: those of every collection the account holds any of.
//! * `specificCollections`, or `filteredCollections` if that is absent, narrows activity, balances and
//!   announcements, in both forms; an empty list leaves nothing, as at the vendor's. Ids are decimal strings or
//!   numbers; badge ids, and filters by list, have no effect.
//! * Pages have 25 entries; `hasMore` is true if and only if another entry is there (the vendor's is true after
//!   every full page). Ties are broken by id, so each entry is shown once, whatever arrives between pages.
//! * Bookmarks are opaque, authenticated, and bound to tenant, account, content and direction; any other text is
//!   400 with its place. They are not bound to a filter or a `viewId`: a position is one under any of these. Of an
//!   account that is not there the bookmark is not looked at, so that a removed user does not fail a batch.
//! * An empty first page has the bookmark `nil` by `viewKey` and an empty one by `viewId`. Both, sent back, and no
//!   bookmark at all (to which the first servers answered an empty page), mean the first page. An empty page
//!   after a bookmark gives that bookmark again, where the vendor gives `nil`: who waits for news with it goes
//!   on, and does not start over.
//! * Limits: 250 accounts, 10,000 when every entry says `noExternalCalls` (settings; the vendor's words), 2,000
//!   views in one request, and 5,000 collections that they are narrowed to, where the vendor has no limit. A tenant's
//!   `batchLimit` lowers the number of accounts, with the same words.
//! * Bodies are JSON of any content type, and are checked: wrong types are 400 with their place (500 before June
//!   2024), broken JSON is 400 in JSON (HTML at the vendor's). `null` is absent. Form-encoded bodies are refused.
//! * Errors carry `message` (first versions) and `errorMessage` (later ones), with `unauthorized` at 401; never
//!   `error`, in which the vendor sent its stack. 413 for a body too large, 503 with `Retry-After` for an outage.
//! * Rate: by credential and second, not by address and 30 s; `RateLimit-Limit`, `-Remaining` and `-Reset` on every
//!   answer to a good key, `Retry-After` at 429. No `X-Response-Time`.
//! * CORS: the vendor lets pages of all origins call with credentials. Here pages of all origins may call, but with
//!   credentials, which the SDKs ask for, only those that the tenant lists in `corsOrigins`. A preflight has no key
//!   and goes by the origins that any tenant lists: see `cors`.

mod accounts;
mod auth;
mod catalogue;
mod cors;
pub mod error;
mod rendering;
mod request;
mod routes;
mod views;

use axum::routing::options;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::FaceRoutes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "BitBadges: users",
        description = "Accounts with their views, as the BitBadges API answers them in all its versions."
    ),
    servers((url = "/")),
    components(schemas(error::ErrorBody)),
    modifiers(&ApiKeyHeader),
    tags((name = "accounts", description = "Accounts in batches."))
)]
struct Description;

struct ApiKeyHeader;

impl Modify for ApiKeyHeader {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(auth::API_KEY)));
        openapi.components.get_or_insert_default().add_security_scheme("apiKey", scheme);
    }
}

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::fetch_user_batch))
        .routes(routes!(routes::fetch_users))
        .route("/api/v0/user/batch", options(cors::preflight))
        .route("/api/v0/users", options(cors::preflight))
}

/// Whether a path without a route belongs to this face.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/api/v0/")
}
