//! What this face's callers send and get (contract, sections 1 to 3).

mod identity;
mod request;
mod token;
mod user;

pub use identity::IdentityDto;
pub use request::{BatchRequest, Options, UserIdType};
pub use token::{AccessTokenDto, AccessTokenRequest, AccessTokenRespDto};
pub use user::UserListRespDto;
