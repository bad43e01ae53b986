//! GenAuth's JSON: users as sent by its management API (contract, section 3).
//!
//! [`UserDto::new`] renders a user with what [`UserOptions`] request, and depends on nothing else;
//! `User::from(UserDto)` reads one. The vendor's documentation differs from its SDKs in places, so reading is lenient:
//!
//! * a blank string counts as absent, and any member but `userId` may be missing or null;
//! * `gender` may be `W` for `F`, and `userSourceType` may be `syncTask` for `sync`;
//! * a single identity is accepted for an array of one, and a string may hold an array of strings as JSON;
//! * members that GenAuth does not define are ignored, including custom fields (`flatCustomData`).

mod custom_fields;
mod enumerations;
mod identity;
mod lists;
mod member;
mod timestamp;
mod user;

pub use identity::IdentityDto;
pub use user::{UserDto, UserOptions};

/// Fields that a response has only if they were asked for.
pub const UNASKED: &[&str] =
    &["customData", "identities", "employment.departmentIds", "employment.organisationIds"];

#[cfg(test)]
mod tests;
