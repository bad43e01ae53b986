//! SCIM 2.0: users and groups for a service provider, as Microsoft Entra and Okta drive it.

mod elements;
mod error;
mod filter;
mod list;
mod message;
mod patch;
mod path;
mod projection;
mod query;
mod resource;
pub mod schema;
mod sort;
mod user;
mod value;

pub use elements::{MAX_ELEMENTS, MAX_MEMBERS};
pub use error::{ERROR_URN, ErrorBody, ScimError, ScimType};
pub use filter::{Filter, FilterFault, IndexCondition, MAX_DEPTH, MAX_FILTER_BYTES, Name, Operand, Operator};
pub use list::{LIST_URN, ListResponse, PageLimits, Paging};
pub use message::{MAX_BODY_DEPTH, read_json};
pub use patch::{MAX_OPERATIONS, PATCH_URN, Patch};
pub use path::{AttributePath, Path};
pub use projection::Projection;
pub use query::{ListQuery, SEARCH_URN};
pub use resource::Resource;
pub use sort::{Sort, SortKey};
pub use user::{Kept, Meta, UserChange, to_resource};
