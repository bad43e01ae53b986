//! What Postgres keeps of a password (RFC 5803), made here, so that the password itself never reaches the server:
//! neither its statements nor its log can show it.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac, pbkdf2};

/// Postgres' own number of rounds.
const ITERATIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(4_095);
const SALT_BYTES: usize = 16;

/// The SCRAM-SHA-256 verifier of `password`, which is taken as it is: one of ASCII characters alone needs no
/// normalisation. `None` if the machine has no source of randomness.
pub(super) fn verifier(password: &str) -> Option<String> {
    let mut salt = [0; SALT_BYTES];
    SystemRandom::new().fill(&mut salt).ok()?;
    Some(verifier_with(password, &salt))
}

fn verifier_with(password: &str, salt: &[u8]) -> String {
    let mut salted = [0; digest::SHA256_OUTPUT_LEN];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, salt, password.as_bytes(), &mut salted);
    let salted = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let client_key = hmac::sign(&salted, b"Client Key");
    let stored_key = STANDARD.encode(digest::digest(&digest::SHA256, client_key.as_ref()));
    let server_key = STANDARD.encode(hmac::sign(&salted, b"Server Key"));
    format!("SCRAM-SHA-256${ITERATIONS}:{}${stored_key}:{server_key}", STANDARD.encode(salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user `user` with the password `pencil` of RFC 7677, section 3; its keys are what its proofs verify with.
    #[test]
    fn the_verifier_is_that_of_rfc_7677() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = verifier_with("pencil", &salt);
        assert_eq!(
            verifier,
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        );
    }

    #[test]
    fn the_same_password_is_salted_anew() {
        assert_ne!(verifier("pencil"), verifier("pencil"));
    }
}
