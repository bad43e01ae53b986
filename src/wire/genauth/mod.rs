//! GenAuth's JSON: users as its management API sends them (contract, section 3).
//!
//! [`UserDto::new`] renders a user as far as [`UserOptions`] ask for, from nothing but the two;
//! `User::from(UserDto)` reads one. The vendor's documentation differs from its SDKs in places, so reading is lenient:
//!
//! * a blank text is an absent one, and any member but `userId` may be missing or null;
//! * `gender` may be `W` for `F`, and `userSourceType` may be `syncTask` for `sync`;
//! * a single identity stands for an array of one, and a text may hold an array of texts as JSON;
//! * members that are not GenAuth's own are ignored, custom fields among them (`flatCustomData`).

mod custom_fields;
mod enumerations;
mod identity;
mod lists;
mod member;
mod timestamp;
mod user;

pub use identity::IdentityDto;
pub use user::{UserDto, UserOptions};

#[cfg(test)]
mod tests;
