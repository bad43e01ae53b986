//! Operators are told which version runs, wherever they look.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::app::Database;
use crate::program::Program;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[tokio::test]
async fn the_running_version_is_in_the_log_the_front_pages_the_readiness_and_the_metrics() {
    let program = Program::new(Database::new().await);
    let mut serve = Command::from(program.command("serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0"));
    serve.env("DATABASE_URL", &program.database.serving_url).stderr(Stdio::piped()).kill_on_drop(true);
    let mut serving = serve.spawn().unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let mut log = Vec::new();
    while !log.last().is_some_and(|line: &String| line.contains("operators=")) {
        let line = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await;
        log.push(line.expect("it writes on").unwrap().expect("it runs on"));
    }
    assert!(log[0].ends_with(&format!("starting version=\"{VERSION}\"")), "{log:?}");

    let http = reqwest::Client::new();
    let get = async |url: String| http.get(url).send().await.unwrap().text().await.unwrap();
    for listener in ["callers=", "operators="] {
        let address = log.last().unwrap().split(listener).nth(1).unwrap().split(' ').next().unwrap();
        let page: Value = serde_json::from_str(&get(format!("http://{address}/")).await).unwrap();
        assert_eq!(page["version"], VERSION);
        assert_eq!(get(format!("http://{address}/readyz")).await, format!("ok (userbatch {VERSION})\n"));
        if listener == "operators=" {
            let metrics = get(format!("http://{address}/metrics")).await;
            let info = format!("userbatch_build_info{{version=\"{VERSION}\"}} 1\n");
            assert!(metrics.contains(&info), "{metrics}");
        }
    }
}
