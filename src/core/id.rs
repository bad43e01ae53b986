//! Ids, each of its own type so that they cannot be mixed up.
//!
//! Constructors do not validate: an id that is empty, too long or contains a NUL is rejected when a row is written
//! with it (a user's id by [`User::keys`](super::user::User::keys)), so looking it up finds nothing.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares text ids. Their JSON is the text.
macro_rules! text_ids {
    ($($(#[$of_type:meta])* $name:ident($(#[$of_text:meta])*);)*) => {
        $(
            $(#[$of_type])*
            #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name($(#[$of_text])* String);

            impl $name {
                /// The id with this text, not validated.
                #[must_use]
                pub fn new(id: impl Into<String>) -> Self {
                    Self(id.into())
                }

                /// The id as text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }

            impl From<String> for $name {
                fn from(id: String) -> Self {
                    Self(id)
                }
            }

            impl From<$name> for String {
                fn from(id: $name) -> Self {
                    id.0
                }
            }
        )*
    };
}

text_ids! {
    /// A user's id within its tenant: 1 to 512 bytes of text, as shown to the vendors' clients.
    #[derive(JsonSchema)]
    UserId(#[schemars(length(min = 1, max = 512))]);

    /// A tenant's name in commands and metrics: 1 to 63 lower-case letters, digits and dashes. Validated when a tenant
    /// is created, so any other text matches none.
    Slug();

    /// AvePoint's `customerId`. Unique among all customers.
    CustomerPublicId();

    /// AvePoint's `tenantId`. Unique among the tenants of a customer.
    TenantPublicId();

    /// Id of a tenant's GenAuth user pool. Unique among all tenants.
    UserPoolId();

    /// The public id of a credential: GenAuth's `accessKeyId`, AvePoint's `client_id`. Unique within a face.
    CredentialPublicId();
}
