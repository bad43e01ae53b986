//! What an operation is about.

use crate::wire::read::FieldError;
use crate::wire::scim::error::ScimError;
use crate::wire::scim::filter::{Filter, FilterFault, Lexer, Token, parse_elements, path_word};
use crate::wire::scim::path::{AttributePath, Path};
use crate::wire::scim::schema::{Attribute, ResourceType, Schema};

/// The target of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// An attribute, or a sub-attribute.
    Attribute(AttributePath),
    /// Elements of a list, or a sub-attribute of each.
    Elements { list: AttributePath, filter: Filter, sub: Option<&'static Attribute> },
    /// A whole extension.
    Extension(&'static Schema),
}

impl Target {
    /// Reads a path; `None` for what is accepted and dropped: a password, and `schemas`, which follows from the
    /// data.
    ///
    /// # Errors
    /// [`ScimError::InvalidPath`] if it cannot be read or names nothing, [`ScimError::InvalidFilter`] for what is
    /// within its brackets.
    pub fn parse(path: &str, of: &ResourceType) -> Result<Option<Self>, ScimError> {
        let (word, mut lexer) = first_word(path).map_err(unreadable)?;
        let name = word.rsplit(':').next().unwrap_or_default();
        if ["password", "schemas"].iter().any(|dropped| name.eq_ignore_ascii_case(dropped)) {
            return Ok(None);
        }
        let resolved = Path::resolve(word, of).ok_or_else(|| invalid("names no attribute"))?;
        let has_filter = lexer.is_adjacent().and_then(|is_adjacent| Ok(is_adjacent && lexer.take('[')?));
        let target = match (resolved, has_filter.map_err(unreadable)?) {
            (Path::Extension(extension), false) => Self::Extension(extension),
            (Path::Attribute(path), false) => Self::Attribute(path),
            (Path::Attribute(list), true) if list.attribute.multi_valued && list.sub.is_none() => {
                let (filter, rest) = parse_elements(lexer, list, of)?;
                lexer = rest;
                Self::Elements { list, filter, sub: sub_attribute(&mut lexer, list.attribute)? }
            }
            _ => return Err(invalid("has a filter on what is no list")),
        };
        match lexer.peek().map_err(unreadable)? {
            None => Ok(Some(target)),
            Some(_) => Err(invalid("goes on after its end")),
        }
    }

    /// Whether only the service may set it.
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::Attribute(path) => {
                path.attribute.is_read_only() || path.sub.is_some_and(Attribute::is_read_only)
            }
            Self::Elements { list, sub, .. } => {
                list.attribute.is_read_only() || sub.is_some_and(Attribute::is_read_only)
            }
            Self::Extension(_) => false,
        }
    }

    /// The name of the attribute, for errors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Attribute(path) | Self::Elements { list: path, .. } => path.attribute.name,
            Self::Extension(extension) => extension.id,
        }
    }
}

fn first_word(path: &str) -> Result<(&str, Lexer<'_>), FilterFault> {
    let mut lexer = Lexer::new(path)?;
    let fault = lexer.fault("the name of an attribute is missing");
    match lexer.next()? {
        Some(Token::Word(word)) if path_word(word) => Ok((word, lexer)),
        _ => Err(fault),
    }
}

fn sub_attribute(lexer: &mut Lexer<'_>, of: &Attribute) -> Result<Option<&'static Attribute>, ScimError> {
    if !lexer.is_adjacent().map_err(unreadable)? {
        return Ok(None);
    }
    let name = match lexer.next().map_err(unreadable)? {
        Some(Token::Word(word)) => word.strip_prefix('.'),
        _ => None,
    };
    let sub = name.and_then(|name| of.sub_attribute(name));
    sub.map(Some).ok_or_else(|| invalid("names no sub-attribute"))
}

fn invalid(reason: &str) -> ScimError {
    ScimError::InvalidPath(FieldError::new("path", reason))
}

fn unreadable(fault: FilterFault) -> ScimError {
    ScimError::InvalidPath(FieldError::new("path", format!("cannot be read: {fault}")))
}
