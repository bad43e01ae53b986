//! A running private PostgreSQL.

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::binaries::{Installation, none_found};
use super::data_dir::DataDir;
use super::supervisor::Supervisor;
use super::{EmbeddedError, Options, initdb, postmaster, settings};

pub(super) const SUPERUSER: &str = "postgres";
const START_ATTEMPTS: usize = 5;
/// Log lines of transient failures: another process took the port, or the last processes of a killed server are still
/// exiting.
const TRANSIENT_FAILURES: [&str; 3] = [
    "could not create any TCP/IP sockets",
    "\"postmaster.pid\" already exists",
    "pre-existing shared memory block",
];

/// A running private PostgreSQL and the lock on its data directory.
///
/// [`Cluster::stop`] shuts it down. If it is dropped or this process ends, even by `kill -9`, it stops shortly after;
/// starting another on the same directory waits for that.
pub struct Cluster {
    port: u16,
    password: SecretString,
    remove_on_exit: bool,
    // Must be dropped before the lock, so declared before it.
    supervisor: Supervisor,
    data_dir: DataDir,
}

impl Cluster {
    /// Starts the cluster in `options.data_dir`, creating it if necessary, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Any [`EmbeddedError`], such as missing binaries, a directory in use, or a server not ready within 30 s.
    pub async fn start(options: Options) -> Result<Self, EmbeddedError> {
        let created_by = initdb::created_by(&options.data_dir);
        let bin_dir = options.bin_dir.as_deref();
        let installation = Installation::find(bin_dir, created_by)
            .ok_or_else(|| none_found(bin_dir, &options.data_dir, created_by))?;
        let data_dir = DataDir::open(&options.data_dir)?;
        let password = initdb::ensure(&data_dir, &installation, options.durable).await?;
        let (supervisor, port) = launch(&data_dir, &installation, &options).await?;
        Ok(Self { port, password, remove_on_exit: options.remove_on_exit, supervisor, data_dir })
    }

    /// The superuser's URL for `database`, including the password; the database `postgres` always exists.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as(SUPERUSER, self.password.expose_secret(), database)
    }

    /// The URL for `database` as another role.
    #[must_use]
    pub fn url_as(&self, role: &str, password: &str, database: &str) -> String {
        let [role, password, database] = [role, password, database].map(percent_encode);
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Shuts the server down (fast mode: open transactions are rolled back), waits up to about 40 s for it to exit, and
    /// deletes the data directory if [`Options::remove_on_exit`] is set.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::DoesNotStop`]; [`EmbeddedError::Io`] if the directory cannot be deleted.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        self.supervisor.stop().await;
        // If the supervisor was killed, the server may still be running.
        postmaster::stop_leftover(&self.data_dir.pgdata()).await?;
        if self.remove_on_exit { self.data_dir.remove() } else { Ok(()) }
    }

    #[cfg(test)]
    pub(super) fn supervisor_id(&self) -> u32 {
        self.supervisor.id()
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("port", &self.port)
            .field("data_dir", &self.data_dir.path())
            .finish_non_exhaustive()
    }
}

/// Starts the server, retrying after transient failures.
async fn launch(
    data_dir: &DataDir,
    installation: &Installation,
    options: &Options,
) -> Result<(Supervisor, u16), EmbeddedError> {
    let pgdata = data_dir.pgdata();
    let mut attempt = 1;
    loop {
        postmaster::stop_leftover(&pgdata).await?;
        let port = free_port(data_dir.path())?;
        let server = server_command(installation, &pgdata, port, options);
        let supervisor = Supervisor::spawn(data_dir, &server, options.remove_on_exit)?;
        match supervisor.ready(&pgdata, port).await {
            Err(EmbeddedError::EndedEarly { log }) if attempt < START_ATTEMPTS && is_transient(&log) => {
                attempt += 1;
            }
            outcome => return outcome.map(|supervisor| (supervisor, port)),
        }
    }
}

/// `-D` must come first: `postmaster` identifies servers by it.
fn server_command(installation: &Installation, pgdata: &Path, port: u16, options: &Options) -> Command {
    let mut server = Command::new(installation.program("postgres"));
    server.arg("-D").arg(pgdata).arg("-p").arg(port.to_string()).args(settings::arguments(options));
    server
}

fn is_transient(log: &str) -> bool {
    TRANSIENT_FAILURES.iter().any(|failure| log.contains(failure))
}

/// A port that is currently free on the loopback address.
fn free_port(data_dir: &Path) -> Result<u16, EmbeddedError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(EmbeddedError::io("find a free port for", data_dir))
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
fn percent_encode(text: &str) -> PercentEncode<'_> {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_percent_encoded_in_urls() {
        assert_eq!(percent_encode("aZ09-._~").to_string(), "aZ09-._~");
        assert_eq!(percent_encode("p@:/?#%+ é").to_string(), "p%40%3A%2F%3F%23%25%2B%20%C3%A9");
    }
}
