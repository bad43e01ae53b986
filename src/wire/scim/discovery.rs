//! The service's description of itself (RFC 7643, sections 5 to 7; RFC 9865, section 4).

use serde_json::{Value, json};

use super::list::PageLimits;
use super::schema::{GROUPS, ResourceType, Schema, USERS};

const CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What the service offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// URL under which the endpoints are, without a slash at its end.
    pub base: String,
    /// URL of the documentation.
    pub documentation: Option<String>,
    /// Limits of bulk requests; `None` if there are none.
    pub bulk: Option<BulkLimits>,
    /// Whether there are groups.
    pub groups: bool,
    /// Whether lists can be sorted.
    pub sort: bool,
    /// Sizes of the parts of lists.
    pub pages: PageLimits,
    /// How long a cursor is good for, in seconds; `None` if there are no cursors.
    pub cursor_timeout: Option<u64>,
}

/// Limits of bulk requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    /// Maximum number of operations.
    pub max_operations: usize,
    /// Maximum size of the body, in bytes.
    pub max_payload_size: usize,
}

impl Capabilities {
    /// The document at `/ServiceProviderConfig`.
    #[must_use]
    pub fn service_provider_config(&self) -> Value {
        let bulk = self.bulk.unwrap_or(BulkLimits { max_operations: 0, max_payload_size: 0 });
        let mut config = json!({
            "schemas": [CONFIG_URN],
            "patch": { "supported": true },
            "bulk": {
                "supported": self.bulk.is_some(),
                "maxOperations": bulk.max_operations,
                "maxPayloadSize": bulk.max_payload_size,
            },
            "filter": { "supported": true, "maxResults": self.pages.max },
            "changePassword": { "supported": false },
            "sort": { "supported": self.sort },
            "etag": { "supported": true },
            "pagination": self.pagination(),
            "authenticationSchemes": [{
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token in the Authorization header, after `Bearer`.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": true,
            }],
            "meta": self.meta("ServiceProviderConfig", "/ServiceProviderConfig"),
        });
        if let (Some(url), Some(members)) = (&self.documentation, config.as_object_mut()) {
            members.insert("documentationUri".to_owned(), url.as_str().into());
        }
        config
    }

    fn pagination(&self) -> Value {
        let mut pagination = json!({
            "cursor": self.cursor_timeout.is_some(),
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": self.pages.default,
            "maxPageSize": self.pages.max,
        });
        if let (Some(seconds), Some(members)) = (self.cursor_timeout, pagination.as_object_mut()) {
            members.insert("cursorTimeout".to_owned(), seconds.into());
        }
        pagination
    }

    /// The documents at `/ResourceTypes`.
    #[must_use]
    pub fn resource_types(&self) -> Vec<Value> {
        self.types().map(|known| self.resource_type_document(known)).collect()
    }

    /// The document at `/ResourceTypes/{name}`, in any case.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<Value> {
        let known = self.types().find(|known| known.name.eq_ignore_ascii_case(name))?;
        Some(self.resource_type_document(known))
    }

    /// The documents at `/Schemas`.
    #[must_use]
    pub fn schemas(&self) -> Vec<Value> {
        self.known_schemas().map(|schema| self.schema_document(schema)).collect()
    }

    /// The document at `/Schemas/{urn}`, in any case.
    #[must_use]
    pub fn schema(&self, urn: &str) -> Option<Value> {
        let schema = self.known_schemas().find(|schema| schema.id.eq_ignore_ascii_case(urn))?;
        Some(self.schema_document(schema))
    }

    fn types(&self) -> impl Iterator<Item = &'static ResourceType> {
        [&USERS].into_iter().chain(self.groups.then_some(&GROUPS))
    }

    fn known_schemas(&self) -> impl Iterator<Item = &'static Schema> {
        self.types().flat_map(|known| [known.core].into_iter().chain(known.extensions.iter().copied()))
    }

    fn resource_type_document(&self, known: &ResourceType) -> Value {
        let extension = |extension: &&Schema| json!({ "schema": extension.id, "required": false });
        json!({
            "schemas": [RESOURCE_TYPE_URN],
            "id": known.name,
            "name": known.name,
            "endpoint": known.endpoint,
            "description": known.description,
            "schema": known.core.id,
            "schemaExtensions": known.extensions.iter().map(extension).collect::<Vec<_>>(),
            "meta": self.meta("ResourceType", &format!("/ResourceTypes/{}", known.name)),
        })
    }

    fn schema_document(&self, schema: &Schema) -> Value {
        json!({
            "schemas": [SCHEMA_URN],
            "id": schema.id,
            "name": schema.name,
            "description": schema.description,
            "attributes": schema.attributes,
            "meta": self.meta("Schema", &format!("/Schemas/{}", schema.id)),
        })
    }

    fn meta(&self, of_type: &str, path: &str) -> Value {
        json!({ "resourceType": of_type, "location": format!("{}{path}", self.base) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::urn;
    use super::*;

    fn capabilities() -> Capabilities {
        Capabilities {
            base: "https://users.example/scim/v2".to_owned(),
            documentation: None,
            bulk: Some(BulkLimits { max_operations: 100, max_payload_size: 1_048_576 }),
            groups: true,
            sort: true,
            pages: PageLimits { default: 100, max: 1_000 },
            cursor_timeout: Some(3_600),
        }
    }

    #[test]
    fn the_configuration_tells_what_is_so() {
        let config = capabilities().service_provider_config();
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": { "supported": true },
            "bulk": { "supported": true, "maxOperations": 100, "maxPayloadSize": 1_048_576 },
            "filter": { "supported": true, "maxResults": 1_000 },
            "changePassword": { "supported": false },
            "sort": { "supported": true },
            "etag": { "supported": true },
            "pagination": {
                "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100,
                "maxPageSize": 1_000, "cursorTimeout": 3_600,
            },
            "authenticationSchemes": [{
                "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
                "description": "A token in the Authorization header, after `Bearer`.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
            }],
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": "https://users.example/scim/v2/ServiceProviderConfig",
            },
        });
        assert_eq!(config, expected);
        let less =
            Capabilities { bulk: None, cursor_timeout: None, ..capabilities() }.service_provider_config();
        assert_eq!(less["bulk"], json!({ "supported": false, "maxOperations": 0, "maxPayloadSize": 0 }));
        assert_eq!(
            (&less["pagination"]["cursor"], less["pagination"].get("cursorTimeout")),
            (&json!(false), None)
        );
    }

    #[test]
    fn types_of_resources_are_shown_with_their_extensions() {
        let extension = |urn| json!({ "schema": urn, "required": false });
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User",
            "endpoint": "/Users", "description": "A user of the directory", "schema": urn::USER,
            "schemaExtensions": [extension(urn::ENTERPRISE), extension(urn::OWN)],
            "meta": {
                "resourceType": "ResourceType", "location": "https://users.example/scim/v2/ResourceTypes/User",
            },
        });
        assert_eq!(capabilities().resource_types()[0], expected);
        assert_eq!(capabilities().resource_type("user").unwrap()["id"], "User");
        assert_eq!(capabilities().resource_type("Device"), None);
        let users = Capabilities { groups: false, ..capabilities() };
        assert_eq!((users.resource_types().len(), users.resource_type("Group")), (1, None));
        assert_eq!(users.schema(urn::GROUP), None);
    }

    #[test]
    fn schemas_are_shown_by_their_urns() {
        let ids: Vec<_> = capabilities().schemas().iter().map(|schema| schema["id"].clone()).collect();
        assert_eq!(ids, [urn::USER, urn::ENTERPRISE, urn::OWN, urn::GROUP]);
        let enterprise = capabilities().schema(&urn::ENTERPRISE.to_uppercase()).unwrap();
        let location = format!("https://users.example/scim/v2/Schemas/{}", urn::ENTERPRISE);
        assert_eq!(enterprise["meta"], json!({ "resourceType": "Schema", "location": location }));
        let manager = json!({
            "name": "manager", "type": "complex", "multiValued": false, "required": false, "caseExact": false,
            "description": "The user's manager, who may be unknown here.", "mutability": "readWrite",
            "returned": "default", "uniqueness": "none",
            "subAttributes": [
                {
                    "name": "value", "type": "string", "multiValued": false, "required": false, "caseExact": true,
                    "description": "The manager's id.", "mutability": "readWrite", "returned": "default",
                    "uniqueness": "none",
                },
                {
                    "name": "$ref", "type": "reference", "referenceTypes": ["User"], "multiValued": false,
                    "required": false, "caseExact": true, "description": "Where the manager is.",
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none",
                },
                {
                    "name": "displayName", "type": "string", "multiValued": false, "required": false,
                    "caseExact": false, "description": "The manager's name.", "mutability": "readWrite",
                    "returned": "default", "uniqueness": "none",
                },
            ],
        });
        assert_eq!(enterprise["attributes"][5], manager);
        assert_eq!(capabilities().schema("urn:x"), None);
    }

    fn assert_complete(attribute: &Value) {
        for member in ["name", "type", "description", "mutability", "returned", "uniqueness"] {
            assert!(attribute[member].is_string(), "{member} of {attribute}");
        }
        for member in ["multiValued", "required", "caseExact"] {
            assert!(attribute[member].is_boolean(), "{member} of {attribute}");
        }
        assert!(!attribute.as_object().unwrap().values().any(Value::is_null), "{attribute}");
        attribute["subAttributes"].as_array().into_iter().flatten().for_each(assert_complete);
    }

    #[test]
    fn every_attribute_is_described_in_full_and_none_is_a_password() {
        let schemas = capabilities().schemas();
        schemas.iter().flat_map(|schema| schema["attributes"].as_array().unwrap()).for_each(assert_complete);
        assert!(!json!(schemas).to_string().to_lowercase().contains("\"password\""));
    }
}
