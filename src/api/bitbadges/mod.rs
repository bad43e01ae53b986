//! The BitBadges face: batches of accounts with pages of their views.
//!
//! The contract is the seed, the vendor's documentation of August 2023: `POST /api/v0/user/batch` with views by
//! `viewKey`. The same handler serves `POST /api/v0/users`, where the published SDKs send views by `viewId` and
//! `viewType`. A request may mix both forms. `GET /api/v0/user`, which the SDKs of 0.9 and later call for one account,
//! returns what a batch of that one returns, without views.
//!
//! # Deviations
//!
//! Behaviour where the vendor's versions differ, fail or are silent:
//!
//! * Members and parameters that this API does not know are ignored, as by the vendor; the response names them in
//!   `x-userbatch-ignored`.
//! * Entries: one account per entry, in request order, including duplicates. The vendor's later servers reorder them,
//!   so that positions no longer match. An entry without username and address is skipped, as by the vendor; an empty
//!   string counts as missing. The username takes precedence over the address, which is then ignored.
//! * A valid address or a username without a user gives a blank account (`accountNumber` `-1`); the vendor fails the
//!   whole batch for an unknown username. The blank account of a username has no address and the chain `Unknown`.
//! * A malformed address gets 400 with its path; the vendor's behaviour is accidental. `Mint` is malformed.
//! * An account is found by any form of its address: `0x…` (EIP-55 is checked if in mixed case), `cosmos1…`, `bb1…`,
//!   `bc1q…`, `tthor1…`, Solana base58. It is returned in the form its user prefers, an unknown one in the form
//!   requested. For a user with several chain accounts the one requested is returned, by username the first.
//! * `sequence`: if unknown, `0` with `fetchSequence`, otherwise omitted. `balance` is always included, as by the
//!   vendor, so `fetchBalance` has no effect.
//! * `balances` has `balance` first, then the balances in other coins. `pubKeyType` and a transfer's `initiatedBy` are
//!   empty if unknown, `thorAddress` has the prefix that the newest SDK itself uses (`tthor`), and the three
//!   `autoApprove…` of a holding are false unless stored, as on the chain.
//! * Balances, and the rules in `userPermissions`, have their ids twice, as `badgeIds` (until 0.9.5, and the Python SDK)
//!   and as `tokenIds` (0.27.2). Other members of a document are as stored, addresses in the form they came in.
//! * One account: the parameter `username` takes precedence over `address`, as in a batch, and both over the JSON
//!   parameter `payload`, in which the Python SDK sends them. Without any of them 400.
//! * `noExternalCalls` only raises the limit: no external calls are made, so `avatar` and `resolvedName` are as stored.
//! * Members: those of the seed in the seed's order, then those that later SDKs need. Every list without which a
//!   published SDK fails is present, empty if not stored here. Documents have their id as `_id` and `_docId`.
//!   `seenActivity` and `createdAt` are numbers, as `seenActivity` is in the seed; other numbers are decimal strings.
//! * Where the newest clients want another name for what older ones have, both are there: no header tells the versions
//!   apart. But if all views of an account are requested by a `viewKey` of 2023, their documents have the members of
//!   2023 only, without `tokenIds`, `initiatedBy`, `bitbadgesAddress`, `autoApprove…` and the newest permission.
//! * Views: all names of all versions are accepted. `tokensCollected` is `badgesCollected` under its newest name. Those
//!   without data here give one empty page of the right `type`; any other name gets 400 (early servers omitted it from
//!   the response), as does a view in neither form.
//! * `viewId` and `viewType` take precedence over `viewKey`. Of several views with one name the first counts.
//! * By `viewKey`, views are sorted oldest first and activity shows incoming transfers only, as on the first server,
//!   despite the name "latest". By `viewId`, newest first unless `oldestFirst`, with activity in both directions.
//!   Announcements, which later servers dropped, are available in both forms, for all collections the account holds or
//!   of which an imported response listed an announcement under it. Activity includes what the account initiated.
//! * `specificCollections`, or `filteredCollections` if absent, filters activity, balances and announcements in both
//!   forms; an empty list matches nothing, as with the vendor. Ids are decimal strings or numbers; badge ids, list
//!   filters and `standard` have no effect, and neither has `partialProfile`: profiles are always full.
//! * Pages have 25 entries; `hasMore` is true only if there is another entry (the vendor's is true after every full
//!   page). Ties are broken by id, so each entry is returned once even if others arrive between pages.
//! * Bookmarks are opaque, authenticated, and bound to tenant, account, content and direction; anything else gets 400
//!   with its path. They are not bound to a filter or `viewId`, under which positions stay valid. The bookmark of an
//!   account that does not exist is ignored, so that a removed user does not fail the batch.
//! * An empty first page has the bookmark `nil` by `viewKey` and an empty one by `viewId`. Both, and a missing bookmark
//!   (for which the first servers returned an empty page), request the first page. An empty page after a bookmark
//!   returns that bookmark again where the vendor returns `nil`, so that a polling client does not start over.
//! * Limits: 250 accounts, 10,000 if every entry sets `noExternalCalls` (settings; with the vendor's messages), 2,000
//!   views per request, and 5,000 collection filters, which the vendor does not limit. A tenant's `batchLimit` lowers
//!   the number of accounts, with the same messages.
//! * Bodies are JSON of any content type and are validated: wrong types get 400 with their path (500 before June 2024),
//!   invalid JSON gets 400 in JSON (HTML from the vendor). `null` counts as absent. Form-encoded bodies are refused.
//! * Errors have `message` (early versions) and `errorMessage` (later ones), and `unauthorized` for 401; never `error`,
//!   in which the vendor sent its stack trace. 413 for a body too large, 503 with `Retry-After` for an outage.
//! * Messages: the vendor's texts for a missing and a wrong key, 429 and batches that are too large begin the message; a
//!   sentence on what to do, or how many there were, follows.
//! * Rate limits are per credential and second, not per address and 30 s; `RateLimit-Limit`, `-Remaining` and `-Reset`,
//!   of the limit that is nearest, on every response to a valid key, `Retry-After` with 429. No `X-Response-Time`.
//! * CORS: the vendor allows credentialed requests from all origins. Here pages of all origins may read responses, but
//!   to credentialed requests, as the SDKs send, only those of the tenant's `corsOrigins`.
//! * Publishable keys, which the vendor does not have, get 403 without an `Origin` that the tenant lists, and for views of
//!   what only users themselves see. They show accounts on a chain only, without `seenActivity` and without usernames
//!   that are e-mail addresses or phone numbers, and have the lower limit of accounts with `noExternalCalls`, too.
//! * A response of more than 24 MiB gets 400, and a request counts against the rate limit once more for each hundred
//!   accounts and for each ten views.

mod accounts;
mod auth;
mod catalogue;
mod collection;
pub mod error;
mod rendering;
mod request;
mod routes;
mod views;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Modify, OpenApi, PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::catalogue::ViewType;
use super::FaceRoutes;
use crate::wire::bitbadges::View;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "BitBadges: users",
        description = "Accounts with their views, as returned by all versions of the BitBadges API."
    ),
    servers((url = "/")),
    components(schemas(error::ErrorBody)),
    modifiers(&ApiKeyHeader),
    tags((name = "accounts", description = "Batches of accounts."))
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
    let mut routes = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::fetch_user_batch))
        .routes(routes!(routes::fetch_users))
        .routes(routes!(routes::fetch_user));
    enumerate_view_types(routes.get_openapi_mut());
    routes
}

/// The types of views are known to the catalogue only, not to the document's `View`.
fn enumerate_view_types(openapi: &mut utoipa::openapi::OpenApi) {
    let schemas = &mut openapi.components.get_or_insert_default().schemas;
    if let Some(RefOr::T(Schema::Object(view))) = schemas.get_mut(&*View::name()) {
        view.properties.insert("type".to_owned(), ViewType::schema());
    }
}

/// Whether `path` belongs to this face, even without a route.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/api/v0/")
}
