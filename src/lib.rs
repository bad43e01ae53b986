//! Userbatch: one multi-tenant gateway that serves the batch-user APIs of three vendors from one core.

pub mod embedded;
