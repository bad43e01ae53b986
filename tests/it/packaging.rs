//! The Debian package's settings and services fit the program.

use std::collections::BTreeMap;

use clap::{Command, CommandFactory as _};
use userbatch::cli::Cli;

const GATEWAY_SETTINGS: &str = include_str!("../../deploy/debian/userbatch.env");
const ADMIN_SETTINGS: &str = include_str!("../../deploy/debian/admin.env");
const GATEWAY: &str = include_str!("../../deploy/debian/userbatch.service");
const MIGRATION: &str = include_str!("../../deploy/debian/userbatch-migrate.service");

/// The environment variables that a command reads, those of all commands among them; each with its default.
fn settings(name: &str) -> BTreeMap<String, String> {
    let program = Cli::command();
    let command: &Command = program.find_subcommand(name).unwrap();
    let arguments = program.get_arguments().chain(command.get_arguments());
    let settings = arguments.filter_map(|argument| {
        let defaults = argument.get_default_values().iter().filter_map(|value| value.to_str());
        let default = defaults.filter(|value| *value != "false").collect();
        Some((argument.get_env()?.to_str()?.to_owned(), default))
    });
    settings.collect()
}

/// The settings that a file lists, each once, and none of them set.
fn listed(file: &str) -> BTreeMap<String, String> {
    let mut listed = BTreeMap::new();
    for line in file.lines().filter(|line| !line.is_empty()) {
        let line = line.strip_prefix('#').expect("a fresh installation sets nothing");
        let Some((name, default)) = line.split_once('=').filter(|_| line.starts_with(char::is_uppercase))
        else {
            continue;
        };
        assert!(listed.insert(name.to_owned(), default.to_owned()).is_none(), "{name} is there twice");
    }
    listed
}

#[test]
fn the_gateways_file_lists_every_setting_with_its_default() {
    assert_eq!(listed(GATEWAY_SETTINGS), settings("serve"));
}

#[test]
fn the_administrators_file_lists_what_only_the_migration_reads() {
    let gateway = settings("serve");
    let mut expected = settings("migrate");
    expected
        .retain(|name, _| !gateway.contains_key(name) || name.starts_with("USERBATCH_ADMIN_DATABASE_URL"));
    assert_eq!(listed(ADMIN_SETTINGS), expected);
}

/// What a unit sets, in order, without comments.
fn directives(unit: &str) -> Vec<(&str, &str)> {
    unit.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect()
}

/// What confines a service: what follows the first of these directives.
fn confinement(unit: &str) -> Vec<(&str, &str)> {
    let mut directives = directives(unit);
    let start = directives.iter().position(|(name, _)| *name == "CapabilityBoundingSet").unwrap();
    directives.retain(|(name, _)| *name != "WantedBy");
    directives.split_off(start)
}

#[test]
fn both_services_are_confined_in_the_same_way() {
    assert_eq!(confinement(GATEWAY), confinement(MIGRATION));
    assert!(confinement(GATEWAY).contains(&("NoNewPrivileges", "yes")), "{:?}", confinement(GATEWAY));
}

#[test]
fn the_gateway_is_not_killed_while_it_drains() {
    let (_, timeout) = *directives(GATEWAY).iter().find(|(name, _)| *name == "TimeoutStopSec").unwrap();
    let settings = settings("serve");
    let seconds = |name: &str| settings[name].parse::<u64>().unwrap();
    let needed = seconds("USERBATCH_DRAIN_SECONDS") + seconds("USERBATCH_SHUTDOWN_SECONDS");
    assert!(timeout.parse::<u64>().unwrap() >= needed + 10, "{timeout} s for {needed}");
}

#[test]
fn the_gateway_is_not_given_the_owners_login() {
    let files = |unit| -> Vec<&str> {
        let files = directives(unit).into_iter().filter(|(name, _)| *name == "EnvironmentFile");
        files.map(|(_, file)| file).collect()
    };
    assert_eq!(files(GATEWAY), ["/etc/userbatch/userbatch.env"]);
    assert_eq!(files(MIGRATION), ["/etc/userbatch/userbatch.env", "/etc/userbatch/admin.env"]);
}
