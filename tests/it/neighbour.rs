//! A program between clients, gateways and databases, such as a proxy or a pooler, as a process of its own.

use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::getuid;

use crate::app::free_port;

/// Whom it runs as if the tests run as root: Debian's `nobody`.
const NOBODY: u32 = 65_534;

/// A running program that listens on a port and has files in a directory of its own. Killed at the end, with its files.
pub struct Neighbour {
    pub port: u16,
    pub directory: PathBuf,
    process: Child,
}

impl Neighbour {
    /// Runs the program that the environment `variable` names (`script` sets it), with the arguments that `configure`
    /// adds for a port, once it has put its files into the directory.
    pub async fn start(
        (variable, script): (&str, &str),
        configure: impl FnOnce(u16, &PathBuf, &mut Command),
    ) -> Self {
        let program = std::env::var_os(variable).ok_or(script).expect("run the script that sets it");
        let port = free_port();
        let directory =
            std::env::temp_dir().join(format!("userbatch-neighbour-{port}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut command = Command::new(program);
        configure(port, &directory, &mut command);
        if getuid().is_root() {
            chown(&directory, Some(NOBODY), None).unwrap();
            command.uid(NOBODY);
        }
        let process = command.spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{variable} does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { port, directory, process }
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        // At once: it has no worker processes, and may wait for its clients on any other signal.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
