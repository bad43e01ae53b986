//! What a filter lets an index answer.

use super::{Filter, Name, Operand, Operator};

/// A condition that every resource found by a filter satisfies, and that an index can answer. The filter still
/// decides: an index may find more than satisfy it, but must not miss any. So one on a value whose case does not
/// matter must fold case at least as [`fold`](crate::core::case::fold) does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexCondition<'a> {
    /// The id is this, exactly.
    Id(&'a str),
    /// The `userName` that is told is this, in any case.
    UserName(&'a str),
    /// The client's own id is this, exactly.
    ExternalId(&'a str),
    /// One of all e-mail addresses is this, in any case.
    Email(&'a str),
    /// The name for display is this, in any case: by it groups are looked up.
    DisplayName(&'a str),
    /// The user is a member of the group.
    Member(&'a str),
}

impl Filter {
    /// The conditions that every resource found satisfies. None: an index is of no help.
    #[must_use]
    pub fn index_conditions(&self) -> Vec<IndexCondition<'_>> {
        let mut conditions = Vec::new();
        collect(self, &mut conditions);
        conditions
    }
}

fn collect<'a>(filter: &'a Filter, conditions: &mut Vec<IndexCondition<'a>>) {
    match filter {
        Filter::And(filters) => filters.iter().for_each(|filter| collect(filter, conditions)),
        Filter::Elements(_, inner) => collect(inner, conditions),
        Filter::Compare(Name::Known(path), Operator::Eq, Operand::Text(text)) if path.extension.is_none() => {
            conditions.extend(match (path.attribute.name, path.leaf().name) {
                ("id", _) => Some(IndexCondition::Id(text)),
                ("userName", _) => Some(IndexCondition::UserName(text)),
                ("externalId", _) => Some(IndexCondition::ExternalId(text)),
                ("displayName", _) => Some(IndexCondition::DisplayName(text)),
                ("emails", "value") => Some(IndexCondition::Email(text)),
                ("members", "value") => Some(IndexCondition::Member(text)),
                _ => None,
            });
        }
        Filter::Or(_) | Filter::Not(_) | Filter::Present(_) | Filter::Compare(..) => {}
    }
}
