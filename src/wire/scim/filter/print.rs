//! Writes a filter so that it parses as the same.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::{Filter, Name, Operand};

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write(self, false, f)
    }
}

/// Writes `filter`; within brackets that belong to a list, names are those of sub-attributes.
fn write(filter: &Filter, in_list: bool, f: &mut Formatter<'_>) -> Result {
    match filter {
        Filter::And(filters) => {
            let is_bracketed = |inner: &Filter| matches!(inner, Filter::And(_) | Filter::Or(_));
            write_series(filters, " and ", is_bracketed, in_list, f)
        }
        Filter::Or(filters) => {
            write_series(filters, " or ", |inner| matches!(inner, Filter::Or(_)), in_list, f)
        }
        Filter::Not(inner) => {
            f.write_str("not (")?;
            write(inner, in_list, f)?;
            f.write_char(')')
        }
        Filter::Present(name) => {
            write_name(name, in_list, f)?;
            f.write_str(" pr")
        }
        Filter::Compare(name, operator, operand) => {
            write_name(name, in_list, f)?;
            write!(f, " {} {operand}", operator.as_str())
        }
        Filter::Elements(list, inner) => {
            write!(f, "{list}[")?;
            write(inner, true, f)?;
            f.write_char(']')
        }
    }
}

fn write_series(
    filters: &[Filter],
    separator: &str,
    is_bracketed: fn(&Filter) -> bool,
    in_list: bool,
    f: &mut Formatter<'_>,
) -> Result {
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        if is_bracketed(filter) {
            f.write_char('(')?;
            write(filter, in_list, f)?;
            f.write_char(')')?;
        } else {
            write(filter, in_list, f)?;
        }
    }
    Ok(())
}

fn write_name(name: &Name, in_list: bool, f: &mut Formatter<'_>) -> Result {
    match name {
        Name::Known(path) if in_list => f.write_str(path.sub.map_or("", |sub| sub.name)),
        Name::Known(path) => path.fmt(f),
        Name::Absent(word, _) | Name::Unknown(word) => f.write_str(word),
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => serde_json::Value::from(text.as_str()).fmt(f),
        }
    }
}
