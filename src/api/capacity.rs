//! What the gateway has only so much of, and how much of it one tenant may use.

use crate::capacity::FairShares;
use crate::store::TenantId;

/// Bytes of request bodies being read or worked on.
const BODY_BYTES: usize = 32 << 20;
/// Of these, what one tenant may use.
const BODY_BYTES_OF_TENANT: usize = 12 << 20;
/// Bytes of responses that clients have not taken yet.
const ANSWER_BYTES: usize = 64 << 20;
/// Of these, what one tenant may use.
const ANSWER_BYTES_OF_TENANT: usize = 24 << 20;

/// The memory for requests and responses.
#[derive(Debug)]
pub struct Capacity {
    /// Request bodies, in bytes.
    pub bodies: FairShares<TenantId>,
    /// Responses, in bytes.
    pub answers: FairShares<TenantId>,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            bodies: FairShares::new(BODY_BYTES, BODY_BYTES_OF_TENANT),
            answers: FairShares::new(ANSWER_BYTES, ANSWER_BYTES_OF_TENANT),
        }
    }
}
