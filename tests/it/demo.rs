//! The demo, as the program runs it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

static DIRECTORIES: AtomicU32 = AtomicU32::new(0);

/// Until it is ready. PostgreSQL is set up anew.
const START: Duration = Duration::from_secs(90);

/// The last line of the env file.
const LAST_SETTING: &str = "GENAUTH_USER_POOL_ID";

/// A running demo, with its own data.
pub struct Demo {
    process: Child,
    directory: PathBuf,
    settings: BTreeMap<String, String>,
}

impl Demo {
    pub async fn start() -> Self {
        let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("userbatch-demo-test-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        let env_file = directory.join("demo.env");
        let mut command = Command::new(env!("CARGO_BIN_EXE_userbatch"));
        command.args(["demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&directory);
        command.arg("--env-file").arg(&env_file).stdout(Stdio::null()).stderr(Stdio::null());
        let mut demo = Self { process: command.spawn().unwrap(), directory, settings: BTreeMap::new() };
        let started = Instant::now();
        while !demo.settings.contains_key(LAST_SETTING) {
            assert!(started.elapsed() < START && demo.process.try_wait().unwrap().is_none(), "no demo");
            tokio::time::sleep(Duration::from_millis(50)).await;
            let lines = std::fs::read_to_string(&env_file).unwrap_or_default();
            let settings = lines.lines().filter_map(|line| line.split_once('='));
            demo.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
        demo
    }

    /// A line of its env file.
    pub fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // What is left of a test that failed must not hide why.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
