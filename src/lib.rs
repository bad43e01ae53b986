//! Userbatch: one multi-tenant gateway that serves the batch-user APIs of three vendors from one core.
//!
//! BitBadges, AvePoint Elements and GenAuth each have a call that fetches many users at once. A company imports its
//! users once; clients written for any of the three work with this gateway once their base URL is changed.
//!
//! # Layout
//!
//! A request passes down this list and its response back up: a face of [`api`] parses it, [`auth`] turns its
//! credential into a principal and thus a tenant-bound [`store`], and [`core`] resolves the batch through it.
//!
//! * [`admin`]: tenants, credentials, import and export, shared by the commands and the admin API.
//! * [`api`]: HTTP. What all faces share, the three faces, each with the same set of files, and SCIM.
//! * [`auth`]: credentials, tokens, the key ring.
//! * [`cache`]: callers and rendered users, never stale.
//! * [`capacity`]: what there is only so much of, divided fairly between tenants.
//! * [`core`]: what a batch of users is. No vendor, no HTTP, no SQL.
//! * [`wire`]: each vendor's JSON, one set of types for reading and writing, shared by import and the faces.
//! * [`pager`]: keyset pages with bookmarks, and numbered pages.
//! * [`store`]: the only module with SQL.
//! * [`embedded`]: a private Postgres for the demo and the tests.
//! * [`cli`], [`config`], [`server`], [`telemetry`]: the program around them.
//!
//! # Allowed imports
//!
//! `tests/it/architecture` reads these tables and fails on any other import, by whatever path. A name covers
//! everything below it except what has a row of its own; a module that declares a listed module may name it. No module
//! may re-export what belongs to another, so every name has one home. Code compiled only for tests is exempt.
//!
//! | module | may import |
//! | --- | --- |
//! | pager | |
//! | core | pager |
//! | wire | core |
//! | store | core, pager |
//! | cache | capacity, core, pager, store |
//! | capacity | |
//! | auth | cache, core, pager, store |
//! | admin | auth, capacity, core, pager, store, wire |
//! | api | `admin::Provisioning`, auth, cache, capacity, core, pager, store, wire |
//! | `api::admin` | admin, api, `api::lookup`, auth, core, store, wire |
//! | `api::bitbadges` | api, auth, `cache::CachedDirectory`, core, pager, `store::StoreError`, `wire::bitbadges` |
//! | `api::avepoint` | api, auth, `cache::CachedDirectory`, core, pager, `store::Customer`, `store::StoreError`, `wire::avepoint` |
//! | `api::genauth` | api, auth, `cache::CachedDirectory`, core, pager, `store::StoreError`, `wire::genauth` |
//! | `api::scim` | admin, api, auth, core, store, `wire::scim` |
//! | `api::lookup` | `api::genauth::request::UserIdType`, core |
//! | config | core |
//! | embedded | |
//! | telemetry | config |
//! | server | admin, api, `api::admin`, auth, core, pager, store |
//! | cli | admin, api, `api::admin`, `api::lookup`, auth, cache, config, core, embedded, pager, server, store, telemetry |
//!
//! Other crates may be used only in the places named:
//!
//! | crate | only in |
//! | --- | --- |
//! | sqlx | store, embedded |
//! | rustls | store |
//! | axum | api, server |
//! | hyper | server |
//! | hyper_util | server |
//! | tower_http | api, server |
//! | utoipa | api, wire |
//! | utoipa_axum | api |
//! | schemars | core |
//! | clap | cli, config, main |
//! | clap_complete | cli |
//! | clap_mangen | cli |
//! | ipnet | `api::source`, config |
//! | rustix | cli, embedded |
//! | anstream | telemetry |
//! | tracing_subscriber | telemetry |
//! | metrics_exporter_prometheus | server, telemetry |

pub mod admin;
pub mod api;
pub mod auth;
pub mod cache;
pub mod capacity;
pub mod cli;
pub mod config;
pub mod core;
pub mod embedded;
pub mod pager;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod wire;
