//! The calls of the API.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};

use super::auth::{CustomerReader, UserReader};
use super::dto::{CustomersRequest, ElementsCustomer, ElementsUser, Page, UsersRequest, read};
use super::error::{Error, ErrorBody};
use super::page::paging;
use super::rendering::UserRendering;
use crate::api::fault::Fault;
use crate::api::json::{self, Json};
use crate::api::{App, Limits};
use crate::core::batch::{BatchQuery, fetch};
use crate::core::id::UserId;
use crate::store::StoreError;
use axum::response::Response;

type Body = Result<Bytes, BytesRejection>;

/// Retrieve information of multiple users.
///
/// Users of a customer's tenant: all of them, or those with the ids given, page by page in the order in which
/// they were added.
#[utoipa::path(
    post,
    path = "/partner/external/v3/um/customers/{customerId}/tenants/{tenantId}/users/batch",
    operation_id = "getUsersBatch",
    tag = "users",
    security(("oauth2" = ["elements.um.user.read.all"])),
    params(
        ("customerId" = String, Path, description = "The ID of the customer."),
        ("tenantId" = String, Path, description = "The ID of the tenant."),
        ("pageIndex" = Option<u32>, Query, minimum = 1, description = "The page number, from 1. The default is 1."),
        ("pageSize" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Users on a page. The default is 100."),
    ),
    request_body = Option<UsersRequest>,
    responses(
        (status = 200, description = "A page of users, and how many match in all.", body = Page<ElementsUser>),
        (status = 400, description = "A parameter or the body is not what the call takes.", body = ErrorBody),
        (status = 401, description = "No access token, or not a good one.", body = ErrorBody),
        (status = 403, description = "The token lacks the permission.", body = ErrorBody),
        (status = 404, description = "No such customer or tenant that the app may touch.", body = ErrorBody),
        (status = 413, description = "The body is too large.", body = ErrorBody),
        (status = 429, description = "Too many requests; see `Retry-After`.", body = ErrorBody),
        (status = 503, description = "Not available now; see `Retry-After`.", body = ErrorBody),
    )
)]
pub(super) async fn users_batch(
    UserReader { directory, limits }: UserReader,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Error> {
    let page = paging(&query.unwrap_or_default(), limits.avepoint_page_size)?;
    let request: UsersRequest = read(&body.map_err(Fault::from)?)?;
    let ids = few_enough(request.user_ids, &limits)?;
    let ids: Option<Vec<UserId>> = ids.map(|ids| ids.into_iter().map(UserId::new).collect());
    let query = BatchQuery::Page { ids: ids.as_deref(), window: page, rendering: UserRendering };
    let batch = fetch(&directory, query).await?;
    let empty = Page::<ElementsUser>::new(page, batch.total, std::iter::empty());
    let (head, tail) = json::halves(&empty).map_err(StoreError::from)?;
    let users = batch.distinct().map(|user| &*user.fragment.json);
    Ok(json::response(json::around(&head, users, &tail)))
}

/// Retrieve customers and their tenants.
///
/// The customers that the app may touch: all of them, or those with the ids given, page by page in the order of
/// their ids.
#[utoipa::path(
    post,
    path = "/partner/external/v3/general/customers/batch",
    operation_id = "getCustomersBatch",
    tag = "customers",
    security(("oauth2" = ["elements.customers.read.all"])),
    params(
        ("pageIndex" = Option<u32>, Query, minimum = 1, description = "The page number, from 1. The default is 1."),
        ("pageSize" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Customers on a page. The default is 100."),
    ),
    request_body = Option<CustomersRequest>,
    responses(
        (status = 200, description = "A page of customers, and how many match in all.", body = Page<ElementsCustomer>),
        (status = 400, description = "A parameter or the body is not what the call takes.", body = ErrorBody),
        (status = 401, description = "No access token, or not a good one.", body = ErrorBody),
        (status = 403, description = "The token lacks the permission.", body = ErrorBody),
        (status = 413, description = "The body is too large.", body = ErrorBody),
        (status = 429, description = "Too many requests; see `Retry-After`.", body = ErrorBody),
        (status = 503, description = "Not available now; see `Retry-After`.", body = ErrorBody),
    )
)]
pub(super) async fn customers_batch(
    CustomerReader(principal): CustomerReader,
    RawQuery(query): RawQuery,
    State(app): State<App>,
    body: Body,
) -> Result<Json<Page<ElementsCustomer>>, Error> {
    let page = paging(&query.unwrap_or_default(), app.limits.avepoint_page_size)?;
    let request: CustomersRequest = read(&body.map_err(Fault::from)?)?;
    let wanted = few_enough(request.customer_ids, &app.limits)?;
    let found = app.credentials.customers(&principal, wanted.as_deref(), page).await?;
    let customers = found.customers.into_iter().map(ElementsCustomer::from);
    Ok(Json(Page::new(page, found.total, customers)))
}

fn few_enough(ids: Option<Vec<String>>, limits: &Limits) -> Result<Option<Vec<String>>, Error> {
    let limit = limits.avepoint_ids;
    if ids.as_ref().is_some_and(|ids| ids.len() > limit) {
        return Err(Error::TooManyIds(limit));
    }
    Ok(ids)
}
