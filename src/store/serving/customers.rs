//! The customers that an AvePoint credential may access.

use sqlx::FromRow;

use super::ServingStore;
use crate::core::id::{CustomerPublicId, TenantPublicId};
use crate::pager::offset::PageWindow;
use crate::store::error::{StoreError, contains_nul};
use crate::store::id::CredentialId;

/// A customer, as seen by its partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// `customerId` in AvePoint paths.
    pub id: CustomerPublicId,
    /// Display name.
    pub name: String,
    /// Public id and name of each of its tenants that are not suspended, sorted by id.
    pub tenants: Vec<(TenantPublicId, String)>,
}

/// One numbered page of customers, and the count of all matches, from one snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerPage {
    /// The customers of the page, sorted by id.
    pub customers: Vec<Customer>,
    /// Number of matching customers over all pages.
    pub total: i64,
}

/// Either the total, in the first row, or a customer of the page.
#[derive(FromRow)]
struct CustomerRow {
    total: Option<i64>,
    public_id: Option<String>,
    name: Option<String>,
    tenant_ids: Option<Vec<String>>,
    tenant_names: Option<Vec<String>>,
}

impl CustomerRow {
    fn into_customer(self) -> Option<Customer> {
        let ids = self.tenant_ids?.into_iter().map(TenantPublicId::from);
        let tenants = ids.zip(self.tenant_names?).collect();
        Some(Customer { id: self.public_id?.into(), name: self.name?, tenants })
    }
}

impl ServingStore {
    /// Whether a tenant that `credential` may access lists `origin` among those whose pages may read answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn may_be_read_by(&self, credential: CredentialId, origin: &str) -> Result<bool, StoreError> {
        if contains_nul(origin) {
            return Ok(false);
        }
        let query = || sqlx::query_as("SELECT may_be_read_by($1, $2)").bind(credential).bind(origin);
        let rows: Vec<(bool,)> = self.pool.read("may_be_read_by", query).await?;
        Ok(rows.contains(&(true,)))
    }

    /// One page of the customers that `credential` may access, of all or of those with the public ids `wanted`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn customers_of(
        &self,
        credential: CredentialId,
        wanted: Option<&[CustomerPublicId]>,
        page: PageWindow,
    ) -> Result<CustomerPage, StoreError> {
        let wanted = wanted.map(|ids| {
            ids.iter().map(CustomerPublicId::as_str).filter(|id| !contains_nul(id)).collect::<Vec<_>>()
        });
        let wanted = wanted.as_deref();
        let query = || {
            sqlx::query_as("SELECT * FROM customer_window($1, $2, $3, $4)")
                .bind(credential)
                .bind(wanted)
                .bind(page.offset())
                .bind(i32::try_from(page.size()).unwrap_or(i32::MAX))
        };
        let rows: Vec<CustomerRow> = self.pool.read("customer_window", query).await?;
        Ok(CustomerPage {
            total: rows.iter().find_map(|row| row.total).unwrap_or(0),
            customers: rows.into_iter().filter_map(CustomerRow::into_customer).collect(),
        })
    }
}
