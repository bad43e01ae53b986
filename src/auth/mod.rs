//! One credentials service for all faces: secrets are digested or sealed, tokens are issued and verified, and
//! whoever presents one becomes a [`Principal`], which is the only way to a tenant's directory.

mod administer;
mod assertion;
mod certificate;
mod keyring;
mod principal;
mod registration;
mod secret;
mod service;
mod token;
mod uses;

pub use administer::SecretMaker;
pub use assertion::AssertionFault;
pub use certificate::{CertificateError, certificate_from_pem};
pub use keyring::{KeyRing, KeyRingError, Sealed};
pub use principal::Principal;
pub use registration::Unspent;
pub use secret::{NoRandomness, Secret, digest};
pub use service::{Accepted, AuthError, Authenticated, Credentials, Signer};
pub use token::TokenFault;
pub use uses::CredentialUses;
