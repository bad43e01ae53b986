//! The guarantees that userbatch makes, one file each, all in one binary: one private PostgreSQL per run, one migrated
//! template, a separate database for each test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed assumption is a failed test"
)]

mod app;
mod demo;
mod described;
mod gateway;
mod importing;
mod neighbour;
mod plain;
mod program;
mod proxies;
mod tenant;

mod admin_api;
mod administration;
mod architecture;
mod avepoint;
mod bitbadges;
mod bounds;
mod cache;
mod changes;
mod completions;
mod compose;
mod concurrent_writers;
mod connections;
mod credential_reach;
mod credential_uses;
mod csv_imports;
mod database_urls;
mod demotion;
mod documents;
mod edge;
mod empty_settings;
mod erasing;
mod exactness;
mod examples;
mod explain;
mod finding;
mod flawed_sources;
mod genauth;
mod generations;
mod help;
mod http_rules;
mod import_laws;
mod import_outcomes;
mod imports;
mod killed_imports;
mod large_sources;
mod logs;
mod lookups;
mod manual;
mod migrating;
mod migrations;
mod newcomers;
mod nginx;
mod numbers;
mod odd_settings;
mod operator;
mod outage;
mod output;
mod own_data;
mod packaging;
mod plans;
mod pooler;
mod postman;
mod replacing;
mod restore;
mod runtimes;
mod schema;
mod schema_state;
mod scim;
mod secret_files;
mod serving_login;
mod severities;
mod single_users;
mod stale_statistics;
mod strangers;
mod tenancy;
mod tenant_changes;
mod time_bounds;
mod transfers;
mod versions;
mod who_is_who;
