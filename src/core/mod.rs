//! The core: what a batch of users *is*. It knows no vendor, no HTTP and no SQL.

pub mod address;
pub mod batch;
pub mod case;
pub mod clock;
pub mod counted;
pub mod directory;
pub mod erasure;
pub mod face;
pub mod id;
pub mod json;
pub mod key;
pub mod origin;
pub mod rendering;
pub mod scope;
pub mod text;
pub mod user;
pub mod view;
