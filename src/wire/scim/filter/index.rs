//! What an index can answer of a filter.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Filter, Name, Operand, Operator};
use crate::core::case::fold;
use crate::wire::scim::resource::Resource;

/// A value under which an index finds resources. Those whose case does not matter are folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
    /// The id.
    Id(String),
    /// The `userName` that is shown, folded: a user without a login name has one, too.
    UserName(String),
    /// The client's own id.
    ExternalId(String),
    /// One of the e-mail addresses, folded.
    Email(String),
    /// The name for display, folded: by it groups are looked up.
    DisplayName(String),
    /// The id of a member of a group.
    Member(String),
}

impl IndexKey {
    /// The key of the attribute at the top of a resource with this value, or with this `value` in an element.
    fn new(attribute: &str, text: &str) -> Option<Self> {
        match attribute {
            "id" => Some(Self::Id(text.to_owned())),
            "userName" => Some(Self::UserName(fold(text))),
            "externalId" => Some(Self::ExternalId(text.to_owned())),
            "emails" => Some(Self::Email(fold(text))),
            "displayName" => Some(Self::DisplayName(fold(text))),
            "members" => Some(Self::Member(text.to_owned())),
            _ => None,
        }
    }
}

impl Resource {
    /// The keys under which an index has to find the resource, for [`Filter::index_keys`] to miss none.
    #[must_use]
    pub fn index_keys(&self) -> BTreeSet<IndexKey> {
        let keys = self.members().iter().flat_map(|(name, value)| {
            let elements = value.as_array().into_iter().flatten().filter_map(|element| element.get("value"));
            let texts = elements.chain([value]).filter_map(Value::as_str);
            texts.filter_map(|text| IndexKey::new(name, text))
        });
        keys.collect()
    }
}

impl Filter {
    /// Keys that every resource found by the filter has. None: an index is of no help. What an index finds need
    /// not satisfy the filter, which still decides.
    #[must_use]
    pub fn index_keys(&self) -> Vec<IndexKey> {
        let mut keys = Vec::new();
        self.collect(&IndexKey::new, &mut keys);
        keys
    }

    /// The texts that every resource found by the filter has as its `userName`, in whatever case: as the client spelt
    /// them, for an index that does not fold.
    #[must_use]
    pub fn user_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&|attribute, text| (attribute == "userName").then_some(text), &mut names);
        names
    }

    /// What `make` makes of the attributes and texts that every resource found has.
    fn collect<'a, K>(&'a self, make: &impl Fn(&str, &'a str) -> Option<K>, keys: &mut Vec<K>) {
        match self {
            Self::And(filters) => filters.iter().for_each(|filter| filter.collect(make, keys)),
            Self::Elements(_, inner) => inner.collect(make, keys),
            Self::Compare(Name::Known(path), Operator::Eq, Operand::Text(text))
                if path.extension.is_none() =>
            {
                let is_value = path.sub.is_none_or(|sub| sub.name == "value");
                keys.extend(is_value.then(|| make(path.attribute.name, text)).flatten());
            }
            Self::Or(_) | Self::Not(_) | Self::Present(_) | Self::Compare(..) => {}
        }
    }
}
