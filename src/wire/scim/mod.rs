//! SCIM 2.0: users and groups for a service provider, as Microsoft Entra and Okta drive it.

pub mod schema;

