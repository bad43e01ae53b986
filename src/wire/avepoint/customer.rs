//! A customer (contract, section 5).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A customer that the caller may access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ElementsCustomer {
    /// The `customerId` used by other calls.
    pub id: String,
    /// Name of the customer.
    pub organization: String,
    /// Its tenants.
    pub tenants: Vec<ElementsTenant>,
}

/// A tenant of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ElementsTenant {
    /// The `tenantId` used by other calls.
    pub id: String,
    /// Name of the tenant.
    pub name: String,
}
