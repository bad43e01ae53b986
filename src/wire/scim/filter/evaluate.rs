//! Decides whether a resource satisfies a filter.

use std::cmp::Ordering;

use serde_json::{Number, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Filter, Name, Operand, Operator};
use crate::core::case::fold;
use crate::core::user::JsonObject;
use crate::wire::scim::path::AttributePath;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::{Attribute, DataType};

impl Filter {
    /// Whether the resource satisfies the filter.
    #[must_use]
    pub fn matches(&self, resource: &Resource) -> bool {
        self.truth(resource) == Some(true)
    }

    /// Whether the resource satisfies the filter; `None` if that is unknown.
    pub(super) fn truth(&self, resource: &Resource) -> Option<bool> {
        holds(self, Scope::Resource(resource))
    }

    /// Whether an element of the list before the brackets satisfies the filter within them.
    pub(in crate::wire::scim) fn matches_element(&self, element: &Value) -> bool {
        holds(self, Scope::Element(element)) == Some(true)
    }
}

/// What the names in a filter are looked up in.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a Resource),
    Element(&'a Value),
}

/// Whether `filter` holds; `None` if it is unknown, as for what nobody has.
fn holds(filter: &Filter, scope: Scope<'_>) -> Option<bool> {
    match filter {
        Filter::And(filters) => decided(filters, scope, false),
        Filter::Or(filters) => decided(filters, scope, true),
        Filter::Not(inner) => holds(inner, scope).map(|truth| !truth),
        Filter::Present(Name::Known(path)) => Some(scope.values(path).any(is_present)),
        Filter::Compare(Name::Known(path), operator, operand) => {
            Some(compares(scope.values(path), path.leaf(), *operator, operand))
        }
        Filter::Present(Name::Absent(..)) => Some(false),
        Filter::Compare(Name::Absent(_, path), operator, operand) => {
            Some(compares(std::iter::empty(), path.leaf(), *operator, operand))
        }
        Filter::Present(Name::Unknown(_)) | Filter::Compare(Name::Unknown(_), ..) => None,
        Filter::Elements(list, inner) => {
            let Scope::Resource(resource) = scope else { return None };
            let elements = elements(resource.members(), list);
            one_of(inner, elements)
        }
    }
}

/// `decisive` if any filter holds so; its opposite if all do not; otherwise unknown.
fn decided(filters: &[Filter], scope: Scope<'_>, decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for filter in filters {
        match holds(filter, scope) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

/// Whether any element satisfies `filter`. A filter that is unknown of an empty element is unknown of an empty
/// list.
fn one_of<'a>(filter: &Filter, elements: impl Iterator<Item = &'a Value>) -> Option<bool> {
    let mut any = holds(filter, Scope::Element(&Value::Null)).map(|_| false);
    for element in elements {
        match holds(filter, Scope::Element(element)) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => any = None,
        }
    }
    any
}

impl<'a> Scope<'a> {
    /// The values at `path`: one, those of a list's elements, or none.
    fn values(self, path: &AttributePath) -> Box<dyn Iterator<Item = &'a Value> + 'a> {
        let leaf = path.sub.or_else(|| path.attribute.value()).map(|sub| sub.name);
        let below = move |value: &'a Value| leaf.map_or(Some(value), |leaf| value.get(leaf));
        match self {
            Self::Resource(resource) => Box::new(elements(resource.members(), path).filter_map(below)),
            Self::Element(element) => Box::new(below(element).into_iter().flat_map(flat)),
        }
    }
}

/// The elements of the list at `path`, or the one value there.
pub(super) fn elements<'a>(
    members: &'a JsonObject,
    path: &AttributePath,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    let members = match path.extension {
        Some(extension) => members.get(extension.id).and_then(Value::as_object),
        None => Some(members),
    };
    let value = members.and_then(|members| members.get(path.attribute.name));
    value.into_iter().flat_map(flat)
}

fn flat(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(values) => values.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares<'a>(
    mut values: impl Iterator<Item = &'a Value>,
    attribute: &Attribute,
    operator: Operator,
    operand: &Operand,
) -> bool {
    match (operator, operand) {
        (Operator::Eq, Operand::Null) => !values.any(is_present),
        (Operator::Ne, Operand::Null) => values.any(is_present),
        (Operator::Ne, operand) => !values.any(|value| compares_one(value, attribute, Operator::Eq, operand)),
        (operator, operand) => values.any(|value| compares_one(value, attribute, operator, operand)),
    }
}

fn compares_one(value: &Value, attribute: &Attribute, operator: Operator, operand: &Operand) -> bool {
    match (value, operand) {
        (Value::Bool(value), Operand::Bool(operand)) => operator == Operator::Eq && value == operand,
        (Value::Number(value), Operand::Number(operand)) => {
            by_value(value, operand).is_some_and(|ordering| satisfies(ordering, operator))
        }
        (Value::String(value), Operand::Text(operand)) => compares_text(value, attribute, operator, operand),
        _ => false,
    }
}

fn compares_text(value: &str, attribute: &Attribute, operator: Operator, operand: &str) -> bool {
    let is_part = matches!(operator, Operator::Co | Operator::Sw | Operator::Ew);
    if attribute.data_type == DataType::DateTime && !is_part {
        let time = |text| OffsetDateTime::parse(text, &Rfc3339).ok();
        return matches!((time(value), time(operand)), (Some(a), Some(b)) if satisfies(a.cmp(&b), operator));
    }
    if attribute.case_exact {
        return compares_exactly(value, operator, operand);
    }
    compares_exactly(&fold(value), operator, &fold(operand))
}

fn compares_exactly(value: &str, operator: Operator, operand: &str) -> bool {
    match operator {
        Operator::Co => value.contains(operand),
        Operator::Sw => value.starts_with(operand),
        Operator::Ew => value.ends_with(operand),
        _ => satisfies(value.cmp(operand), operator),
    }
}

const fn satisfies(ordering: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Eq => ordering.is_eq(),
        Operator::Ne => ordering.is_ne(),
        Operator::Gt => ordering.is_gt(),
        Operator::Ge => ordering.is_ge(),
        Operator::Lt => ordering.is_lt(),
        Operator::Le => ordering.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

fn by_value(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}
