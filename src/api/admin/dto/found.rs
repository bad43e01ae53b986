//! Users found by parts of their names and addresses.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, DEFAULT_FOUND, FoundPage, FoundUser, MAX_FOUND};
use crate::api::admin::error::Error;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct FindQuery {
    /// Parts of names or addresses, separated by spaces: users whom all of them match. A part matches a name or address
    /// that has it from the beginning of a word on, in any case; where no spaces are written between words, from any
    /// letter on.
    pub(in crate::api::admin) q: String,
    /// Maximum number of users per page. There may be fewer, or none, and still more to follow.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next` of the page before.
    pub(in crate::api::admin) cursor: Option<String>,
}

impl FindQuery {
    pub(in crate::api::admin) fn limit(&self) -> Result<u32, Error> {
        let limit = self.limit.unwrap_or(DEFAULT_FOUND);
        let is_allowed = (1..=MAX_FOUND).contains(&limit);
        is_allowed.then_some(limit).ok_or(Error::Admin(AdminError::Option("limit must be 1 to 200")))
    }
}

/// A user that was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct FoundUserBody {
    /// Its id.
    id: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    display_name: Option<String>,
    /// Login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// Addresses of its chain accounts.
    addresses: Vec<String>,
}

/// A page of users that were found.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct FoundBody {
    /// The users, in an order that stays from page to page.
    users: Vec<FoundUserBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

impl From<FoundUser> for FoundUserBody {
    fn from(user: FoundUser) -> Self {
        let FoundUser { id, display_name, username, email, addresses } = user;
        Self { id: id.into(), display_name, username, email, addresses }
    }
}

impl From<FoundPage> for FoundBody {
    fn from(FoundPage { users, next }: FoundPage) -> Self {
        Self { users: users.into_iter().map(FoundUserBody::from).collect(), next }
    }
}
