//! `sortBy` and `sortOrder` (RFC 7644, section 3.4.2.3).

use std::cmp::Ordering;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::elements::is_primary;
use super::error::ScimError;
use super::path::{AttributePath, Path};
use super::resource::Resource;
use super::schema::{DataType, ResourceType};
use crate::core::case::fold;
use crate::wire::read::FieldError;

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub path: AttributePath,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What a resource is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// A boolean: false is less than true.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A time.
    Time(OffsetDateTime),
    /// Text; folded if its case does not matter.
    Text(String),
}

impl Sort {
    /// Sorting by the attribute `by`, in this order: ascending if there is none.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] for an attribute without an order, and an unknown order.
    pub fn new(by: &str, order: Option<&str>, of: &ResourceType) -> Result<Self, ScimError> {
        let invalid = |name, reason| Err(ScimError::InvalidValue(FieldError::new(name, reason)));
        let path = match Path::resolve(by.trim(), of) {
            Some(Path::Attribute(path)) if path.leaf().data_type != DataType::Complex => path,
            _ => return invalid("sortBy", "names no attribute with an order"),
        };
        match order.unwrap_or("ascending").to_ascii_lowercase().as_str() {
            "ascending" => Ok(Self { path, descending: false }),
            "descending" => Ok(Self { path, descending: true }),
            _ => invalid("sortOrder", "must be ascending or descending"),
        }
    }

    /// What the resource is sorted by: of a list the primary element, otherwise the first.
    #[must_use]
    pub fn key(&self, resource: &Resource) -> Option<SortKey> {
        let AttributePath { extension, attribute, sub } = self.path;
        let members = match extension {
            Some(extension) => resource.get(&[extension.id])?.as_object()?,
            None => resource.members(),
        };
        let one = match members.get(attribute.name)? {
            Value::Array(elements) => {
                elements.iter().find(|element| is_primary(element)).or(elements.first())?
            }
            one => one,
        };
        let value = match sub.or_else(|| attribute.value()) {
            Some(sub) => one.get(sub.name)?,
            None => one,
        };
        self.key_of(value)
    }

    fn key_of(&self, value: &Value) -> Option<SortKey> {
        let leaf = self.path.leaf();
        match value {
            Value::Bool(truth) => Some(SortKey::Bool(*truth)),
            Value::Number(number) => number.as_i64().map(SortKey::Number),
            Value::String(text) if leaf.data_type == DataType::DateTime => {
                OffsetDateTime::parse(text, &Rfc3339).ok().map(SortKey::Time)
            }
            Value::String(text) if leaf.case_exact => Some(SortKey::Text(text.clone())),
            Value::String(text) => Some(SortKey::Text(fold(text))),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Which of two resources, each with what it is sorted by and its id, comes first: one without a value last when
    /// ascending, first when descending; of equal ones that with the lesser id, so that the order is total.
    #[must_use]
    pub fn compare(&self, a: (Option<&SortKey>, &str), b: (Option<&SortKey>, &str)) -> Ordering {
        let ordering = (a.0.is_none(), a.0).cmp(&(b.0.is_none(), b.0));
        let ordering = if self.descending { ordering.reverse() } else { ordering };
        ordering.then_with(|| a.1.cmp(b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{USERS, urn};
    use super::*;
    use serde_json::json;

    fn sorted(by: &str, order: &str) -> String {
        let mut resources: Vec<_> = [
            json!({ "id": "3", "userName": "Bea", "active": true,
                "emails": [{ "value": "z" }, { "value": "a", "primary": true }] }),
            json!({ "id": "1", "userName": "al", "active": false, "emails": [{ "value": "B" }] }),
            json!({ "id": "2", "userName": "cy", "active": true, "meta": { "created": "2026-01-01T00:00:00Z" },
                urn::OWN: { "logins": { "count": 9 } } }),
            json!({ "id": "4", "userName": "AL", "externalId": "x",
                "meta": { "created": "2026-01-01T00:30:00+01:00" },
                urn::OWN: { "logins": { "count": 10 } } }),
        ]
        .into_iter()
        .map(|value| Resource::from_members(value.as_object().unwrap().clone()))
        .collect();
        let sort = Sort::new(by, Some(order), &USERS).unwrap();
        let rank = |resource: &Resource| (sort.key(resource), resource.text(&["id"]).unwrap().to_owned());
        resources.sort_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            sort.compare((a.0.as_ref(), &a.1), (b.0.as_ref(), &b.1))
        });
        resources.iter().filter_map(|resource| resource.text(&["id"])).collect()
    }

    #[test]
    fn resources_are_in_order_and_those_without_a_value_at_the_end() {
        for (by, ascending, descending) in [
            ("USERNAME", "1432", "2314"),
            ("emails", "3124", "2413"),
            ("emails.value", "3124", "2413"),
            ("active", "1234", "4231"),
            ("externalId", "4123", "1234"),
            ("meta.created", "4213", "1324"),
            ("urn:ietf:params:scim:schemas:extension:userbatch:2.0:User:logins.count", "2413", "1342"),
        ] {
            assert_eq!(sorted(by, "ascending"), ascending, "{by}");
            assert_eq!(sorted(by, "Descending"), descending, "{by}");
        }
    }

    #[test]
    fn what_has_no_order_is_refused() {
        for by in ["shoeSize", "name", "addresses", urn::ENTERPRISE] {
            let error = Sort::new(by, None, &USERS).unwrap_err();
            assert_eq!(error.to_string(), "sortBy names no attribute with an order.");
        }
        let error = Sort::new("id", Some("up"), &USERS).unwrap_err();
        assert_eq!(error.to_string(), "sortOrder must be ascending or descending.");
    }
}
