//! What userbatch promises, one file a promise, all in one binary: one private PostgreSQL a run, one migrated
//! template, a database of its own for each test.

mod administration;
mod app;
mod imports;

mod tenancy;
