//! What a filter comes to for resources of one type, before any of them is read.

use serde_json::json;

use super::{Filter, Name, Operand, Operator};
use crate::wire::scim::path::AttributePath;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::ResourceType;

/// Which resources of a type a filter finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Finds {
    /// All.
    All,
    /// None.
    None,
    /// Those that satisfy this.
    Those(Filter),
}

impl Filter {
    /// Which resources of the type it finds. What is the same for all of them is decided here: their type, and that they
    /// have no value of what only other types have.
    #[must_use]
    pub fn of_type(self, of: &ResourceType) -> Finds {
        match decide(self, of) {
            Ok(true) => Finds::All,
            Ok(false) => Finds::None,
            Err(filter) => Finds::Those(filter),
        }
    }
}

/// Whether the filter holds for all resources of the type, or for none; an error is what is left of it.
fn decide(filter: Filter, of: &ResourceType) -> Result<bool, Filter> {
    match filter {
        Filter::And(filters) => decide_all(filters, of, false, Filter::And),
        Filter::Or(filters) => decide_all(filters, of, true, Filter::Or),
        Filter::Not(inner) => match decide(*inner, of) {
            Ok(truth) => Ok(!truth),
            Err(inner) => Err(Filter::Not(Box::new(inner))),
        },
        Filter::Elements(ref list, _) if !of.has(list) => settle(filter, &Resource::default()),
        Filter::Present(Name::Absent(..)) | Filter::Compare(Name::Absent(..), ..) => {
            settle(filter, &Resource::default())
        }
        Filter::Present(Name::Known(ref path)) | Filter::Compare(Name::Known(ref path), ..)
            if is_type(path) || is_schema(path, &filter, of) =>
        {
            settle(filter, &example(of))
        }
        Filter::Present(_) | Filter::Compare(..) | Filter::Elements(..) => Err(filter),
    }
}

/// Decides what is of every resource as it is of this one, unless it is unknown.
fn settle(filter: Filter, resource: &Resource) -> Result<bool, Filter> {
    filter.truth(resource).ok_or(filter)
}

/// As [`decide`] for all of `filters`, of which one that is `decisive` decides.
fn decide_all(
    filters: Vec<Filter>,
    of: &ResourceType,
    decisive: bool,
    join: fn(Vec<Filter>) -> Filter,
) -> Result<bool, Filter> {
    let mut left = Vec::with_capacity(filters.len());
    for filter in filters {
        match decide(filter, of) {
            Ok(truth) if truth == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(filter) => left.push(filter),
        }
    }
    match left.pop() {
        None => Ok(!decisive),
        Some(only) if left.is_empty() => Err(only),
        Some(last) => {
            left.push(last);
            Err(join(left))
        }
    }
}

/// What all resources of the type have.
fn example(of: &ResourceType) -> Resource {
    let mut example = Resource::default();
    example.set(&["schemas"], Some(json!([of.core.id])));
    example.set(&["meta", "resourceType"], Some(of.name));
    example
}

fn is_type(path: &AttributePath) -> bool {
    path.attribute.name == "meta" && path.sub.is_some_and(|sub| sub.name == "resourceType")
}

/// Whether the filter asks for a schema that all resources of the type have, or none.
fn is_schema(path: &AttributePath, filter: &Filter, of: &ResourceType) -> bool {
    let Filter::Compare(_, Operator::Eq | Operator::Ne, Operand::Text(urn)) = filter else { return false };
    path.attribute.name == "schemas" && !of.extensions.iter().any(|known| known.id == urn)
}
