//! What a client asks of a list: by the parameters of a GET, or the body of a POST to `.search` (RFC 7644, section
//! 3.4).

use std::borrow::Cow;

use serde_json::Value;

use super::error::ScimError;
use super::filter::{Filter, Finds};
use super::list::{PageLimits, Paging, RawPaging};
use super::message::Members;
use super::projection::Projection;
use super::resource::Resource;
use super::schema::{ResourceType, TYPES};
use super::sort::Sort;
use crate::wire::read::FieldError;

/// URN of the body of a search.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A query for a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Which resources.
    pub filter: Option<Filter>,
    /// In which order.
    pub sort: Option<Sort>,
    /// Which of their attributes.
    pub projection: Projection,
    /// Which part of the list.
    pub paging: Paging,
}

/// A query for resources of every type (RFC 7644, sections 3.4.2.1 and 3.4.3): what a type has not has no value.
#[derive(Debug, Clone, PartialEq)]
pub struct RootQuery {
    /// What is asked of each type, but for those of which the filter finds none.
    pub parts: Vec<(&'static ResourceType, ListQuery)>,
    /// Which part of the list of all.
    pub paging: Paging,
}

/// A query as it was read.
#[derive(Debug, Default)]
struct RawQuery {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    attributes: Vec<String>,
    excluded: Vec<String>,
    paging: RawPaging,
}

impl ListQuery {
    /// Reads decoded query parameters. Their names are in any case; unknown ones are ignored, Microsoft Entra's
    /// feature flags among them. Of a repeated one the last counts.
    ///
    /// # Errors
    /// [`ScimError::InvalidFilter`], [`ScimError::InvalidValue`], and those of cursors.
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
        of: &ResourceType,
        limits: PageLimits,
    ) -> Result<Self, ScimError> {
        RawQuery::from_parameters(parameters)?.parse(of, limits)
    }

    /// Reads the body of a search.
    ///
    /// # Errors
    /// [`ScimError::InvalidSyntax`] for what is not of its schema; [`ScimError::InvalidFilter`],
    /// [`ScimError::InvalidValue`], and those of cursors.
    pub fn from_body(body: Value, of: &ResourceType, limits: PageLimits) -> Result<Self, ScimError> {
        RawQuery::from_body(body)?.parse(of, limits)
    }
}

impl RootQuery {
    /// As [`ListQuery::from_parameters`].
    ///
    /// # Errors
    /// As there; an attribute that no type has cannot be sorted by.
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
        limits: PageLimits,
    ) -> Result<Self, ScimError> {
        RawQuery::from_parameters(parameters)?.parse_for_all(limits)
    }

    /// As [`ListQuery::from_body`].
    ///
    /// # Errors
    /// As there; an attribute that no type has cannot be sorted by.
    pub fn from_body(body: Value, limits: PageLimits) -> Result<Self, ScimError> {
        RawQuery::from_body(body)?.parse_for_all(limits)
    }

    /// The resource, which the query found, with the attributes that it asks for.
    #[must_use]
    pub fn project(&self, resource: Resource) -> Resource {
        let name = resource.text(&["meta", "resourceType"]);
        match self.parts.iter().find(|(of, _)| Some(of.name) == name) {
            Some((of, query)) => query.projection.apply(resource, of),
            None => resource,
        }
    }
}

impl RawQuery {
    fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Self, ScimError> {
        let mut raw = Self::default();
        let (mut start_index, mut count) = (None, None);
        for (name, value) in parameters {
            let value = value.into_owned();
            match name.to_ascii_lowercase().as_str() {
                "filter" => raw.filter = Some(value),
                "sortby" => raw.sort_by = Some(value),
                "sortorder" => raw.sort_order = Some(value),
                "attributes" => raw.attributes = vec![value],
                "excludedattributes" => raw.excluded = vec![value],
                "startindex" => start_index = Some(value),
                "count" => count = Some(value),
                "cursor" => raw.paging.cursor = Some(value),
                _ => {}
            }
        }
        let has_cursor = raw.paging.cursor.is_some();
        raw.paging.start_index = number("startIndex", start_index.as_deref())?;
        raw.paging.count = number("count", count.as_deref())
            .map_err(|error| if has_cursor { ScimError::InvalidCount } else { error })?;
        Ok(raw)
    }

    fn from_body(body: Value) -> Result<Self, ScimError> {
        let mut members = Members::of_schema(body, SEARCH_URN)?;
        Ok(Self {
            filter: members.text("filter")?,
            sort_by: members.text("sortBy")?,
            sort_order: members.text("sortOrder")?,
            attributes: names(&mut members, "attributes")?,
            excluded: names(&mut members, "excludedAttributes")?,
            paging: RawPaging {
                start_index: members.integer("startIndex")?,
                count: members.integer("count")?,
                cursor: members.text("cursor")?,
            },
        })
    }

    fn parse(self, of: &ResourceType, limits: PageLimits) -> Result<ListQuery, ScimError> {
        Ok(ListQuery {
            filter: self.filter.as_ref().map(|filter| Filter::parse(filter, of)).transpose()?,
            sort: self.sort(of)?,
            projection: Projection::new(&self.attributes, &self.excluded, of)?,
            paging: self.paging.bounded(limits)?,
        })
    }

    fn parse_for_all(self, limits: PageLimits) -> Result<RootQuery, ScimError> {
        let paging = self.paging.clone().bounded(limits)?;
        let sorts = TYPES.map(|of| self.sort(of));
        if sorts.iter().all(Result::is_err) {
            sorts.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        let mut parts = Vec::new();
        for of in TYPES {
            let others: Vec<&ResourceType> = TYPES.into_iter().filter(|other| *other != of).collect();
            let filter = self.filter.as_ref().map(|filter| Filter::parse_among(filter, of, &others));
            let filter = match filter.transpose()?.map_or(Finds::All, |filter| filter.of_type(of)) {
                Finds::All => None,
                Finds::Those(filter) => Some(filter),
                Finds::None => continue,
            };
            let projection = Projection::new(&self.attributes, &self.excluded, of)?;
            // An attribute that resources of this type have not is one without a value.
            let sort = self.sort(of).unwrap_or_default();
            parts.push((of, ListQuery { filter, sort, projection, paging: paging.clone() }));
        }
        Ok(RootQuery { parts, paging })
    }

    fn sort(&self, of: &ResourceType) -> Result<Option<Sort>, ScimError> {
        let by = self.sort_by.as_ref().filter(|name| !name.is_empty());
        by.map(|by| Sort::new(by, self.sort_order.as_deref(), of)).transpose()
    }
}

fn number(name: &str, text: Option<&str>) -> Result<Option<i64>, ScimError> {
    let error = |_| ScimError::InvalidValue(FieldError::new(name, "must be a whole number"));
    text.map(|text| text.trim().parse().map_err(error)).transpose()
}

fn names(members: &mut Members, name: &str) -> Result<Vec<String>, ScimError> {
    let error = || ScimError::InvalidSyntax(FieldError::new(name, "must be a list of names"));
    let values = members.list(name)?.into_iter();
    values.map(|value| value.as_str().map(str::to_owned).ok_or_else(error)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::list::ListResponse;
    use super::super::schema::USERS;
    use super::*;
    use serde_json::json;

    const LIMITS: PageLimits = PageLimits { default: 100, max: 1_000 };

    fn parameters(parameters: &[(&'static str, &'static str)]) -> Result<ListQuery, ScimError> {
        let parameters = parameters.iter().map(|&(name, value)| (name.into(), value.into()));
        ListQuery::from_parameters(parameters, &USERS, LIMITS)
    }

    #[test]
    fn both_forms_ask_the_same() {
        let by_parameters = parameters(&[
            ("filter", "userName eq \"ann\""),
            ("sortBy", "userName"),
            ("SORTORDER", "descending"),
            ("attributes", "id,emails"),
            ("startIndex", "3"),
            ("count", "5"),
            ("aadOptscim062020", "x"),
        ]);
        let by_body = json!({
            "schemas": [SEARCH_URN], "filter": "userName eq \"ann\"", "sortBy": "userName",
            "sortOrder": "descending",
            "attributes": ["id", "emails"], "startIndex": 3, "count": 5, "x": 1,
        });
        let by_body = ListQuery::from_body(by_body, &USERS, LIMITS);
        assert_eq!(by_parameters, by_body);
        let query = by_body.unwrap();
        assert_eq!(query.paging, Paging::Index { start: 3, count: 5 });
        assert_eq!(query.filter.unwrap().to_string(), "userName eq \"ann\"");
    }

    /// The answer to a request with these parameters for a part of a list of five users.
    fn part_of_five(query: &'static str) -> Value {
        let pairs: Vec<_> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
        let Paging::Index { start, count } = parameters(&pairs).unwrap().paging else { panic!("a cursor") };
        let skipped = usize::try_from(start - 1).unwrap();
        let users: Vec<_> = (1..=5).skip(skipped).take(count as usize).collect();
        serde_json::to_value(ListResponse::from_index(users, start, 5)).unwrap()
    }

    #[test]
    fn the_vectors_of_the_contract() {
        for (query, resources, start_index) in [
            ("startIndex=4&count=10", 2, 4),
            ("startIndex=-3&count=2", 2, 1),
            ("startIndex=9", 0, 9),
            ("count=0", 0, 1),
            ("count=-1", 0, 1),
        ] {
            let answer = part_of_five(query);
            assert_eq!(answer["Resources"].as_array().unwrap().len(), resources, "{query}");
            for (member, number) in [
                ("itemsPerPage", json!(resources)),
                ("startIndex", json!(start_index)),
                ("totalResults", json!(5)),
            ] {
                assert_eq!(answer[member], number, "{member} of {query}");
            }
        }
    }

    #[test]
    fn no_parameters_ask_for_everything() {
        let query = parameters(&[]).unwrap();
        let everything = ListQuery {
            filter: None,
            sort: None,
            projection: Projection::All,
            paging: Paging::Index { start: 1, count: 100 },
        };
        assert_eq!(query, everything);
        assert_eq!(ListQuery::from_body(json!({}), &USERS, LIMITS), Ok(everything));
    }

    #[test]
    fn what_cannot_be_read_is_shown() {
        let error = |name, value| parameters(&[(name, value)]).unwrap_err();
        assert_eq!(error("startIndex", "x").to_string(), "startIndex must be a whole number.");
        assert!(matches!(error("filter", ""), ScimError::InvalidFilter(_)));
        assert_eq!(parameters(&[("cursor", ""), ("count", "x")]).unwrap_err(), ScimError::InvalidCount);
        for body in [
            json!([]),
            json!({ "schemas": ["urn:x"] }),
            json!({ "attributes": "id" }),
            json!({ "count": "1" }),
        ] {
            let error = ListQuery::from_body(body, &USERS, LIMITS).unwrap_err();
            assert!(matches!(error, ScimError::InvalidSyntax(_)), "{error}");
        }
    }
}
