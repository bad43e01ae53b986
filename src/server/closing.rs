//! The end of a listener, which resets nobody.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use tokio::time::sleep;

/// Time for handshakes in progress to end; a round trip to a load balancer.
const HANDSHAKE: Duration = Duration::from_millis(10);

/// Hands those whom the kernel has connected already to `serve`, until it returns false, and closes `listener`.
///
/// Closing resets connections that are still in the queue, so for the last moments the kernel lets none into it: their
/// clients try again a second later, and are refused, which a proxy takes as a reason to go to another gateway.
pub(super) async fn close(listener: TcpListener, mut serve: impl FnMut((TcpStream, SocketAddr)) -> bool) {
    if refuse_handshakes(&listener).is_ok() {
        sleep(HANDSHAKE).await;
    }
    while let Ok(connection) = listener.accept() {
        if !serve(connection) {
            break;
        }
    }
}

/// Has the kernel drop the first packet of each new connection.
#[cfg(target_os = "linux")]
fn refuse_handshakes(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::{SockFilter, SockRef};
    // Classic BPF. A TCP header (RFC 9293, section 3.1) has its flags in byte 13; SYN is 2.
    let filter = [
        SockFilter::new(0x30, 0, 0, 13), // load the byte
        SockFilter::new(0x45, 0, 1, 2),  // go on if the bit is set, else skip one
        SockFilter::new(0x06, 0, 0, 0),  // keep nothing of the packet
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&filter)
}

/// Other kernels have no such filter.
#[cfg(not(target_os = "linux"))]
fn refuse_handshakes(_listener: &TcpListener) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
