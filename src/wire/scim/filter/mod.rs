//! Filters (RFC 7644, section 3.4.2.2): what a client asks of resources.
//!
//! A filter is parsed against a type of resource, so that each name in it is an attribute of the table, or one
//! that nobody has. A condition on the latter is neither true nor false, nor is its opposite: such a filter never
//! finds everybody.

mod decide;
mod evaluate;
mod index;
mod lexer;
mod parser;
mod print;
#[cfg(test)]
mod tests;

pub use decide::Finds;
pub use index::IndexKey;
pub(super) use lexer::{Lexer, Token};
pub(super) use parser::{parse_elements, path_word};

use super::path::AttributePath;

/// Maximum length of a filter, in bytes.
pub const MAX_FILTER_BYTES: usize = 4_096;

/// Maximum depth of brackets.
pub const MAX_DEPTH: usize = 16;

/// Why a filter is not valid, and where. Does not quote it: it may contain personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at character {position} {reason}")]
pub struct FilterFault {
    /// Number of the character, from 1.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these; at least two.
    And(Vec<Self>),
    /// Any of these; at least two.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// The attribute has a value that is not empty.
    Present(Name),
    /// The attribute's value compares so. Of a list, that of any element.
    Compare(Name, Operator, Operand),
    /// One element of the list, or the one value of a complex attribute, satisfies all of this.
    Elements(AttributePath, Box<Self>),
}

impl Filter {
    /// The number of conditions.
    pub(super) fn conditions(&self) -> usize {
        match self {
            Self::And(filters) | Self::Or(filters) => filters.iter().map(Self::conditions).sum(),
            Self::Not(inner) | Self::Elements(_, inner) => inner.conditions(),
            Self::Present(_) | Self::Compare(..) => 1,
        }
    }

    /// Visits the ids of resources that values are compared with.
    pub(super) fn visit_ids(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                for filter in filters {
                    filter.visit_ids(visit);
                }
            }
            Self::Not(inner) | Self::Elements(_, inner) => inner.visit_ids(visit),
            Self::Compare(Name::Known(path), _, Operand::Text(text)) if path.leaf().is_resource_id() => {
                visit(text);
            }
            Self::Present(_) | Self::Compare(..) => {}
        }
    }
}

/// The name of an attribute in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// One of the table. Within brackets it is the one before them with the sub-attribute set.
    Known(AttributePath),
    /// One that only resources of other types have, as it was written: it has no value (RFC 7644, section 3.4.2.1).
    Absent(String, AttributePath),
    /// One that nobody has.
    Unknown(String),
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// The opposite of [`Self::Eq`], also for lists and attributes without a value.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// At least.
    Ge,
    /// Less than.
    Lt,
    /// At most.
    Le,
}

impl Operator {
    /// All operators.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text, or a time.
    Text(String),
}
