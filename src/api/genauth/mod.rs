//! The GenAuth face: `GET /api/v3/get-user-batch`, as called by the SDKs of both of the vendor's brands (GenAuth and
//! Authing V3), and `POST /api/v3/get-management-token`, which some of them call first.
//!
//! # Deviations
//!
//! Behaviour where the vendor's documentation is silent, inconsistent, or contradicts its SDKs. Tests are in
//! `tests/it/genauth/` or next to the code.
//!
//! | decision | test |
//! | --- | --- |
//! | Parameters that this API does not know are ignored, as by the vendor; the response names them in `x-userbatch-ignored` | `edge::what_a_face_does_not_understand_is_named` |
//! | `data`, `identities`, `departmentIds` and `originConnIds` are arrays, as declared by every SDK; the sample's objects and JSON strings are mistakes | `seed::the_sample_is_answered_as_documented` |
//! | `userSourceType` is `sync`, as in every SDK, not `syncTask` | `seed::what_the_sample_leaves_out_is_told_with_its_type` |
//! | `accessToken` and `refreshToken` of an identity are never returned, nor any member of `userInfoInIdp` whose name ends in "token" | `options::tokens_of_identity_sources_never_appear` |
//! | A success has the message "Operation successful" (or 操作成功) and a `requestId`, as in the sample; the token response's message is empty, as recorded | `seed::the_sample_is_answered_as_documented`, `tokens::a_pair_is_exchanged_…` |
//! | Users are returned in request order, without duplicates; unknown ids are skipped | `ids::users_come_in_the_order_asked_each_once` |
//! | All users who share a phone number, relation or custom field are returned, at most 50 per id | `ids::users_who_share_a_key_all_come_…` |
//! | `userId` is the GenAuth id for every `userIdType`; the directory's own id is accepted too | `ids::every_type_of_id_finds_its_user_and_no_other` |
//! | `custom_field` is `field:value`; numbers and booleans as in JSON | `ids::every_type_of_id_finds_its_user_and_no_other` |
//! | A malformed id (no colon, no number) matches no user instead of failing the batch | `ids::every_type_of_id_finds_its_user_and_no_other` |
//! | An unknown `userIdType`, a boolean other than true or false, or a repeated option gets 400 with its name; empty means unset | `options::unknown_parameters_are_ignored_and_malformed_ones_named` |
//! | The limit of ids includes duplicates | `dto::request::the_limit_counts_what_was_sent` |
//! | A user pool's `batchLimit` lowers the limit of ids, with the same message | `refusals::a_user_pool_may_lower_…` |
//! | A single `userIds=` is split at commas, or at spaces if in square brackets; elements of a list are not split | `dto::request::an_element_of_a_list_is_not_taken_apart` |
//! | A space in an e-mail address or before a phone number is read as a `+` that the client did not escape (Java, C#) | `ids::a_plus_that_a_client_did_not_escape_…` |
//! | Unset members are omitted, except for nine that are always present, with these defaults: statuses `Activated` and `Active`, gender `U`, source `adminCreated`, times of the database row | `seed::a_user_without_times_tells_…`, `dto::user::a_user_of_nothing_but_an_id_…` |
//! | Members requested by an option are present even if empty | `options::nothing_is_told_unasked_…` |
//! | `flatCustomData` makes the custom fields members of the user, with or without `withCustomData`; a field with the name of a member of the type is omitted | `options::flat_custom_fields_stand_beside_…` |
//! | `withTenantIds`, which only the Java SDK has, adds `tenantIds` | `options::nothing_is_told_unasked_…` |
//! | The clock may be off by 15 minutes | `signatures::the_clock_may_be_fifteen_minutes_off` |
//! | A nonce is accepted once per access key, across all gateways; without one, so is the signature; only a valid signature consumes it | `signatures::a_signed_request_counts_once_…`, `without_a_nonce_…`, `a_wrong_signature_…` |
//! | An unknown, revoked or foreign access key is refused like a wrong secret (1300) | `tokens::a_wrong_pair_is_refused_like_a_wrong_signature` |
//! | A refused caller gets `statusCode` 401, except that a user pool other than the credential's gets 404 (2224), whether it exists or not | `tokens::another_user_pool_does_not_exist_for_the_caller` |
//! | Organisational tenants in headers (`x-*-app-id`, `x-*-tenant-id`) do not filter the response | `tokens::the_headers_that_java_sends_…` |
//! | A message goes on to say what to do after the vendor's text; those known in full, for `userIds` and for 429 in Chinese, stand alone | `newcomers::of_genauth` |
//! | Without a language header for Chinese or English, `Accept-Language` counts, then English, the language of the seed's sample | `refusals::messages_come_in_the_callers_language` |
//! | A response of more than 24 MiB is refused with 400 | `bounds::an_answer_has_a_limit_…` |
//! | HTTP 413, 429 and 5xx are kept, with the envelope; everything else is HTTP 200 | `refusals::*` |
//! | A URI over 65,534 bytes is refused by the HTTP layer with 414 and no body | `refusals::an_address_that_is_too_long_…` |
//!
//! # What each client sends
//!
//! | client | ids | authorization | tests |
//! | --- | --- | --- | --- |
//! | npm `authing-node-sdk` 4.0.1, axios 1.21 | `userIds%5B%5D=a&userIds%5B%5D=b` | signature, `authing`, HTTP date | `tests/sdk/genauth/node_sdk.test.mjs`; `signatures::the_recorded_requests_…` |
//! | the same, axios 1.7 | `userIds[]=a&userIds[]=b` | the same | `ids::five_spellings_…`; `signatures::*` |
//! | the same, empty list | none, but signs `userIds=[]` | the same | `signatures::an_empty_list_…`; `node_sdk.test.mjs` |
//! | `@genauth/nodejs` 1.0.0 | as `authing-node-sdk` | signature, `GenAuth` | `signatures::the_recorded_requests_…`, `both_brands_…` |
//! | PyPI `authing`, `genauth` 5.1.0 | `userIds=a&userIds=b`, booleans `True` | `Bearer` token, user pool header | `tests/sdk/genauth/test_python_sdks.py`; `ids`, `options`, `tokens` |
//! | Java 3.1.19 | `userIds=a,b`, unescaped, `withTenantIds` | bare token, signature headers without a signature | `tokens::the_headers_that_java_sends_…`; `ids::five_spellings_…` |
//! | Go 3.0.15 | `userIds=%5Ba+b%5D` | `Bearer` token, fetched with `application/json;charset=UTF-8` | `ids::five_spellings_…`; `tokens::a_pair_is_exchanged_…` |
//! | C# 3.2.5 | `userIds=a,b`, unescaped | signature, `x-authing-date` in milliseconds | `signatures::the_time_may_be_told_by_a_header_…`, `a_plus_…`, `both_brands_…` |

mod auth;
pub mod error;
mod parameter;
mod query;
mod reason;
mod rendering;
pub mod request;
mod response;
mod routes;
mod signature;
mod token;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::error::ErrorBody;
use self::response::UserListRespDto;
use self::token::AccessTokenRespDto;
use super::FaceRoutes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "GenAuth: users",
        description = "Batches of users, as returned by the management API of GenAuth (Authing V3). \
                       Success or failure is indicated by `statusCode` in the body."
    ),
    servers((url = "/")),
    components(schemas(ErrorBody, UserListRespDto<'_>, AccessTokenRespDto)),
    modifiers(&SecuritySchemes),
    tags(
        (name = "users", description = "Batches of users."),
        (name = "token", description = "Tokens for clients that do not sign their requests."),
    )
)]
struct Description;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let signature = ApiKeyValue::with_description(
            "authorization",
            "`authing <access key id>:<signature>` with `x-authing-signature-*` headers, or `GenAuth …` with \
             `x-genauth-signature-*`; the SDKs make it.",
        );
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        components.add_security_scheme("signature", SecurityScheme::ApiKey(ApiKey::Header(signature)));
    }
}

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::get_management_token))
        .routes(routes!(routes::get_user_batch))
}

/// Whether `path` belongs to this face, even without a route.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/api/v3/")
}
