//! The compose file gives the gateway every setting that is in `.env`, and no service more than it needs.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use userbatch::cli::Cli;

const COMPOSE: &str = include_str!("../../docker-compose.yml");

/// The lines of a service.
fn service(name: &str) -> BTreeSet<&'static str> {
    let services = COMPOSE.split_once("\nservices:\n").unwrap().1;
    let lines = services.split_once(&format!("  {name}:\n")).unwrap().1.lines();
    lines.take_while(|line| line.is_empty() || line.starts_with("    ")).map(str::trim).collect()
}

/// The environment variables that `serve` reads.
fn settings() -> BTreeSet<String> {
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve").unwrap();
    let names = cli.get_arguments().chain(serve.get_arguments()).filter_map(clap::Arg::get_env);
    names.map(|name| name.to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_setting_reaches_the_gateway() {
    let gateway = service("gateway");
    // The file decides on these itself; those that end so name files, which the container does not have.
    let own = ["DATABASE_URL", "USERBATCH_LISTEN", "USERBATCH_ADMIN_LISTEN"];
    let settings = settings();
    assert!(settings.contains("USERBATCH_PUBLIC_URL"), "{settings:?}");
    let passed = |name: &str| format!("{name}: ${{{name}:-}}");
    let shared = ["USERBATCH_SECRET_KEY", "USERBATCH_LOG", "RUST_LOG"];
    for name in settings.iter().map(String::as_str).filter(|name| !name.ends_with("_FILE")) {
        if own.contains(&name) {
            assert!(gateway.iter().any(|line| line.starts_with(&format!("{name}: "))), "{name}");
        } else if shared.contains(&name) {
            assert!(COMPOSE.contains(&format!("\n  {name}: ")), "{name}");
        } else {
            assert!(gateway.contains(passed(name).as_str()), "{name}");
        }
    }
}

#[test]
fn no_service_is_given_more_than_it_needs() {
    let environment = |name: &str| {
        service(name).into_iter().find(|line| line.starts_with("<<: ") && line.contains("-settings"))
    };
    assert_eq!(environment("migrate"), Some("<<: *owner-settings"), "the secret key is not for migrations");
    assert_eq!(
        environment("gateway"),
        Some("<<: [*logging-settings, *key-settings]"),
        "nor the owner for the gateway"
    );
    for name in ["postgres", "migrate", "gateway", "admin"] {
        let is_bounded =
            service(name).contains("logging: *bounded-logs") || service(name).contains("<<: *userbatch");
        assert!(is_bounded, "the logs of {name} grow without bound");
    }
}
