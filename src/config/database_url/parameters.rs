//! The parameters of a database URL.

use std::fs::File;
use std::io::ErrorKind;

use super::UrlFault;

/// Parameters that the driver knows; of the forms that it knows besides libpq's, libpq's is used.
const KNOWN: [&str; 8] =
    ["host", "hostaddr", "port", "dbname", "user", "password", "application_name", "options"];
/// Parameters that name files, with the driver's other forms.
const FILES: [(&str, &[&str]); 3] =
    [("sslrootcert", &["ssl-root-cert", "ssl-ca"]), ("sslcert", &["ssl-cert"]), ("sslkey", &["ssl-key"])];
/// Parameters that merely tune a connection, or that only Kerberos uses.
const WITHOUT_EFFECT: [&str; 14] = [
    "connect_timeout",
    "fallback_application_name",
    "gssdelegation",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "max_protocol_version",
    "min_protocol_version",
    "sslcompression",
    "sslsni",
    "tcp_user_timeout",
];
/// Parameters whose effect the gateway lacks, with the values that ask for none.
const WITHOUT_NEED: [(&str, &[&str], &str); 8] = [
    ("channel_binding", &["disable", "prefer"], "disable or prefer: channel binding is not supported"),
    ("client_encoding", &["UTF8", "utf8", "UTF-8", "utf-8", "auto"], "UTF8"),
    ("gssencmode", &["disable", "prefer"], "disable or prefer: Kerberos is not supported"),
    ("load_balance_hosts", &["disable"], "disable"),
    ("replication", &["0", "false", "no", "off"], "false"),
    ("sslcertmode", &["allow"], "allow"),
    ("sslnegotiation", &["postgres"], "postgres"),
    ("target_session_attrs", &["any"], "any: name the primary's own address"),
];
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const TLS_VERSIONS: [&str; 3] = ["TLSv1", "TLSv1.1", "TLSv1.2"];
/// Longest name of a parameter that is shown; a longer one may be a part of a password.
const LONGEST_SHOWN: usize = 40;

/// Names and values, each name once. No `Debug`: one of the values is a password.
#[derive(Default)]
pub(super) struct Parameters {
    values: Vec<(String, String)>,
    without_effect: Vec<&'static str>,
}

impl Parameters {
    /// The names of those that were given and have no effect here.
    pub(super) fn without_effect(&self) -> &[&'static str] {
        &self.without_effect
    }

    /// Sets what is not empty; in a URL's address, empty means the default.
    pub(super) fn set_part(&mut self, name: &'static str, value: &str) -> Result<(), UrlFault> {
        if value.is_empty() { Ok(()) } else { self.set(name, value) }
    }

    /// Sets one parameter, in place of an earlier one of this name.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), UrlFault> {
        let file = FILES.iter().find(|(known, others)| *known == name || others.contains(&name));
        let unneeded = WITHOUT_NEED.iter().find(|(known, ..)| *known == name);
        if let Some((name, _)) = file {
            self.replace(name, value);
        } else if let Some((name, accepted, must)) = unneeded {
            if !accepted.contains(&value) {
                return Err(UrlFault::Value(name, must));
            }
        } else if let Some(name) = WITHOUT_EFFECT.iter().find(|known| **known == name) {
            self.without_effect.push(name);
        } else {
            self.set_known(name, value)?;
        }
        Ok(())
    }

    fn set_known(&mut self, name: &str, value: &str) -> Result<(), UrlFault> {
        match name {
            "sslmode" | "ssl-mode" if SSL_MODES.contains(&value) => self.replace("sslmode", value),
            "sslmode" | "ssl-mode" => {
                let modes = "disable, allow, prefer, require, verify-ca or verify-full";
                return Err(UrlFault::Value("sslmode", modes));
            }
            // As JDBC writes it.
            "ssl" if value == "true" => self.replace("sslmode", "require"),
            "ssl_min_protocol_version" if TLS_VERSIONS.contains(&value) => {}
            "host" | "hostaddr" | "port" if value.contains(',') => return Err(UrlFault::SeveralHosts),
            "port" if !value.parse().is_ok_and(|port: u16| port > 0) => return Err(UrlFault::Port),
            "hostaddr" if value.parse::<std::net::IpAddr>().is_err() => {
                return Err(UrlFault::Value("hostaddr", "an IP address"));
            }
            "statement-cache-capacity" if value.parse::<usize>().is_err() => {
                return Err(UrlFault::Value("statement-cache-capacity", "a number"));
            }
            // The driver's own: one setting each, all of which count.
            _ if name.starts_with("options[") && name.ends_with(']') => {
                self.values.push((name.to_owned(), value.to_owned()));
            }
            "statement-cache-capacity" => self.replace(name, value),
            _ if KNOWN.contains(&name) => self.replace(name, value),
            _ => return Err(UrlFault::Unknown(shown(name))),
        }
        Ok(())
    }

    /// Checks what parameters mean together, and gives them the meaning that libpq gives them.
    pub(super) fn check(&mut self) -> Result<(), UrlFault> {
        self.values.retain(|(_, value)| !value.is_empty());
        if self.get("host").is_some() && self.get("hostaddr").is_some() {
            return Err(UrlFault::Value("hostaddr", "the only address: leave out the host"));
        }
        if self.get("sslcert").is_some() != self.get("sslkey").is_some() {
            return Err(UrlFault::Value("sslcert", "set together with sslkey, each to a file's path"));
        }
        self.check_trust()?;
        for (name, _) in FILES {
            if let Some(path) = self.get(name) {
                File::open(path).map_err(|error| UrlFault::File(name, readable(error.kind())))?;
            }
        }
        Ok(())
    }

    /// Whom to trust: the driver verifies with `verify-ca` and `verify-full` alone, and knows no `allow`.
    fn check_trust(&mut self) -> Result<(), UrlFault> {
        if self.get("sslrootcert") == Some("system") {
            if !matches!(self.get("sslmode"), None | Some("verify-full")) {
                return Err(UrlFault::Value("sslmode", "verify-full if sslrootcert is system"));
            }
            self.values.retain(|(name, _)| name != "sslrootcert");
            self.replace("sslmode", "verify-full");
        }
        match self.get("sslmode") {
            // Which of the two is tried first makes no difference to what is accepted.
            Some("allow") => self.replace("sslmode", "prefer"),
            Some("require") if self.get("sslrootcert").is_some() => self.replace("sslmode", "verify-ca"),
            _ => {}
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn replace(&mut self, name: &str, value: &str) {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.to_owned()));
    }
}

impl IntoIterator for Parameters {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

/// An unknown parameter's name, unless it may be a part of a password that lacks its escapes.
fn shown(name: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '-';
    if name.len() <= LONGEST_SHOWN && name.chars().all(is_name) {
        name.to_owned()
    } else {
        "whose name is not one of psql's".to_owned()
    }
}

/// A path with a key in place of a file's name is too long or has no such file.
fn readable(kind: ErrorKind) -> ErrorKind {
    match kind {
        ErrorKind::PermissionDenied | ErrorKind::NotFound => kind,
        _ => ErrorKind::InvalidInput,
    }
}
