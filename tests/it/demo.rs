//! The demo, as the program runs it.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

static DIRECTORIES: AtomicU32 = AtomicU32::new(0);

/// Until it is ready. PostgreSQL is set up anew.
const START: Duration = Duration::from_secs(90);

/// The last line that the demo prints begins with it.
const LAST_LINE: &str = "\nOperators: ";

/// What a demo keeps between two starts, and what the last of them printed.
pub struct DemoDirectory(PathBuf);

impl DemoDirectory {
    pub fn new() -> Arc<Self> {
        let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("userbatch-demo-test-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap();
        // The account that PostgreSQL runs as instead of root gets to the data.
        std::fs::set_permissions(&directory, Permissions::from_mode(0o711)).unwrap();
        Arc::new(Self(directory))
    }

    /// The command that starts the demo on this data. What it prints goes to the files `NAME.out` and `NAME.err`.
    pub fn command(&self, name: &str, arguments: &str) -> Command {
        let file = |kind: &str| File::create(self.0.join(format!("{name}.{kind}"))).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_userbatch"));
        command.args(["demo", "--listen", "127.0.0.1:0", "--env-file", "demo.env", "--data-dir"]);
        command.arg(self.0.join("data")).args(arguments.split_whitespace());
        command.current_dir(&self.0).stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        command
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for DemoDirectory {
    fn drop(&mut self) {
        // What is left of a test that failed must not hide why.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running demo.
pub struct Demo {
    process: Child,
    pub directory: Arc<DemoDirectory>,
    settings: BTreeMap<String, String>,
}

impl Demo {
    pub async fn start() -> Self {
        Self::start_in(&DemoDirectory::new(), "").await
    }

    /// A demo on the data that is in `directory`, if there is some.
    pub async fn start_in(directory: &Arc<DemoDirectory>, arguments: &str) -> Self {
        let process = directory.command("demo", arguments).spawn().unwrap();
        let mut demo = Self { process, directory: Arc::clone(directory), settings: BTreeMap::new() };
        let started = Instant::now();
        while !directory.read("demo.out").contains(LAST_LINE) {
            let is_running = demo.process.try_wait().unwrap().is_none();
            assert!(started.elapsed() < START && is_running, "no demo: {}", directory.read("demo.err"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let lines = directory.read("demo.env");
        let settings = lines.lines().filter_map(|line| line.split_once('='));
        demo.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        demo
    }

    /// A line of its env file.
    pub fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }

    /// What it printed when it was ready.
    pub fn printed(&self) -> String {
        self.directory.read("demo.out")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}
