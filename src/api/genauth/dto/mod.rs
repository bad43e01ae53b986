//! What this face's callers send and get (contract, sections 1 to 3).

mod custom_fields;
mod identity;
mod moment;
mod request;
mod token;
mod user;
mod words;

pub use identity::IdentityDto;
pub use request::{BatchRequest, Options, UserIdType};
pub use token::{AccessTokenDto, AccessTokenRequest, AccessTokenRespDto};
pub use user::{UserDto, UserListRespDto};
