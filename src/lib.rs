//! Userbatch: one multi-tenant gateway that serves the batch-user APIs of three vendors from one core.

pub mod admin;
pub mod api;
pub mod auth;
pub mod cli;
pub mod config;
pub mod core;
pub mod embedded;
pub mod pager;
pub mod server;
pub mod store;
pub mod telemetry;
