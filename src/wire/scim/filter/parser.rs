//! Parses filters: brackets bind before `not`, `not` before `and`, `and` before `or`.

use serde_json::Number;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::lexer::{Lexer, Token};
use super::{Filter, FilterFault, MAX_DEPTH, Name, Operand, Operator};
use crate::wire::scim::path::{AttributePath, Path};
use crate::wire::scim::schema::{Attribute, DataType, ResourceType};

impl Filter {
    /// Parses a filter on resources of this type.
    ///
    /// # Errors
    /// [`FilterFault`] if it cannot be read, or compares an attribute as its type does not allow.
    pub fn parse(text: &str, of: &ResourceType) -> Result<Self, FilterFault> {
        Self::parse_among(text, of, &[])
    }

    /// Parses a filter on resources of this type and of `others`.
    ///
    /// # Errors
    /// As [`Self::parse`], for the attributes of all these types.
    pub fn parse_among(text: &str, of: &ResourceType, others: &[&ResourceType]) -> Result<Self, FilterFault> {
        let mut parser = Parser { lexer: Lexer::new(text)?, of, others, brackets: Brackets::None, depth: 0 };
        let filter = parser.any_of()?;
        match parser.lexer.peek()? {
            None => Ok(filter),
            Some(_) => Err(parser.lexer.fault("the filter should end")),
        }
    }
}

/// Parses the filter within the brackets after `list`, and the closing bracket.
pub fn parse_elements<'a>(
    lexer: Lexer<'a>,
    list: AttributePath,
    of: &'a ResourceType,
) -> Result<(Filter, Lexer<'a>), FilterFault> {
    let mut parser = Parser { lexer, of, others: &[], brackets: Brackets::Of(list), depth: 0 };
    let filter = parser.any_of()?;
    parser.lexer.expect(']', "a ] is missing")?;
    Ok((filter, parser.lexer))
}

/// Whether a word can be the name of an attribute (RFC 7644, figure 1).
pub fn path_word(word: &str) -> bool {
    let name = word.rsplit(':').next().unwrap_or_default();
    let is_name = |part: &str| {
        let start = part.strip_prefix('$').unwrap_or(part);
        start.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && start.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
    };
    name.split('.').count() <= 2 && name.split('.').all(is_name)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    of: &'a ResourceType,
    /// The types that are asked for at the same time.
    others: &'a [&'a ResourceType],
    brackets: Brackets,
    depth: usize,
}

/// Within which brackets a name is, and so what it is a sub-attribute of.
#[derive(Clone, Copy)]
enum Brackets {
    None,
    Of(AttributePath),
    OfNobody,
}

impl<'a> Parser<'a> {
    fn any_of(&mut self) -> Result<Filter, FilterFault> {
        self.series("or", Self::all_of, Filter::Or)
    }

    fn all_of(&mut self) -> Result<Filter, FilterFault> {
        self.series("and", Self::one, Filter::And)
    }

    fn series(
        &mut self,
        word: &str,
        item: fn(&mut Self) -> Result<Filter, FilterFault>,
        join: fn(Vec<Filter>) -> Filter,
    ) -> Result<Filter, FilterFault> {
        let first = item(self)?;
        let mut items = vec![first];
        while self.lexer.take_word(word)? {
            items.push(item(self)?);
        }
        Ok(if items.len() > 1 { join(items) } else { items.swap_remove(0) })
    }

    fn one(&mut self) -> Result<Filter, FilterFault> {
        if self.lexer.take('(')? {
            return self.nested(')');
        }
        let fault = self.lexer.fault("the name of an attribute is missing");
        let Some(Token::Word(word)) = self.lexer.next()? else { return Err(fault) };
        if word.eq_ignore_ascii_case("not") && self.lexer.take('(')? {
            return Ok(Filter::Not(Box::new(self.nested(')')?)));
        }
        if !path_word(word) {
            return Err(fault);
        }
        if self.lexer.is_adjacent()? && self.lexer.take('[')? {
            return self.elements(word, fault);
        }
        let name = self.name(word);
        self.condition(name)
    }

    /// Parses up to the closing bracket.
    fn nested(&mut self, closing: char) -> Result<Filter, FilterFault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.lexer.fault("the brackets are nested too deeply"));
        }
        let filter = self.any_of()?;
        self.lexer.expect(closing, "a closing bracket is missing")?;
        self.depth -= 1;
        Ok(filter)
    }

    /// `list[filter]`, or `list[filter].value eq "x"`, which Microsoft Entra sends and which says the same of the
    /// value.
    fn elements(&mut self, word: &str, fault: FilterFault) -> Result<Filter, FilterFault> {
        if !matches!(self.brackets, Brackets::None) {
            return Err(self.lexer.fault("brackets within brackets are not allowed"));
        }
        let resolved = Path::resolve(word, self.of);
        self.brackets = match resolved.or_else(|| self.of_others(word).map(Path::Attribute)) {
            Some(Path::Attribute(path)) if path.sub.is_none() && has_elements(path.attribute) => {
                Brackets::Of(path)
            }
            Some(_) => return Err(FilterFault { reason: "the attribute has no elements", ..fault }),
            None => Brackets::OfNobody,
        };
        let mut filter = self.nested(']')?;
        if let Some(sub) = self.adjacent_sub()? {
            let condition = self.condition(self.name(sub))?;
            filter = Filter::And(vec![filter, condition]);
        }
        match std::mem::replace(&mut self.brackets, Brackets::None) {
            Brackets::Of(list) => Ok(Filter::Elements(list, Box::new(filter))),
            Brackets::None | Brackets::OfNobody => Ok(Filter::Present(Name::Unknown(word.to_owned()))),
        }
    }

    /// The name after a dot that follows a closing bracket at once.
    fn adjacent_sub(&mut self) -> Result<Option<&'a str>, FilterFault> {
        if !self.lexer.is_adjacent()? {
            return Ok(None);
        }
        let fault = self.lexer.fault("the name of a sub-attribute is missing");
        if !matches!(self.lexer.peek()?, Some(Token::Word(_))) {
            return Ok(None);
        }
        match self.lexer.next()? {
            Some(Token::Word(word)) => {
                word.strip_prefix('.').filter(|sub| path_word(sub)).map(Some).ok_or(fault)
            }
            _ => Err(fault),
        }
    }

    fn name(&self, word: &str) -> Name {
        let known = match (self.brackets, Path::resolve(word, self.of)) {
            (Brackets::Of(list), _) => list.below(Some(word)),
            (Brackets::None, Some(Path::Attribute(path))) => Some(path),
            (Brackets::None | Brackets::OfNobody, _) => None,
        };
        let absent = || match self.brackets {
            Brackets::None => self.of_others(word).map(|path| Name::Absent(word.to_owned(), path)),
            Brackets::Of(_) | Brackets::OfNobody => None,
        };
        known.map(Name::Known).or_else(absent).unwrap_or_else(|| Name::Unknown(word.to_owned()))
    }

    /// The attribute of this name that resources of another type have.
    fn of_others(&self, word: &str) -> Option<AttributePath> {
        self.others.iter().find_map(|other| match Path::resolve(word, other)? {
            Path::Attribute(path) => Some(path),
            Path::Extension(_) => None,
        })
    }

    fn condition(&mut self, name: Name) -> Result<Filter, FilterFault> {
        if self.lexer.take_word("pr")? {
            return Ok(Filter::Present(name));
        }
        let fault = self.lexer.fault("an operator is missing: pr, eq, ne, co, sw, ew, gt, ge, lt or le");
        let Some(Token::Word(word)) = self.lexer.next()? else { return Err(fault) };
        let operator = Operator::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
        let operator = operator.ok_or(fault)?;
        let fault = self.lexer.fault("a value is missing: a text in quotes, a number, true, false or null");
        let operand = self.lexer.next()?.and_then(operand).ok_or(fault)?;
        let (Name::Known(path) | Name::Absent(_, path)) = &name else {
            return Ok(Filter::Compare(name, operator, operand));
        };
        match comparable(path.leaf(), operator, operand) {
            Some(operand) => Ok(Filter::Compare(name, operator, operand)),
            None => Err(FilterFault { reason: "the attribute is not of a type that compares so", ..fault }),
        }
    }
}

fn has_elements(attribute: &Attribute) -> bool {
    attribute.data_type == DataType::Complex
}

fn operand(token: Token<'_>) -> Option<Operand> {
    match token {
        Token::Text(text) => Some(Operand::Text(text)),
        Token::Bracket(_) => None,
        Token::Word(word) => match word.to_ascii_lowercase().as_str() {
            "true" => Some(Operand::Bool(true)),
            "false" => Some(Operand::Bool(false)),
            "null" => Some(Operand::Null),
            _ => serde_json::from_str::<Number>(word).ok().map(Operand::Number),
        },
    }
}

/// The operand as a value of the attribute's type; `None` if it cannot be compared so. Microsoft Entra writes
/// booleans as text, too.
fn comparable(attribute: &Attribute, operator: Operator, operand: Operand) -> Option<Operand> {
    let is_equality = matches!(operator, Operator::Eq | Operator::Ne);
    let is_part = matches!(operator, Operator::Co | Operator::Sw | Operator::Ew);
    match (attribute.data_type, operand) {
        (_, Operand::Null) => is_equality.then_some(Operand::Null),
        (DataType::Boolean, Operand::Bool(truth)) => is_equality.then_some(Operand::Bool(truth)),
        (DataType::Boolean, Operand::Text(text)) => {
            let truth = text.to_ascii_lowercase().parse().ok()?;
            is_equality.then_some(Operand::Bool(truth))
        }
        (DataType::Integer, Operand::Number(number)) => (!is_part).then_some(Operand::Number(number)),
        (DataType::DateTime, Operand::Text(text)) => {
            let is_time = is_part || OffsetDateTime::parse(&text, &Rfc3339).is_ok();
            is_time.then_some(Operand::Text(text))
        }
        (DataType::String | DataType::Binary | DataType::Reference, Operand::Text(text)) => {
            Some(Operand::Text(text))
        }
        _ => None,
    }
}
