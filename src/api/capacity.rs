//! What the gateway has only so much of, and how much of it one tenant may use.

use std::thread::available_parallelism;

use crate::auth::Principal;
use crate::capacity::FairShares;
use crate::store::{CredentialId, TenantId};

/// Bytes of request bodies being read or worked on.
const BODY_BYTES: usize = 32 << 20;
/// Of these, what one sender may use.
const BODY_BYTES_OF_SENDER: usize = 12 << 20;
/// Bytes of responses that clients have not taken yet.
const ANSWER_BYTES: usize = 64 << 20;
/// Of these, what one tenant may use.
const ANSWER_BYTES_OF_TENANT: usize = 24 << 20;

/// Whose request a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A tenant, whichever of its credentials is used.
    Tenant(TenantId),
    /// A credential whose request is to no single tenant.
    Credential(CredentialId),
}

impl From<TenantId> for Sender {
    fn from(tenant: TenantId) -> Self {
        Self::Tenant(tenant)
    }
}

impl From<&Principal> for Sender {
    fn from(caller: &Principal) -> Self {
        caller.tenant.as_ref().map_or(Self::Credential(caller.credential), |tenant| tenant.id.into())
    }
}

/// The memory for requests and responses.
#[derive(Debug)]
pub struct Capacity {
    /// Request bodies, in bytes.
    pub bodies: FairShares<Sender>,
    /// Large request bodies being parsed, one of each sender.
    pub parsers: FairShares<Sender>,
    /// Responses, in bytes.
    pub answers: FairShares<TenantId>,
}

impl Default for Capacity {
    fn default() -> Self {
        // The other half of the processors goes on with what takes less long.
        let parsers = available_parallelism().map_or(1, |processors| processors.get() / 2);
        Self {
            bodies: FairShares::new(BODY_BYTES, BODY_BYTES_OF_SENDER),
            parsers: FairShares::new(parsers, 1),
            answers: FairShares::new(ANSWER_BYTES, ANSWER_BYTES_OF_TENANT),
        }
    }
}
