//! SCIM 2.0: users and groups for a service provider, as Microsoft Entra and Okta drive it.
//!
//! A [`Resource`] is a JSON object whose names are those of the tables in [`schema`], whatever case a client used;
//! filters, patches, projections and sorting all work on it. A request is read by [`Resource::read`],
//! [`Patch::read`], [`ListQuery`] or [`BulkRequest`]; what it makes of a user is a [`UserChange`], a merge patch
//! over the canonical document. What the canonical user has no field for is [`Kept`] beside it, so that a client
//! gets back what it sent.
//!
//! Errors carry their `scimType` and where they are, never a value. A password is dropped while it is read.
//! Nothing here knows HTTP or a database: [`Filter::index_keys`] says what an index could answer, and the
//! filter itself decides.

mod bulk;
mod discovery;
mod elements;
mod entity_tag;
mod error;
mod filter;
mod group;
mod list;
mod members;
mod message;
mod patch;
mod path;
mod projection;
mod query;
mod resource;
pub mod schema;
mod sort;
mod source;
mod user;
mod value;

pub use bulk::{
    BULK_REQUEST_URN, BULK_RESPONSE_URN, BulkAction, BulkItem, BulkOperation, BulkRequest, BulkResponse,
    BulkResult,
};
pub use discovery::{BulkLimits, Capabilities};
pub use elements::{MAX_ELEMENTS, MAX_MEMBERS};
pub use entity_tag::names_version;
pub use error::{ERROR_URN, ErrorBody, ScimError, ScimType};
pub use filter::{
    Filter, FilterFault, Finds, IndexKey, MAX_DEPTH, MAX_FILTER_BYTES, Name, Operand, Operator,
};
pub use group::{Group, GroupChange};
pub use list::{LIST_URN, ListResponse, PageLimits, Paging};
pub use members::MembersNeeded;
pub use message::{MAX_BODY_DEPTH, read_json};
pub use patch::{MAX_OPERATIONS, PATCH_URN, Patch};
pub use path::{AttributePath, Path};
pub use projection::Projection;
pub use query::{ListQuery, RootQuery, SEARCH_URN};
pub use resource::Resource;
pub use sort::{Sort, SortKey};
pub use source::{ListedPage, ListedUser, UNASKED};
pub use user::{Kept, Meta, UserChange, to_resource};
