//! Userbatch: one multi-tenant gateway that serves the batch-user APIs of three vendors from one core.

pub mod api;
pub mod auth;
pub mod core;
pub mod embedded;
pub mod pager;
pub mod store;
