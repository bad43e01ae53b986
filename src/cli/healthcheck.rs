//! `userbatch healthcheck`: a readiness probe for containers without curl.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::CliError;

/// Response timeout.
const TIMEOUT: Duration = Duration::from_secs(4);
const READY: &str = "HTTP/1.1 200";

/// Settings of `healthcheck`.
#[derive(Debug, Args)]
pub(super) struct HealthcheckArgs {
    /// Address of the gateway's public listener
    #[arg(long, env = "USERBATCH_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) async fn run(args: &HealthcheckArgs) -> Result<(), CliError> {
    let mut address = args.listen;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let answer = tokio::time::timeout(TIMEOUT, ask(address)).await;
    match answer {
        Ok(Ok(status)) if status == READY => Ok(()),
        Ok(Ok(status)) => Err(CliError::Message(format!("not ready: {status}"))),
        Ok(Err(error)) => Err(CliError::io(format!("the gateway at {address}"))(error)),
        Err(_) => {
            Err(CliError::Message(format!("the gateway at {address} did not respond within {TIMEOUT:?}")))
        }
    }
}

/// Requests `/readyz` and returns the start of the status line.
async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut start = [0; READY.len()];
    stream.read_exact(&mut start).await?;
    Ok(String::from_utf8_lossy(&start).into_owned())
}
