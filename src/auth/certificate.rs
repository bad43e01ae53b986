//! The keys that verify client assertions: a registered X.509 certificate or bare public key.
//!
//! A certificate only serves as a container for a key and its expiry. Its chain is not checked: it is trusted because
//! an administrator registered it.

use pkcs1::{ALGORITHM_OID as RSA_ENCRYPTION, RsaPublicKeyRef};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use time::OffsetDateTime;
use x509_cert::der::Decode as _;
use x509_cert::time::Time;
use x509_cert::{Certificate, SubjectPublicKeyInfo};

/// Minimum RSA modulus, in bits (RFC 7518, section 3.3).
const MIN_MODULUS_BITS: usize = 2_048;

/// Why a certificate cannot be registered or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Neither a certificate nor a public key in PEM (RFC 7468).
    #[error("the file contains neither a PEM certificate nor a PEM public key")]
    Pem,
    /// DER that is neither a certificate nor a public key.
    #[error("the certificate or public key is malformed")]
    Malformed,
    /// Not an RSA key.
    #[error("the key is not an RSA key")]
    NotRsa,
    /// An RSA key that is too short.
    #[error("the RSA key is shorter than {MIN_MODULUS_BITS} bits")]
    KeyTooShort,
    /// The certificate has expired.
    #[error("the certificate has expired")]
    Expired,
}

/// A public key for RS256 signatures, and its expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// `RSAPublicKey` (RFC 8017, appendix A.1.1), in DER.
    rsa: Vec<u8>,
    expires_at: Option<OffsetDateTime>,
}

/// The DER of the first certificate in `pem`, or of the first public key, after checking that it can verify client
/// assertions at `now`.
///
/// # Errors
/// Any [`CertificateError`].
pub fn certificate_from_pem(pem: &[u8], now: OffsetDateTime) -> Result<Vec<u8>, CertificateError> {
    let certificate = CertificateDer::from_pem_slice(pem).map(|der| der.to_vec());
    let der = certificate
        .or_else(|_| SubjectPublicKeyInfoDer::from_pem_slice(pem).map(|der| der.to_vec()))
        .map_err(|_| CertificateError::Pem)?;
    if ClientKey::from_der(&der)?.has_expired(now) {
        return Err(CertificateError::Expired);
    }
    Ok(der)
}

/// How an assertion is signed with an RSA key (RFC 7518, sections 3.3 and 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Ps256];

    /// Its name in a JSON Web Token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    const fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
        }
    }
}

impl ClientKey {
    /// The key in the DER of a certificate (RFC 5280, section 4.1) or of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// Any [`CertificateError`] but [`CertificateError::Expired`].
    pub(super) fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if let Ok(certificate) = Certificate::from_der(der) {
            let certificate = certificate.tbs_certificate();
            let expires_at = point_in_time(certificate.validity().not_after)?;
            let rsa = rsa_key(certificate.subject_public_key_info())?;
            return Ok(Self { rsa, expires_at: Some(expires_at) });
        }
        let key_info = SubjectPublicKeyInfo::from_der(der).map_err(|_| CertificateError::Malformed)?;
        Ok(Self { rsa: rsa_key(&key_info)?, expires_at: None })
    }

    /// Whether the certificate has expired; a bare key never does.
    pub(super) fn has_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|end| now > end)
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn verifies(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(algorithm.parameters(), &self.rsa).verify(message, signature).is_ok()
    }
}

fn point_in_time(time: Time) -> Result<OffsetDateTime, CertificateError> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs());
    let at = seconds.ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    at.ok_or(CertificateError::Malformed)
}

/// The DER of the `RSAPublicKey` in `key_info`, if it is long enough.
fn rsa_key(key_info: &SubjectPublicKeyInfo) -> Result<Vec<u8>, CertificateError> {
    if key_info.algorithm.oid != RSA_ENCRYPTION {
        return Err(CertificateError::NotRsa);
    }
    let der = key_info.subject_public_key.as_bytes().ok_or(CertificateError::Malformed)?;
    let key = RsaPublicKeyRef::from_der(der).map_err(|_| CertificateError::Malformed)?;
    if significant_bits(key.modulus.as_bytes()) < MIN_MODULUS_BITS {
        return Err(CertificateError::KeyTooShort);
    }
    Ok(der.to_vec())
}

/// Bit length of a number without leading zero bytes.
fn significant_bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros() as usize);
    number.len() * 8 - unused
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    const CERTIFICATE: &[u8] = include_bytes!("../../tests/fixtures/test-only-client.cert.pem");
    const PUBLIC_KEY: &[u8] = include_bytes!("../../tests/fixtures/test-only-client.pub.pem");
    const SHORT: &[u8] = include_bytes!("../../tests/fixtures/test-only-rsa1024.pub.pem");
    const ELLIPTIC: &[u8] = include_bytes!("../../tests/fixtures/test-only-p256.pub.pem");
    const PRIVATE_KEY: &[u8] = include_bytes!("../../tests/fixtures/test-only-client.key.pem");
    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00 UTC);

    #[test]
    fn certificate_and_public_key_are_equivalent() {
        let certificate = ClientKey::from_der(&certificate_from_pem(CERTIFICATE, NOW).unwrap()).unwrap();
        let bare = ClientKey::from_der(&certificate_from_pem(PUBLIC_KEY, NOW).unwrap()).unwrap();
        assert_eq!(certificate.rsa, bare.rsa);
        assert_eq!((bare.expires_at, bare.has_expired(NOW)), (None, false));
        let end = datetime!(2126-10-28 04:16:21 UTC);
        assert_eq!(certificate.expires_at, Some(end));
        assert!(!certificate.has_expired(end));
        assert!(certificate.has_expired(end + time::Duration::SECOND));
    }

    #[test]
    fn unusable_keys_are_refused_at_registration() {
        let refused = |pem, at| certificate_from_pem(pem, at).unwrap_err();
        assert_eq!(refused(SHORT, NOW), CertificateError::KeyTooShort);
        assert_eq!(refused(ELLIPTIC, NOW), CertificateError::NotRsa);
        assert_eq!(refused(PRIVATE_KEY, NOW), CertificateError::Pem);
        assert_eq!(refused(b"", NOW), CertificateError::Pem);
        let late = datetime!(9999-01-01 00:00 UTC);
        assert_eq!(refused(CERTIFICATE, late), CertificateError::Expired);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(der in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ClientKey::from_der(&der);
        }

        #[test]
        fn parsing_an_altered_certificate_never_panics(place: usize, value: u8, length: usize) {
            let mut der = certificate_from_pem(CERTIFICATE, NOW).unwrap();
            let place = place % der.len();
            der[place] = value;
            der.truncate(length % (der.len() + 1));
            let _ = ClientKey::from_der(&der);
        }
    }
}
