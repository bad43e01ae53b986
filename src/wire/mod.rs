//! The wire: each vendor's JSON, and SCIM's, as one set of types, used for both reading and writing, with
//! conversions to and from [`core::user`](crate::core::user). No HTTP and no SQL.
//!
//! The property that each vendor's tests check: what was written reads back the same.

pub mod avepoint;
pub mod bitbadges;
pub mod genauth;
pub mod read;
pub mod scim;
