//! Query strings in all formats that the SDKs use (contract, section 1).

/// Meaning of a literal `+` in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plus {
    /// A space, as in form encoding.
    Space,
    /// A plus sign, from clients that do not escape it.
    Literal,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// Given once, without brackets.
    Text(String),
    /// Given with the suffix `[]`, or several times.
    List(Vec<String>),
}

impl Parameter {
    fn append(&mut self, value: String) {
        match self {
            Self::Text(first) => *self = Self::List(vec![std::mem::take(first), value]),
            Self::List(values) => values.push(value),
        }
    }
}

/// Maximum number of distinct names, since lookup is linear; no client sends a tenth of it.
const MAX_NAMES: usize = 100;

/// The decoded parameters of a query, in order of first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, Parameter)>);

impl Query {
    /// Parses a raw query string. Never fails: invalid UTF-8 becomes replacement characters.
    pub fn read(raw: &str, plus: Plus) -> Self {
        let escaped;
        let raw = match plus {
            Plus::Space => raw,
            Plus::Literal => {
                escaped = raw.replace('+', "%2B");
                &escaped
            }
        };
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            query.add(&name, value.into_owned());
        }
        query
    }

    fn add(&mut self, name: &str, value: String) {
        let plain = name.strip_suffix("[]").unwrap_or(name);
        let known = self.0.len();
        match self.0.iter_mut().find(|(known, _)| known == plain) {
            Some((_, parameter)) => parameter.append(value),
            None if known >= MAX_NAMES => {}
            None if plain == name => self.0.push((plain.to_owned(), Parameter::Text(value))),
            None => self.0.push((plain.to_owned(), Parameter::List(vec![value]))),
        }
    }

    /// The parameter `name`.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.iter().find_map(|(known, parameter)| (known == name).then_some(parameter))
    }

    /// All parameters with their names, without brackets.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Parameter)> {
        self.0.iter().map(|(name, parameter)| (name.as_str(), parameter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Parameter {
        Parameter::List(values.iter().map(|&value| value.to_owned()).collect())
    }

    fn ids(raw: &str) -> Option<Parameter> {
        Query::read(raw, Plus::Space).get("userIds").cloned()
    }

    #[test]
    fn brackets_or_repetition_make_a_list() {
        assert_eq!(ids("userIds[]=a&userIds[]=b"), Some(list(&["a", "b"])));
        assert_eq!(ids("userIds%5B%5D=a"), Some(list(&["a"])));
        assert_eq!(ids("userIds=a&x=1&userIds=b&userIds[]=c"), Some(list(&["a", "b", "c"])));
        assert_eq!(ids("userIds=a,b"), Some(Parameter::Text("a,b".to_owned())));
        assert_eq!(ids("userIds"), Some(Parameter::Text(String::new())));
        assert_eq!(ids("other=1"), None);
    }

    #[test]
    fn values_are_decoded_as_the_sdks_encode_them() {
        let raw = "userIds%5B%5D=%E5%BC%A0%E4%B8%89+a%26b%3Dc%2Fd&userIds%5B%5D=a,b&userIds%5B%5D=x:y$z";
        assert_eq!(ids(raw), Some(list(&["张三 a&b=c/d", "a,b", "x:y$z"])));
        assert_eq!(ids("userIds[]=a%2Bb&userIds[]=%ff"), Some(list(&["a+b", "\u{fffd}"])));
    }

    #[test]
    fn plus_can_be_literal() {
        let query = Query::read("userIds=a+b%2Bc%20d", Plus::Literal);
        let text = Parameter::Text("a+b+c d".to_owned());
        assert_eq!(query.get("userIds"), Some(&text));
    }
}
