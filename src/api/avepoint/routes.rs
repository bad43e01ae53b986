//! The operations of the API.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::auth::{CustomerReader, UserReader};
use super::body::read;
use super::error::{Error, TenantErrors};
use super::page::{page, window};
use super::rendering::UserRendering;
use crate::api::answer::assembled;
use crate::api::body::Parsed;
use crate::api::context::RequestContext;
use crate::api::json::{self, Json};
use crate::api::rate::weight;
use crate::api::{App, body};
use crate::core::batch::{BatchQuery, fetch};
use crate::core::counted::Counted;
use crate::core::id::{CustomerPublicId, UserId};
use crate::store::{Customer, StoreError};
use crate::wire::avepoint::{
    CustomersRequest, ElementsCustomer, ElementsTenant, ElementsUser, Page, UsersRequest,
};

/// Retrieve information of multiple users.
///
/// Users of a customer's tenant: all of them, or those with the given ids, page by page in the order in which they
/// were added.
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
        (status = 200, description = "A page of users, and how many match in all.", body = Page<ElementsUser<'static>>),
        Error,
        TenantErrors,
    )
)]
pub(super) async fn users_batch(
    UserReader { principal, directory, limits }: UserReader,
    context: RequestContext,
    RawQuery(query): RawQuery,
    State(app): State<App>,
    body: Body,
) -> Result<Response, Error> {
    let (query, most) = (query.unwrap_or_default(), limits.avepoint_page_size);
    let window = context.noting(|ignored| window(&query, most, ignored))?;
    let body = body::read(&app, directory.tenant(), body).await?;
    let request: Parsed<UsersRequest> = body.parse(&app, &context, read).await?;
    let ids = request.value.user_ids.map(|ids| at_most(ids, limits.avepoint_ids)).transpose()?;
    // What is read or sought, in hundreds of users.
    let users = ids.as_ref().map_or(0, Vec::len).max(window.size() as usize);
    app.rates.charge(&principal, weight(users / 100), context.rates())?;
    let ids: Option<Vec<UserId>> = ids.map(|ids| ids.into_iter().map(UserId::new).collect());
    let query = BatchQuery::Page { ids: ids.as_deref(), window, rendering: UserRendering };
    let batch = fetch(&directory, query).await?;
    let empty: Page<ElementsUser<'_>> = page(window, batch.total.unwrap_or_default(), Vec::new());
    let parts = json::halves(&empty).map_err(StoreError::from)?;
    let users: Vec<&[u8]> = batch.distinct().map(|user| &*user.fragment.json).collect();
    Ok(assembled(&app, (directory.tenant(), context.takes_gzip()), parts, &users).await?)
}

/// Retrieve customers and their tenants.
///
/// The customers that the app may access: all of them, or those with the given ids, page by page in the order of their
/// ids.
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
        Error,
    )
)]
pub(super) async fn customers_batch(
    CustomerReader(principal): CustomerReader,
    context: RequestContext,
    RawQuery(query): RawQuery,
    State(app): State<App>,
    body: Body,
) -> Result<Json<Page<ElementsCustomer>>, Error> {
    let (query, most) = (query.unwrap_or_default(), app.limits.avepoint_page_size);
    let window = context.noting(|ignored| window(&query, most, ignored))?;
    let body = body::read(&app, &principal, body).await?;
    let request: Parsed<CustomersRequest> = body.parse(&app, &context, read).await?;
    let ids = request.value.customer_ids.map(|ids| at_most(ids, app.limits.avepoint_ids)).transpose()?;
    let ids: Option<Vec<CustomerPublicId>> =
        ids.map(|ids| ids.into_iter().map(CustomerPublicId::from).collect());
    let found = app.credentials.customers(&principal, ids.as_deref(), window).await?;
    let customers = found.customers.into_iter().map(customer).collect();
    Ok(Json(page(window, found.total, customers)))
}

/// All ids, if there are at most `limit`.
fn at_most<T, const KEPT: usize>(ids: Counted<T, KEPT>, limit: usize) -> Result<Vec<T>, Error> {
    let given = ids.count();
    ids.at_most(limit).map_err(|most| Error::TooManyIds { most, given })
}

fn customer(customer: Customer) -> ElementsCustomer {
    let tenants = customer.tenants.into_iter();
    ElementsCustomer {
        id: customer.id.into(),
        organization: customer.name,
        tenants: tenants.map(|(id, name)| ElementsTenant { id: id.into(), name }).collect(),
    }
}
