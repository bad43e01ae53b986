//! A customer as Elements shows it (contract, section 5).

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::Customer;

/// A customer that the caller may touch.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::api::avepoint) struct ElementsCustomer {
    /// `customerId` of the other calls.
    id: String,
    /// Name of the customer.
    organization: String,
    /// Its tenants.
    tenants: Vec<ElementsTenant>,
}

/// A tenant of a customer.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::api::avepoint) struct ElementsTenant {
    /// `tenantId` of the other calls.
    id: String,
    /// Name of the tenant.
    name: String,
}

impl From<Customer> for ElementsCustomer {
    fn from(customer: Customer) -> Self {
        let tenants = customer.tenants.into_iter();
        Self {
            id: customer.id,
            organization: customer.name,
            tenants: tenants.map(|(id, name)| ElementsTenant { id, name }).collect(),
        }
    }
}
