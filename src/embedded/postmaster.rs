//! The server process according to `postmaster.pid`, which may be stale and refer to another process.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::EmbeddedError;
use super::data_dir::remove_if_there;
use super::supervisor::{POLL_INTERVAL, wait_until};

/// Shutdown signals in order (fast, immediate), and how long to wait after each.
const SHUTDOWNS: [(Signal, Duration); 2] =
    [(Signal::INT, Duration::from_secs(10)), (Signal::QUIT, Duration::from_secs(10))];

const PID_FILE: &str = "postmaster.pid";

/// The content of `postmaster.pid` (PostgreSQL's `src/include/utils/pidfile.h`: lines 1, 4 and 8).
#[derive(Debug, PartialEq, Eq)]
struct PidFile {
    pid: i32,
    port: Option<u16>,
    ready: bool,
}

impl PidFile {
    fn read(pgdata: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(pgdata.join(PID_FILE)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(Self {
            pid: lines.first()?.parse().ok().filter(|pid| *pid > 0)?,
            port: lines.get(3).and_then(|port| port.parse().ok()),
            ready: lines.get(7) == Some(&"ready"),
        })
    }
}

/// Whether the server on `pgdata` accepts connections on `port`. Call only after [`stop_leftover`].
pub(super) fn is_ready(pgdata: &Path, port: u16) -> bool {
    PidFile::read(pgdata).is_some_and(|file| file.ready && file.port == Some(port))
}

/// The process id of the running server on `pgdata`.
pub(super) fn running(pgdata: &Path) -> Option<i32> {
    PidFile::read(pgdata).map(|file| file.pid).filter(|pid| is_postmaster_of(*pid, pgdata))
}

/// Stops a server that lost its supervisor, and deletes a stale `postmaster.pid`, which would prevent a start if its
/// process id has been reused. The caller must hold the lock.
pub(super) async fn stop_leftover(pgdata: &Path) -> Result<(), EmbeddedError> {
    if let Some(pid) = running(pgdata) {
        stop(pid, pgdata).await?;
    }
    remove_if_there(&pgdata.join(PID_FILE))
}

async fn stop(pid: i32, pgdata: &Path) -> Result<(), EmbeddedError> {
    for (signal, patience) in SHUTDOWNS {
        if let Some(target) = Pid::from_raw(pid) {
            // The process may already have exited; if the signal is refused, the wait below fails.
            let _ = kill_process(target, signal);
        }
        if wait_until(patience, POLL_INTERVAL, || !is_postmaster_of(pid, pgdata)).await {
            return Ok(());
        }
    }
    Err(EmbeddedError::DoesNotStop { pid })
}

/// Whether `pid` is a running `postgres -D pgdata`, as the supervisor starts it.
///
/// Unlike `exe` and `cwd`, `/proc/<pid>/cmdline` of other accounts is readable without `CAP_SYS_PTRACE`, which root in
/// a container lacks. It is empty for a zombie.
#[cfg(target_os = "linux")]
fn is_postmaster_of(pid: i32, pgdata: &Path) -> bool {
    let Ok(command_line) = fs::read(format!("/proc/{pid}/cmdline")) else {
        return false;
    };
    let mut arguments = command_line.split(|byte| *byte == 0);
    arguments.next().is_some_and(|program| program.ends_with(b"/postgres"))
        && arguments.next() == Some(b"-D")
        && arguments.next() == Some(pgdata.as_os_str().as_encoded_bytes())
}

/// Whether `pid` is a running `postgres -D pgdata`, as the supervisor starts it.
#[cfg(not(target_os = "linux"))]
fn is_postmaster_of(pid: i32, pgdata: &Path) -> bool {
    let column = |name: &str| {
        let output =
            std::process::Command::new("/bin/ps").args(["-ww", "-o", name, "-p", &pid.to_string()]).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    column("comm=").ends_with("postgres")
        && column("command=").contains(&format!("/postgres -D {} -p ", pgdata.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_file_has_process_port_and_state() {
        let text = "4242\n/data/pgdata\n1790000000\n40001\n\n127.0.0.1\n 123 4\nready   \n";
        assert_eq!(PidFile::parse(text), Some(PidFile { pid: 4242, port: Some(40001), ready: true }));
        let starting = text.replace("ready   ", "starting");
        assert_eq!(PidFile::parse(&starting).map(|file| file.ready), Some(false));
    }

    #[test]
    fn partial_pid_file_is_not_ready_and_invalid_one_is_none() {
        assert_eq!(PidFile::parse("4242\n"), Some(PidFile { pid: 4242, port: None, ready: false }));
        for text in ["", "x\n", "0\n", "-17\n", "99999999999\n"] {
            assert_eq!(PidFile::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn own_process_is_not_a_postmaster() {
        assert!(!is_postmaster_of(std::process::id().cast_signed(), Path::new("/data/pgdata")));
    }
}
