//! Ids, each a type of its own so that one cannot stand in for another.
//!
//! None is checked when it is made: what is too long, empty or has a NUL in it is refused when a row is to be written
//! with it (a user's id by [`User::keys`](super::user::User::keys)), so that any such id finds nothing.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares ids that are text. In JSON each is that text.
macro_rules! text_ids {
    ($($(#[$of_type:meta])* $name:ident($(#[$of_text:meta])*);)*) => {
        $(
            $(#[$of_type])*
            #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name($(#[$of_text])* String);

            impl $name {
                /// The id with this text, which is not checked here.
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
    /// A user's id within its tenant: text as the vendors see it, at most 512 bytes, never empty.
    #[derive(JsonSchema)]
    UserId(#[schemars(length(min = 1, max = 512))]);

    /// A tenant's name in commands and metrics: 1 to 63 lower-case letters, digits and dashes. Checked when a tenant is
    /// made, so that any other text names none.
    Slug();

    /// AvePoint's `customerId`. Unique among all customers.
    CustomerPublicId();

    /// AvePoint's `tenantId`. Unique among the tenants of a customer.
    TenantPublicId();

    /// Id of a tenant's GenAuth user pool. Unique among all tenants.
    UserPoolId();

    /// What a caller names its credential by: GenAuth's `accessKeyId`, AvePoint's `client_id`. Unique within a face.
    CredentialPublicId();
}
