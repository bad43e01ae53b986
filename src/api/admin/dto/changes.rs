//! The feed of changes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, FeedPage, ToldChange};
use crate::api::admin::error::Error;
use crate::api::enumerated::enumerated;
use crate::store::Change;

/// Default and maximum number of changes per page.
const DEFAULT_LIMIT: u32 = 1_000;
const MAX_LIMIT: u32 = 10_000;
/// Maximum wait, in seconds.
const MAX_WAIT: u64 = 60;

enumerated! {
    /// What happened to a user.
    ChangeName = Change::ALL.map(Change::as_str);
}

/// From where to tell changes, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ChangesQuery {
    /// A cursor of this tenant: only what happened after it. `now`: only what happens from now on. Without it,
    /// every user who is there is told as added, and then what happens after that.
    pub(in crate::api::admin) since: Option<String>,
    /// Maximum number of changes per page.
    #[param(minimum = 1, maximum = 10_000, default = 1_000)]
    limit: Option<u32>,
    /// Seconds to wait for a change if there is none. An event stream waits on its own.
    #[param(minimum = 0, maximum = 60, default = 0)]
    wait: Option<u64>,
}

impl ChangesQuery {
    pub(in crate::api::admin) fn limit(&self) -> Result<u32, Error> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        let is_allowed = (1..=MAX_LIMIT).contains(&limit);
        is_allowed.then_some(limit).ok_or(Error::Admin(AdminError::Option("limit must be 1 to 10,000")))
    }

    pub(in crate::api::admin) fn wait(&self) -> Result<Duration, Error> {
        let wait = self.wait.unwrap_or_default();
        let wait = (wait <= MAX_WAIT).then(|| Duration::from_secs(wait));
        wait.ok_or(Error::Admin(AdminError::Option("wait must be 0 to 60 seconds")))
    }
}

/// With what an interrupted event stream goes on; it stands for the header in the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(in crate::api::admin) struct ResumeHeader {
    /// A cursor, instead of `since`.
    #[param(rename = "Last-Event-ID", value_type = String, required = false)]
    _cursor: Option<String>,
}

/// What happened to a user.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ChangeBody {
    /// The user's id.
    id: String,
    /// What happened.
    #[schema(value_type = ChangeName)]
    change: &'static str,
}

impl From<ToldChange> for ChangeBody {
    fn from(ToldChange { id, change, cursor: _ }: ToldChange) -> Self {
        Self { id: id.into(), change: change.as_str() }
    }
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct ChangesBody {
    /// What happened to users, in the order of the commits.
    changes: Vec<ChangeBody>,
    /// The cursor to go on from; always there.
    next: String,
    /// Whether there is more already.
    has_more: bool,
}

impl From<FeedPage> for ChangesBody {
    fn from(FeedPage { changes, next, has_more }: FeedPage) -> Self {
        Self { changes: changes.into_iter().map(ChangeBody::from).collect(), next, has_more }
    }
}
