//! The compose file gives the gateway every setting that is in `.env`, and no service more than it needs.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use clap::CommandFactory as _;
use userbatch::cli::Cli;

const COMPOSE: &str = include_str!("../../docker-compose.yml");
const SCALE: &str = include_str!("../../compose.scale.yml");
const EXAMPLE: &str = include_str!("../../.env.example");
const PAGE: &str = include_str!("../../docs/docker.md");
const OPERATING: &str = include_str!("../../docs/operating.md");
const DOCKERFILE: &str = include_str!("../../Dockerfile");
const PREPARE: &str = include_str!("../../deploy/compose/prepare");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The lines below a heading of the file that is indented by two, such as a service.
fn lines_of(part: &str, name: &str) -> Vec<&'static str> {
    let part = COMPOSE.split_once(&format!("\n{part}:\n")).unwrap().1;
    let lines = part.split_once(&format!("  {name}:\n")).unwrap().1.lines();
    lines.take_while(|line| line.is_empty() || line.starts_with("    ")).map(str::trim).collect()
}

fn service(name: &str) -> Vec<&'static str> {
    lines_of("services", name)
}

/// What is listed under a service's `key`.
fn listed(name: &str, key: &str) -> BTreeSet<&'static str> {
    let lines = service(name);
    let lines = lines.iter().skip_while(|line| **line != format!("{key}:")).skip(1);
    lines.map_while(|line| line.strip_prefix("- ")).collect()
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
    let settings = settings();
    assert!(settings.contains("USERBATCH_PUBLIC_URL"), "{settings:?}");
    // The file decides on these itself.
    let own = ["USERBATCH_LISTEN", "USERBATCH_ADMIN_LISTEN"];
    let logging = ["USERBATCH_LOG", "RUST_LOG"];
    for name in settings.iter().map(String::as_str) {
        let is_secret = settings.contains(&format!("{name}_FILE"));
        let given = COMPOSE.lines().filter(|line| line.trim().starts_with(&format!("{name}: ")));
        let given: Vec<&str> = given.map(str::trim).collect();
        match name {
            _ if is_secret => assert!(given.is_empty(), "{name} would be seen by docker inspect"),
            _ if name.ends_with("_FILE") => assert!(given[0].contains(": /run/secrets/"), "{given:?}"),
            _ if own.contains(&name) => assert_eq!(given.len(), 1, "{name}"),
            _ if logging.contains(&name) => assert!(given[0].starts_with(&format!("{name}: ${{{name}:-"))),
            _ => assert_eq!(given, [format!("{name}: ${{{name}:-}}")], "{name}"),
        }
    }
}

#[test]
fn no_service_is_given_more_than_it_needs() {
    for (name, settings, secrets) in [
        ("migrate", "*logging-settings, *owner-settings", &["owner_url", "serving_password"][..]),
        ("gateway", "*logging-settings, *key-settings, *serving-settings", &["secret_key", "serving_url"]),
        ("admin", "*logging-settings, *owner-settings, *key-settings", &["owner_url", "secret_key"]),
        (
            "operators",
            "*logging-settings, *key-settings, *serving-settings, *owner-settings",
            &["admin_token", "owner_url", "secret_key", "serving_url"],
        ),
    ] {
        assert!(service(name).contains(&format!("<<: [{settings}]").as_str()), "{name}");
        assert_eq!(listed(name, "secrets").into_iter().collect::<Vec<_>>(), secrets, "{name}");
    }
    for name in ["postgres", "migrate", "gateway", "admin", "operators", "prometheus"] {
        let is_bounded =
            service(name).contains(&"logging: *bounded-logs") || service(name).contains(&"<<: *userbatch");
        assert!(is_bounded, "the logs of {name} grow without bound");
    }
}

#[test]
fn every_secret_is_one_that_prepare_writes() {
    let secrets = COMPOSE.split_once("\nsecrets:\n").unwrap().1;
    let names: Vec<&str> =
        secrets.lines().filter_map(|line| line.strip_prefix("    file: secrets/")).collect();
    assert_eq!(names.len(), 7);
    for name in names {
        assert!(COMPOSE.contains(&format!("  {name}:\n    file: secrets/{name}\n")), "{name}");
        assert!(PREPARE.contains(&format!("secret {name} ")) || PREPARE.contains(&format!("url {name} ")));
    }
}

/// The checkout's files that services mount.
fn mounted() -> Vec<&'static str> {
    let lines = COMPOSE.lines().chain(SCALE.lines());
    let files: Vec<&str> =
        lines.filter_map(|line| line.trim().strip_prefix("- ./")?.split(':').next()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    files
}

/// Runs the script in a checkout whose files are for their owner alone. Returns its directory, and what was printed.
fn prepared(name: &str, settings: &str) -> (PathBuf, String) {
    let directory = std::env::temp_dir().join(format!("userbatch-{name}-{}", std::process::id()));
    let script = "deploy/compose/prepare";
    std::fs::create_dir_all(directory.join("secrets")).unwrap();
    for (file, content) in mounted().into_iter().map(|file| (file, "")).chain([
        (script, PREPARE),
        (".env", settings),
        ("secrets/admin_token", "kept\n"),
    ]) {
        let file = directory.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
    let output = std::process::Command::new("sh").arg(directory.join(script)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (directory, String::from_utf8(output.stdout).unwrap())
}

#[test]
fn prepare_takes_over_secrets_as_compose_read_them() {
    let settings = "# POSTGRES_PASSWORD=another\nPOSTGRES_PASSWORD=\"p@ss/w%rd\" # it's \"strong\"\r\n\
                    export USERBATCH_SERVING_PASSWORD='single'\n\
                    \x20 USERBATCH_SECRET_KEY : plain#no-comment # a comment \r\nUSERBATCH_ADMIN_TOKEN=late\n";
    let (directory, printed) = prepared("secrets", settings);
    assert_eq!(printed, "the secrets of .env are in secrets/ now: remove them from .env\n");
    let written = |name: &str| std::fs::read_to_string(directory.join("secrets").join(name)).unwrap();
    assert_eq!(written("owner_password"), "p@ss/w%rd\n");
    let encoded = "%70%40%73%73%2f%77%25%72%64";
    assert_eq!(written("owner_url"), format!("postgres://userbatch:{encoded}@postgres:5432/userbatch\n"));
    let serving = "postgres://userbatch_serving:single@postgres:5432/userbatch\n";
    assert_eq!(written("serving_url"), serving);
    assert_eq!(written("secret_key"), "plain#no-comment\n");
    assert_eq!(written("admin_token"), "kept\n");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_is_mounted_can_be_read_by_the_users_of_containers() {
    let (directory, printed) = prepared("mounted", "USERBATCH_PORT=8080\n");
    assert_eq!(printed, "");
    let mode = |file: &str| directory.join(file).metadata().unwrap().permissions().mode() & 0o777;
    for file in mounted().into_iter().chain(["secrets/admin_token", "secrets/secret_key"]) {
        assert_eq!(mode(file), 0o644, "{file}");
    }
    assert_eq!([mode("secrets"), mode(".env")], [0o700, 0o600], "on the host, others read no secret");
    std::fs::remove_dir_all(directory).unwrap();
    assert!(DOCKERFILE.contains("\nCOPY --chmod=644 docs/samples/* "));
}

#[test]
fn an_administrative_command_migrates_nothing() {
    let admin = service("admin").join(" ");
    assert!(admin.contains("depends_on: postgres: condition: service_healthy healthcheck"), "{admin}");
    let gateway = service("gateway").join(" ");
    assert!(gateway.contains("depends_on: migrate: condition: service_completed_successfully healthcheck"));
}

#[test]
fn the_image_has_the_version_of_the_program() {
    assert!(COMPOSE.contains(&format!("  image: userbatch:${{USERBATCH_TAG:-{VERSION}}}\n")));
    assert!(DOCKERFILE.contains(&format!("\nARG VERSION={VERSION}\n")));
}

#[test]
fn of_two_gateways_only_the_proxy_is_published() {
    assert_eq!(SCALE.matches("    <<: *behind-the-proxy\n").count(), 2);
    assert_eq!(
        SCALE.matches("    ports: !reset []\n").count(),
        2,
        "not in the anchor, where it has no effect"
    );
    assert!(SCALE.contains("      USERBATCH_GATEWAYS: gateway:8080 gateway-2:8080\n"));
    // Whoever is in the proxy's network is believed what they forward.
    assert_eq!(SCALE.matches("${USERBATCH_EDGE_SUBNET:-172.30.30.0/24}").count(), 2);
}

/// `restore::` runs the other page's.
#[test]
fn a_backup_is_made_and_restored_with_the_same_options_in_a_container() {
    for options in [
        "PGOPTIONS='-c userbatch.dump=on'",
        "--enable-row-security --format=custom",
        "--no-owner --no-privileges --exit-on-error",
    ] {
        assert!(PAGE.contains(options) && OPERATING.contains(options), "{options}");
    }
}

#[test]
fn what_the_page_and_the_example_name_is_there() {
    let words = PAGE.split(|c: char| !c.is_ascii_alphanumeric() && !"_./-".contains(c));
    let files: BTreeSet<&str> = words.filter(|word| word.starts_with("deploy/")).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        assert!(path.is_file(), "{file}");
    }
    let settings = settings();
    for line in EXAMPLE.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let Some((name, _)) = line.split_once('=').filter(|(name, _)| !name.contains(' ')) else { continue };
        let is_used = [COMPOSE, SCALE].iter().any(|file| file.contains(&format!("${{{name}:-")));
        assert!(is_used || name.starts_with("COMPOSE_") || settings.contains(name), "{name}");
    }
}
