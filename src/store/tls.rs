//! Failures of TLS between the store and its database.

use std::borrow::Cow;

use rustls::{CertificateError, Error as TlsError};

/// What to do about a failure of TLS, if `error` is one.
pub(super) fn diagnosis(error: &sqlx::Error) -> Option<Cow<'static, str>> {
    match (error, cause(error)) {
        (_, Some(TlsError::InvalidCertificate(fault))) => Some(of_certificate(fault)),
        (_, Some(other)) => Some(format!("TLS: {other}").into()),
        (sqlx::Error::Tls(_), None) => Some(
            "TLS: the server does not offer it, or a file that sslrootcert, sslcert or sslkey names is not in PEM format"
                .into(),
        ),
        _ => None,
    }
}

/// Whether TLS failed, or the server accepts this login without TLS only, so that it may succeed without.
pub(super) fn is_refused(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(said) => said.code().as_deref() == Some("28000"),
        _ => cause(error).is_some(),
    }
}

/// The failure of the TLS library.
fn cause(error: &sqlx::Error) -> Option<&TlsError> {
    match error {
        sqlx::Error::Io(io) => io.get_ref()?.downcast_ref(),
        sqlx::Error::Tls(tls) => tls.downcast_ref(),
        _ => None,
    }
}

fn of_certificate(fault: &CertificateError) -> Cow<'static, str> {
    let text = match fault {
        CertificateError::UnknownIssuer => {
            "TLS: the server's certificate is of an unknown authority: name that authority's certificate by sslrootcert"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "TLS: the server's certificate is not for the host in the URL: its subjectAltName must have that host, \
             since its common name does not count"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "TLS: the server's certificate has expired: renew it"
        }
        // These have no variants of their own.
        other => match format!("{other:?}") {
            text if text.contains("UnsupportedCertVersion") => {
                "TLS: the server's certificate has X.509 version 1, which cannot be read: issue one of version 3, for \
                 example with `openssl x509 -req -extfile`"
            }
            text if text.contains("CaUsedAsEndEntity") => {
                "TLS: the server's certificate is that of an authority (CA:TRUE), which no server may use: issue \
                 another one for the server"
            }
            text => return format!("TLS: the server's certificate cannot be used ({text})").into(),
        },
    };
    text.into()
}
