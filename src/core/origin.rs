//! Origins of web pages, as browsers write them in `Origin`.

use std::net::Ipv6Addr;

/// Whether `text` is an origin to the letter as browsers send it (RFC 6454, section 6.2): `http` or `https`, a host in
/// lower case, and the port unless it is the scheme's own. An origin in any other spelling is never sent.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let (authority, own_port) = match text.split_once("://") {
        Some(("https", authority)) => (authority, 443),
        Some(("http", authority)) => (authority, 80),
        _ => return false,
    };
    match authority.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((host, port)) if !port.ends_with(']') => is_host(host) && is_port(port, own_port),
        _ => is_host(authority),
    }
}

/// Whether `text` is a port, other than the one that browsers leave out.
fn is_port(text: &str, left_out: u16) -> bool {
    text.parse::<u16>().is_ok_and(|port| port != 0 && port != left_out && port.to_string() == text)
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok() && !address.contains(|c: char| c.is_ascii_uppercase());
    }
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    text.split('.').all(|label| !label.is_empty() && label.chars().all(is_allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for origin in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:8080",
            "https://[2001:db8::1]",
            "https://xn--bcher-kva.example",
            "http://a_b.internal:443",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_no_origin() {
        for text in [
            "",
            "null",
            "*",
            "app.example.com",
            "ftp://app.example.com",
            "HTTPS://app.example.com",
            "https://App.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:0",
            "https://app.example.com:+444",
            "https://app.example.com:0444",
            "https://app.example.com:65536",
            "https://app.example.com:",
            "https://:8443",
            "https://",
            "https://app..example.com",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com?x",
            "https://app.example.com#x",
            "https://user:password@app.example.com",
            "https://app.example.com\n",
            " https://app.example.com",
            "https://app example.com",
            "https://app.example.com\"",
            "https://bücher.example",
            "https://[::1",
            "https://[::G]",
            "https://[2001:DB8::1]",
        ] {
            assert!(!is_origin(text), "{text:?}");
        }
    }
}
