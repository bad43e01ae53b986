//! The keys that verify client assertions: an X.509 certificate, or a bare public key, as a client registered it.
//!
//! A registered certificate is a container for a key and the time until which it counts. Who signed it does not
//! matter: an administrator registered it, and that is what it is trusted for. So of its DER (X.690) only the way
//! to these two is read, and the key itself is checked by `ring`.

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::der::{BIT_STRING, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE, UTC_TIME, VERSION};

/// Smallest RSA modulus, in bits (RFC 7518, section 3.3).
const MIN_MODULUS_BITS: usize = 2_048;
/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017, appendix A.1), as a DER element.
const RSA_ENCRYPTION: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Why a certificate cannot be registered, or no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// No certificate and no public key in PEM (RFC 7468).
    #[error("there is no PEM certificate and no PEM public key")]
    Pem,
    /// DER that is neither a certificate nor a public key.
    #[error("the certificate or public key is malformed")]
    Malformed,
    /// A key of another algorithm.
    #[error("the key is not an RSA key")]
    NotRsa,
    /// An RSA key that is too short.
    #[error("the RSA key is shorter than {MIN_MODULUS_BITS} bits")]
    KeyTooShort,
    /// The certificate's time is over.
    #[error("the certificate has expired")]
    Expired,
}

/// A public key that verifies RS256 signatures, and until when it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// `RSAPublicKey` (RFC 8017, appendix A.1.1), in DER.
    rsa: Vec<u8>,
    expires_at: Option<OffsetDateTime>,
}

/// The DER of the first certificate in `pem`, or else of the first public key, that can verify client
/// assertions at `now`: what a credential keeps.
///
/// # Errors
/// [`CertificateFault`].
pub fn certificate_from_pem(pem: &[u8], now: OffsetDateTime) -> Result<Vec<u8>, CertificateFault> {
    let certificate = CertificateDer::from_pem_slice(pem).map(|der| der.to_vec());
    let der = certificate
        .or_else(|_| SubjectPublicKeyInfoDer::from_pem_slice(pem).map(|der| der.to_vec()))
        .map_err(|_| CertificateFault::Pem)?;
    if ClientKey::from_der(&der)?.has_expired(now) {
        return Err(CertificateFault::Expired);
    }
    Ok(der)
}

impl ClientKey {
    /// The key in the DER of a certificate (RFC 5280, section 4.1) or of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`CertificateFault`], but for [`CertificateFault::Expired`].
    pub(super) fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        let (key_info, expires_at) = match of_certificate(der) {
            Some((key_info, not_after)) => (key_info, Some(not_after)),
            None => (Reader::whole(der, SEQUENCE).ok_or(CertificateFault::Malformed)?, None),
        };
        let rsa = rsa_key(key_info)?;
        if modulus_bits(rsa).ok_or(CertificateFault::Malformed)? < MIN_MODULUS_BITS {
            return Err(CertificateFault::KeyTooShort);
        }
        Ok(Self { rsa: rsa.to_vec(), expires_at })
    }

    /// Whether the certificate's time is over; a bare key has no time.
    pub(super) fn has_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|end| now > end)
    }

    /// Whether `signature` is this key's over `message`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.rsa).verify(message, signature).is_ok()
    }
}

/// Content of the `SubjectPublicKeyInfo` of a certificate, and its `notAfter`.
fn of_certificate(der: &[u8]) -> Option<(&[u8], OffsetDateTime)> {
    let signed = Reader::whole(der, SEQUENCE).and_then(|content| Reader(content).take(SEQUENCE));
    let mut fields = Reader(signed?);
    if fields.is_next(VERSION) {
        fields.take(VERSION)?;
    }
    fields.take(INTEGER)?; // serial number
    fields.take(SEQUENCE)?; // signature algorithm
    fields.take(SEQUENCE)?; // issuer
    let mut validity = Reader(fields.take(SEQUENCE)?);
    fields.take(SEQUENCE)?; // subject
    point_in_time(&mut validity)?;
    Some((fields.take(SEQUENCE)?, point_in_time(&mut validity)?))
}

/// RFC 5280, section 4.1.2.5: a year of two digits is 1950 to 2049.
fn point_in_time(validity: &mut Reader<'_>) -> Option<OffsetDateTime> {
    let text = |digits| std::str::from_utf8(digits).ok();
    let written = if validity.is_next(UTC_TIME) {
        let short = text(validity.take(UTC_TIME)?)?;
        let century = if short < "50" { "20" } else { "19" };
        format!("{century}{short}")
    } else {
        text(validity.take(GENERALIZED_TIME)?)?.to_owned()
    };
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    let at = PrimitiveDateTime::parse(&written, format).ok()?;
    Some(at.assume_utc())
}

/// The `RSAPublicKey` in the content of a `SubjectPublicKeyInfo`.
fn rsa_key(key_info: &[u8]) -> Result<&[u8], CertificateFault> {
    let mut fields = Reader(key_info);
    let algorithm = fields.take(SEQUENCE).ok_or(CertificateFault::Malformed)?;
    if !algorithm.starts_with(&RSA_ENCRYPTION) {
        return Err(CertificateFault::NotRsa);
    }
    let bits = fields.take(BIT_STRING).ok_or(CertificateFault::Malformed)?;
    // The first byte counts the unused bits at the end.
    bits.strip_prefix(&[0]).ok_or(CertificateFault::Malformed)
}

fn modulus_bits(rsa: &[u8]) -> Option<usize> {
    let mut numbers = Reader(Reader::whole(rsa, SEQUENCE)?);
    let modulus = numbers.take(INTEGER)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let significant = modulus.get(first..)?;
    let unused = significant.first()?.leading_zeros() as usize;
    Some(significant.len() * 8 - unused)
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
    fn a_certificate_and_its_bare_public_key_are_one_key() {
        let certificate = ClientKey::from_der(&certificate_from_pem(CERTIFICATE, NOW).unwrap()).unwrap();
        let bare = ClientKey::from_der(&certificate_from_pem(PUBLIC_KEY, NOW).unwrap()).unwrap();
        assert_eq!(certificate.rsa, bare.rsa);
        assert_eq!((bare.expires_at, bare.has_expired(NOW)), (None, false));
        let end = certificate.expires_at.unwrap();
        assert!(!certificate.has_expired(end));
        assert!(certificate.has_expired(end + time::Duration::SECOND));
    }

    #[test]
    fn what_cannot_verify_rs256_is_refused_when_it_is_registered() {
        let refused = |pem, at| certificate_from_pem(pem, at).unwrap_err();
        assert_eq!(refused(SHORT, NOW), CertificateFault::KeyTooShort);
        assert_eq!(refused(ELLIPTIC, NOW), CertificateFault::NotRsa);
        assert_eq!(refused(PRIVATE_KEY, NOW), CertificateFault::Pem);
        assert_eq!(refused(b"", NOW), CertificateFault::Pem);
        let late = datetime!(9999-01-01 00:00 UTC);
        assert_eq!(refused(CERTIFICATE, late), CertificateFault::Expired);
    }

    #[test]
    fn years_of_two_digits_are_of_1950_to_2049() {
        let read = |tag: u8, text: &str| {
            let element = [&[tag, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            point_in_time(&mut Reader(&element))
        };
        assert_eq!(read(UTC_TIME, "491231235959Z"), Some(datetime!(2049-12-31 23:59:59 UTC)));
        assert_eq!(read(UTC_TIME, "500101000000Z"), Some(datetime!(1950-01-01 00:00 UTC)));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z"), Some(datetime!(2050-01-01 00:00 UTC)));
        assert_eq!(read(UTC_TIME, "500101"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(der in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ClientKey::from_der(&der);
        }

        #[test]
        fn no_altered_certificate_makes_it_panic(place: usize, value: u8, length: usize) {
            let mut der = certificate_from_pem(CERTIFICATE, NOW).unwrap();
            let place = place % der.len();
            der[place] = value;
            der.truncate(length % (der.len() + 1));
            let _ = ClientKey::from_der(&der);
        }
    }
}
