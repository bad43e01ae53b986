//! What travels, and the pure mapping between it and the core.

pub mod account;
pub mod document;
pub mod request;
pub mod view;
