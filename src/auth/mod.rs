//! The credentials service of all faces: hashes or encrypts secrets, issues and verifies tokens, and authenticates
//! callers as a [`Principal`], without which no tenant's directory is accessible.

mod administer;
mod assertion;
mod attempts;
mod certificate;
mod erasure;
mod keyring;
mod principal;
mod registration;
mod secret;
mod service;
mod token;
mod uses;

pub use administer::SecretMaker;
pub use assertion::AssertionFault;
pub use attempts::{FailedAttempts, Source, Throttled};
pub use certificate::SignatureAlgorithm;
pub use certificate::{CertificateError, certificate_from_pem};
pub use keyring::{KeyRing, KeyRingError, Sealed};
pub use principal::Principal;
pub use registration::OneTimeAssertion;
pub use secret::{NoRandomness, Secret, SecretForm, digest};
pub use service::{Accepted, AuthError, Authenticated, Credentials, Signer};
pub use token::TokenFault;
pub use uses::CredentialUses;
