//! Lists of which the canonical user has one element: e-mail addresses, phone numbers, addresses, pictures.

use serde_json::Value;

use super::kept::Kept;
use crate::core::user::{JsonObject, User};
use crate::wire::scim::elements::{has_type, is_primary};

/// A list of which one element's members are canonical fields.
#[derive(Debug)]
pub(super) struct SelectedList {
    /// Its name.
    pub name: &'static str,
    /// Which element it is: the first that satisfies the first of these, and so on; otherwise the first.
    choice: &'static [Rule],
    /// The type that the element is shown with if no client gave it one.
    default_type: &'static str,
    /// Group of the canonical fields, as in the document.
    pub group: &'static str,
    /// The members with canonical fields.
    pub members: &'static [Member],
}

/// A member that is a canonical field.
#[derive(Debug)]
pub(super) struct Member {
    /// Its name in the element.
    pub name: &'static str,
    /// Name of the canonical field, as in the document.
    pub field: &'static str,
    /// The canonical field.
    pub get: fn(&User) -> Option<&str>,
}

#[derive(Debug)]
enum Rule {
    Primary,
    Type(&'static str),
}

/// All such lists (contract, section 3).
pub(super) static SELECTED_LISTS: &[SelectedList] = &[
    SelectedList {
        name: "emails",
        choice: &[Rule::Primary, Rule::Type("work")],
        default_type: "work",
        group: "contact",
        members: &[member("value", "email", |user| user.contact.email.as_deref())],
    },
    SelectedList {
        name: "phoneNumbers",
        choice: &[Rule::Type("mobile"), Rule::Primary, Rule::Type("work")],
        default_type: "mobile",
        group: "contact",
        members: &[member("value", "phone", |user| user.contact.phone.as_deref())],
    },
    SelectedList {
        name: "photos",
        choice: &[Rule::Primary, Rule::Type("photo")],
        default_type: "photo",
        group: "profile",
        members: &[member("value", "photo", |user| user.profile.photo.as_deref())],
    },
    SelectedList {
        name: "addresses",
        choice: &[Rule::Type("work"), Rule::Primary],
        default_type: "work",
        group: "postal",
        members: &[
            member("formatted", "formatted", |user| user.postal.formatted.as_deref()),
            member("streetAddress", "streetAddress", |user| user.postal.street_address.as_deref()),
            member("locality", "city", |user| user.postal.city.as_deref()),
            member("region", "province", |user| user.postal.province.as_deref()),
            member("postalCode", "postalCode", |user| user.postal.postal_code.as_deref()),
            member("country", "country", |user| user.postal.country.as_deref()),
        ],
    },
];

const fn member(name: &'static str, field: &'static str, get: fn(&User) -> Option<&str>) -> Member {
    Member { name, field, get }
}

impl SelectedList {
    /// The list as it is shown: the kept elements, and the one with the canonical values among them.
    pub fn shown(&self, user: &User, kept: &Kept) -> Vec<Value> {
        let mut list = self.kept_elements(kept);
        let canonical = self.canonical(user);
        match kept.selected.get(self.name).copied().filter(|index| *index < list.len()) {
            // Another source has cleared it.
            Some(index) if canonical.is_empty() => drop(list.remove(index)),
            Some(index) => {
                if let Some(Value::Object(element)) = list.get_mut(index) {
                    element.extend(canonical);
                }
            }
            None if canonical.is_empty() => {}
            None => {
                let element = self.made(canonical, &list);
                list.insert(0, element);
            }
        }
        list
    }

    fn kept_elements(&self, kept: &Kept) -> Vec<Value> {
        kept.attributes.get(self.name).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn canonical(&self, user: &User) -> JsonObject {
        let members = self.members.iter().filter_map(|member| {
            let text = (member.get)(user).filter(|text| !text.is_empty())?;
            Some((member.name.to_owned(), text.into()))
        });
        members.collect()
    }

    /// An element with these values that no client sent, with a type and `primary` unless another has them.
    fn made(&self, mut element: JsonObject, others: &[Value]) -> Value {
        if !others.iter().any(|other| has_type(other, self.default_type)) {
            element.insert("type".to_owned(), self.default_type.into());
        }
        if !others.iter().any(is_primary) {
            element.insert("primary".to_owned(), true.into());
        }
        element.into()
    }

    /// The place of the element whose values are to be canonical.
    pub fn select(&self, list: &[Value]) -> Option<usize> {
        let position = |satisfies: &dyn Fn(&Value) -> bool| {
            list.iter().position(|element| self.has_values(element) && satisfies(element))
        };
        let by_rule = self.choice.iter().find_map(|rule| match rule {
            Rule::Primary => position(&is_primary),
            Rule::Type(of_type) => position(&|element| has_type(element, of_type)),
        });
        by_rule.or_else(|| position(&|_| true))
    }

    fn has_values(&self, element: &Value) -> bool {
        self.members.iter().any(|member| element.get(member.name).is_some())
    }

    /// Moves the canonical values out of the list: for each canonical field its value, if it has one.
    pub fn take(&self, list: &mut [Value], index: Option<usize>) -> Vec<(&'static str, Option<Value>)> {
        let mut element = index.and_then(|index| list.get_mut(index)).and_then(Value::as_object_mut);
        let mut take = |name: &str| element.as_mut().and_then(|element| element.shift_remove(name));
        self.members.iter().map(|member| (member.field, take(member.name))).collect()
    }

    /// The value of the canonical field of this name.
    pub fn field<'u>(&self, user: &'u User, field: &str) -> Option<&'u str> {
        self.members.iter().find(|member| member.field == field).and_then(|member| (member.get)(user))
    }
}
