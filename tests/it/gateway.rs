//! The gateway as a process of its own, for what can only be seen from outside: memory, signals, open files.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::app::Database;
use crate::program::Program;

/// A running `userbatch serve`.
pub struct Gateway {
    /// `http://127.0.0.1:port`.
    pub base_url: String,
    child: Child,
    lines: UnboundedReceiver<String>,
    _program: Program,
}

impl Gateway {
    /// A gateway on `database` with these settings.
    pub async fn start(database: &Database, settings: &[(&str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0", database, settings).await
    }

    /// The same, for callers at `address`.
    pub async fn start_at(address: &str, database: &Database, settings: &[(&str, &str)]) -> Self {
        let program = Program::new(database.clone());
        let mut command = Command::from(program.command("serve --admin-listen 127.0.0.1:0 --listen"));
        command.arg(address);
        command.env("DATABASE_URL", &database.serving_url).env("USERBATCH_DRAIN_SECONDS", "0");
        command
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = lines_of(child.stderr.take().unwrap());
        let serving = next(&mut lines, "callers=").await;
        let address = serving.split("callers=").nth(1).unwrap().split_whitespace().next().unwrap();
        Self { base_url: format!("http://{address}"), child, lines, _program: program }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// The most memory that it ever had, in MiB.
    pub fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends it SIGTERM.
    pub fn terminate(&self) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Waits for a line that it logs.
    pub async fn logged(&mut self, text: &str) -> String {
        next(&mut self.lines, text).await
    }

    /// Waits for its end.
    pub async fn ended(&mut self) {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait());
        assert!(ended.await.expect("it ends").unwrap().success());
    }
}

/// The lines that a gateway writes, taken off it at once: it waits for whoever reads its log.
fn lines_of(log: ChildStderr) -> UnboundedReceiver<String> {
    let (sender, lines) = unbounded_channel();
    let mut log = BufReader::new(log).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = log.next_line().await {
            // Whoever no longer listens must not stop the gateway.
            let _ = sender.send(line);
        }
    });
    lines
}

async fn next(lines: &mut UnboundedReceiver<String>, text: &str) -> String {
    loop {
        let line = tokio::time::timeout(Duration::from_mins(1), lines.recv());
        let line = line.await.expect("it writes on").expect("it runs on");
        if line.contains(text) {
            return line;
        }
    }
}
