//! The wire: each vendor's JSON as one set of types, read and written by the same code, with the conversions to and
//! from [`core::user`](crate::core::user). No HTTP and no SQL.
//!
//! The law that each vendor's tests hold: what was written reads back the same.

pub mod avepoint;
pub mod bitbadges;
pub mod genauth;
pub mod read;
