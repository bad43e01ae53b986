//! Database URLs. `psql` and the gateway's driver read them differently: here they are read as `psql` reads them, and
//! written anew in the one form that both agree on, with every part as a parameter.

mod parameters;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

use super::secret::SettingError;
use parameters::Parameters;

/// What is wrong with a database URL. Quotes no part of it but the names of parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Another scheme, or none.
    #[error("must start with postgres:// or postgresql://")]
    Scheme,
    /// An invalid escape.
    #[error("every % must begin an escape such as %2F, of UTF-8 text without NUL: write % itself as %25")]
    Escape,
    /// An IPv6 address without an end.
    #[error(
        "an IPv6 address must be in brackets and be followed by a port, a / or nothing, as in [::1]:5432"
    )]
    Brackets,
    /// Several hosts or ports.
    #[error("several hosts are not supported: name one, or an address that always leads to the primary")]
    SeveralHosts,
    /// An invalid port.
    #[error("the port must be a number from 1 to 65535; in a password, write / as %2F and @ as %40")]
    Port,
    /// What follows the `?` is not a list of parameters.
    #[error("what follows the ? must be name=value, separated by &")]
    Parameters,
    /// A password with a `/` that is not escaped, or a parameter that is unknown.
    #[error("has an @ after its first /: in a password, write / as %2F and @ as %40")]
    Unescaped,
    /// A parameter that neither `psql` nor the gateway knows, or whose effect the gateway does not have.
    #[error("the parameter {0} is not supported: remove it")]
    Unknown(String),
    /// A parameter with a value that the gateway does not support.
    #[error("the parameter {0} must be {1}")]
    Value(&'static str, &'static str),
    /// The file that a parameter names cannot be read.
    #[error("the file that {0} names cannot be read: {1}")]
    File(&'static str, std::io::ErrorKind),
}

/// `url`, the value of the setting `name`, as the driver reads it. Parameters that have no effect here are logged.
pub(super) fn database_url(name: &'static str, url: &SecretString) -> Result<SecretString, SettingError> {
    let parameters = read(url.expose_secret()).map_err(|fault| SettingError::DatabaseUrl { name, fault })?;
    for parameter in parameters.without_effect() {
        tracing::warn!("{name}: the parameter {parameter} has no effect here");
    }
    let mut text = "postgres:///".to_owned();
    for (index, (name, value)) in parameters.into_iter().enumerate() {
        let separator = if index == 0 { '?' } else { '&' };
        let [name, value] = [&name, &value].map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC));
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{name}={value}");
    }
    Ok(text.into())
}

/// Reads a URL as libpq does (`conninfo_uri_parse_options` of its `fe-connect.c`), except that a password may have an
/// `@` in it, and a parameter's value an `=`.
fn read(url: &str) -> Result<Parameters, UrlFault> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let rest = rest.ok_or(UrlFault::Scheme)?;
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let user_end = rest.get(..authority_end).and_then(|authority| authority.rfind('@'));
    let mut parameters = Parameters::default();
    let rest = match user_end.and_then(|at| rest.split_at_checked(at)) {
        Some((user, rest)) => {
            read_user(user, &mut parameters)?;
            rest.strip_prefix('@').unwrap_or(rest)
        }
        None => rest,
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (address, database) = place.split_once('/').unwrap_or((place, ""));
    read_address(address, &mut parameters)?;
    parameters.set_part("dbname", &decoded(database)?)?;
    for pair in query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(UrlFault::Parameters)?;
        match parameters.set(&decoded(name)?, &decoded(value)?) {
            // The name may be a part of a password.
            Err(UrlFault::Unknown(_)) if rest.contains('@') => return Err(UrlFault::Unescaped),
            outcome => outcome?,
        }
    }
    parameters.check()?;
    Ok(parameters)
}

fn read_user(text: &str, parameters: &mut Parameters) -> Result<(), UrlFault> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    parameters.set_part("user", &decoded(user)?)?;
    parameters.set_part("password", &decoded(password)?)
}

fn read_address(text: &str, parameters: &mut Parameters) -> Result<(), UrlFault> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(UrlFault::Brackets)?;
            let port = if rest.is_empty() { Some("") } else { rest.strip_prefix(':') };
            (host, port.ok_or(UrlFault::Brackets)?)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    parameters.set_part("host", &decoded(host)?)?;
    parameters.set_part("port", &decoded(port)?)
}

fn decoded(text: &str) -> Result<String, UrlFault> {
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    let is_escape = |escape: &[u8]| {
        matches!(escape, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
            && !escape.starts_with(b"00")
    };
    if !escapes.all(is_escape) {
        return Err(UrlFault::Escape);
    }
    percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| UrlFault::Escape)
}
