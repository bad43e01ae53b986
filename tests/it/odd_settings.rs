//! Settings that cannot be meant: those out of range stop `serve` before it serves, those without effect are reported.

use std::process::Stdio;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::app::Database;
use crate::program::Program;

const SERVE: &str = "serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0";

/// What `serve` says that refuses the setting.
fn refusal(program: &Program, name: &str, value: &str) -> String {
    let output = program.command(SERVE).env(name, value).output().unwrap();
    assert!(!output.status.success(), "{name}={value}");
    String::from_utf8(output.stderr).unwrap()
}

/// Clocks and allocations overflow at them: a connection, or the whole process, would end at a caller's request.
#[tokio::test]
async fn a_number_out_of_range_is_refused() {
    let program = Program::new(Database::new().await);
    for name in [
        "USERBATCH_MAX_BODY_BYTES",
        "USERBATCH_MAX_RESPONSE_BYTES",
        "USERBATCH_REQUEST_SECONDS",
        "USERBATCH_DATABASE_CONNECTIONS",
        "USERBATCH_DATABASE_WAIT_MS",
        "USERBATCH_KEEP_ALIVE_SECONDS",
        "USERBATCH_DRAIN_SECONDS",
        "USERBATCH_SHUTDOWN_SECONDS",
    ] {
        for value in ["18446744073709551615", "4294967295", "-1"] {
            let refused = refusal(&program, name, value);
            assert!(refused.contains(&format!("invalid value '{value}'")), "{name}: {refused}");
        }
    }
}

#[tokio::test]
async fn a_public_url_is_one_that_a_browser_would_write() {
    let program = Program::new(Database::new().await);
    for url in [
        "https://users.example.com?x",
        "https://user:password@users.example.com",
        "https://users.example.com\"",
        "https://users.example.com\nx: y",
        "https://users.example.com//",
        "users.example.com",
    ] {
        let refused = refusal(&program, "USERBATCH_PUBLIC_URL", url);
        assert!(refused.contains("USERBATCH_PUBLIC_URL must be as browsers write it"), "{url}: {refused}");
        assert!(!refused.contains("password"), "{refused}");
    }
}

/// A gateway with these settings, its operators' address, and what it logged until it served.
async fn serving(program: &Program, settings: &[(&str, &str)]) -> (Child, String, String) {
    let mut command = Command::from(program.command(SERVE));
    command.env("DATABASE_URL", &program.database.serving_url).envs(settings.iter().copied());
    let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut logged = String::new();
    loop {
        let line = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await;
        let line = line.expect("it writes on").unwrap().expect("it serves");
        if let Some((_, address)) = line.split_once("operators=") {
            return (child, format!("http://{address}"), logged);
        }
        logged.push_str(&line);
        logged.push('\n');
    }
}

#[tokio::test]
async fn a_setting_without_effect_is_reported_by_name() {
    let program = Program::new(Database::new().await);
    let settings = [
        ("USERBATCH_TRUSTED_PROXY", "10.0.0.0/8"),
        ("USERBATCH_RATE_LIMITS", ""),
        // Kubernetes' own, of a Service with this name.
        ("USERBATCH_SERVICE_HOST", "10.0.0.7"),
        ("USERBATCH_PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("USERBATCH_ADMIN_TOKEN", "hunter2-hunter2-hunter2-hunter2-hunter2"),
        ("USERBATCH_PUBLIC_URL", "https://users.example.com/"),
    ];
    let (_gateway, _, logged) = serving(&program, &settings).await;
    assert!(logged.contains("USERBATCH_TRUSTED_PROXY is not a setting: it has no effect"), "{logged}");
    assert!(logged.contains("USERBATCH_ADMIN_TOKEN has no effect"), "{logged}");
    for other in ["RATE_LIMITS", "SERVICE_HOST", "TCP_ADDR", "10.0.0", "hunter2", "PUBLIC_URL"] {
        assert!(!logged.contains(other), "{other}: {logged}");
    }
}

#[tokio::test]
async fn the_operators_pages_say_that_a_method_is_wrong() {
    let program = Program::new(Database::new().await);
    let (_gateway, operators, _) = serving(&program, &[]).await;
    for path in ["/", "/livez", "/readyz", "/metrics"] {
        let request = reqwest::Client::new().request(Method::POST, format!("{operators}{path}"));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        assert!(answer.headers().contains_key("allow"), "{path}");
        assert!(answer.text().await.unwrap().contains("Allow header"), "{path}");
    }
}
