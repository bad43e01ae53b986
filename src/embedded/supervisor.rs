//! The supervisor: a shell process that stops the server when this process ends.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::{Instant, sleep};

use super::account::command;
use super::data_dir::DataDir;
use super::{EmbeddedError, postmaster};

pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How long to wait for a server to accept connections, including crash recovery.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// Longer than the supervisor's own wait for a fast shutdown (200 × 50 ms).
const STOP_LIMIT: Duration = Duration::from_secs(20);
const LOG_TAIL_BYTES: u64 = 2048;

/// A running supervisor. Dropping it closes the pipe, which stops the server.
///
/// Uses the standard library's process type since it may outlive the tokio runtime.
#[derive(Debug)]
pub(super) struct Supervisor {
    process: Child,
    pipe: Option<ChildStdin>,
    log: File,
}

impl Supervisor {
    /// Starts `server` under a supervisor, which deletes the data directory afterwards if `remove` is set.
    pub(super) fn spawn(data_dir: &DataDir, server: &Command, remove: bool) -> Result<Self, EmbeddedError> {
        let log_path = data_dir.path().join("postgres.log");
        let log = DataDir::new_file(&log_path)?;
        let server_log = log.try_clone().map_err(EmbeddedError::io("open", &log_path))?;
        let shell = Path::new("/bin/sh");
        let mut command = command(shell, data_dir.account(), data_dir.path());
        command.arg("-c").arg(include_str!("supervisor.sh")).arg("userbatch-postgres-supervisor");
        command.arg(if remove { data_dir.path().as_os_str() } else { "".as_ref() });
        command.arg(server.get_program()).args(server.get_args());
        command.stdin(Stdio::piped()).stdout(server_log).stderr(Stdio::null());
        let mut process = command.spawn().map_err(EmbeddedError::io("run", shell))?;
        let pipe = process.stdin.take();
        Ok(Self { process, pipe, log })
    }

    /// Waits until the server on `pgdata` accepts connections on `port`.
    pub(super) async fn ready(mut self, pgdata: &Path, port: u16) -> Result<Self, EmbeddedError> {
        let mut ended = false;
        let settled = || {
            ended = self.has_ended();
            ended || postmaster::is_ready(pgdata, port)
        };
        let in_time = wait_until(READY_LIMIT, POLL_INTERVAL, settled).await;
        if ended {
            return Err(EmbeddedError::EndedEarly { log: self.log_tail() });
        }
        if !in_time {
            let log = self.log_tail();
            self.stop().await;
            return Err(EmbeddedError::NotReady { seconds: READY_LIMIT.as_secs(), log });
        }
        Ok(self)
    }

    /// Closes the pipe and waits for the supervisor to exit; kills its process group after [`STOP_LIMIT`].
    pub(super) async fn stop(&mut self) {
        self.pipe = None;
        if !wait_until(STOP_LIMIT, POLL_INTERVAL, || self.has_ended()).await {
            let group = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
            // Fails only if the group has already exited.
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        }
    }

    /// Whether the supervisor has exited; also reaps it.
    fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// The tail of the server's log, read from the open file since its path may be deleted.
    fn log_tail(&self) -> String {
        read_tail(&self.log).unwrap_or_else(|error| format!("(unreadable: {error})"))
    }

    #[cfg(test)]
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

fn read_tail(log: &File) -> io::Result<String> {
    let length = log.metadata()?.len();
    let start = length.saturating_sub(LOG_TAIL_BYTES);
    let mut bytes = vec![0; usize::try_from(length - start).unwrap_or_default()];
    log.read_exact_at(&mut bytes, start)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Polls `condition` every `interval`; `false` if it does not hold within `limit`.
pub(super) async fn wait_until(
    limit: Duration,
    interval: Duration,
    mut condition: impl FnMut() -> bool,
) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        sleep(interval).await;
    }
}
