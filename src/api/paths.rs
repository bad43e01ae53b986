//! The paths that an API has: which methods one takes, and which one a caller probably meant who asked for another.

use std::fmt;

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

/// Longest path that is compared, in bytes: comparing takes time in proportion, and anyone may ask.
const MAX_COMPARED: usize = 256;
/// Cost of a segment too many or too few, in typing errors.
const GAP: usize = 2;

/// A path of an API, as its OpenAPI document has it.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownPath {
    template: String,
    methods: Vec<&'static str>,
}

impl KnownPath {
    fn new(template: &str, item: &PathItem) -> Self {
        let operations = [
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("DELETE", item.delete.is_some()),
        ];
        let methods = operations.into_iter().filter_map(|(method, is_there)| is_there.then_some(method));
        Self { template: template.to_owned(), methods: methods.collect() }
    }

    /// The path, with its parameters in braces.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The methods it takes, for a sentence: `GET, PATCH or DELETE`.
    #[must_use]
    pub fn methods(&self) -> String {
        match self.methods.split_last() {
            None => String::new(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }
}

/// The methods and the path: `POST /api/v0/users`.
impl fmt::Display for KnownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.methods(), self.template)
    }
}

/// The paths in `documents`.
pub fn known_paths<'d>(documents: impl IntoIterator<Item = &'d OpenApi>) -> Vec<KnownPath> {
    let paths = documents.into_iter().flat_map(|document| &document.paths.paths);
    paths.map(|(template, item)| KnownPath::new(template, item)).collect()
}

/// The one of `known` that matches `path`.
#[must_use]
pub fn matching<'k>(known: &'k [KnownPath], path: &str) -> Option<&'k KnownPath> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    known.iter().find(|known| {
        let template: Vec<&str> = known.template.trim_start_matches('/').split('/').collect();
        let mut pairs = template.iter().zip(&segments);
        template.len() == segments.len() && pairs.all(|(own, asked)| is_parameter(own) || own == asked)
    })
}

/// The one of `known` that `path` probably misspells: with a slash too many, in another case, with typing errors, or
/// without its beginning. `None` if none is near.
#[must_use]
pub fn nearest<'k>(known: impl IntoIterator<Item = &'k KnownPath>, path: &str) -> Option<&'k KnownPath> {
    if path.len() > MAX_COMPARED {
        return None;
    }
    let path = path.to_ascii_lowercase();
    let asked = segments(&path);
    let costs =
        known.into_iter().filter_map(|known| Some((known, cost(&asked, &segments(&known.template))?)));
    costs.min_by_key(|(_, cost)| *cost).map(|(known, _)| known)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// What it takes to turn `asked` into `template`, in typing errors; `None` if that is too much to be a mistake. From the
/// last literal segment on, which names the operation, they must be alike.
fn cost(asked: &[&str], template: &[&str]) -> Option<usize> {
    let literal = template.iter().filter(|segment| !is_parameter(segment)).count();
    let named = template.iter().rposition(|segment| !is_parameter(segment))?;
    let (template, end) = template.split_at_checked(named)?;
    let (asked, asked_end) = asked.split_at_checked(asked.len().checked_sub(end.len())?)?;
    let of_end = asked_end.iter().zip(end).try_fold(0, |sum, (asked, own)| Some(sum + typos(asked, own)?))?;
    let cost = of_end + alignment(asked, template);
    (cost < GAP * literal).then_some(cost)
}

/// The least cost of aligning two lists of segments, as of two words of letters.
fn alignment(asked: &[&str], template: &[&str]) -> usize {
    let mut above: Vec<usize> = (0..=template.len()).map(|missing| missing * GAP).collect();
    for segment in asked {
        let mut left = above.first().map_or(0, |cost| cost + GAP);
        let mut row = vec![left];
        for (own, corner) in template.iter().zip(above.windows(2)) {
            let &[diagonal, upper] = corner else { break };
            let changed = typos(segment, own).map_or(usize::MAX, |typos| diagonal + typos);
            left = changed.min(upper + GAP).min(left + GAP);
            row.push(left);
        }
        above = row;
    }
    above.last().copied().unwrap_or(usize::MAX)
}

/// The typing errors between two segments; `None` if there are more than one in three letters.
fn typos(asked: &str, own: &str) -> Option<usize> {
    if is_parameter(own) {
        return Some(0);
    }
    let most = (asked.len().max(own.len()) / 3).max(1);
    if asked.len().abs_diff(own.len()) > most {
        return None;
    }
    Some(strsim::osa_distance(asked, own)).filter(|typos| *typos <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> Vec<KnownPath> {
        let path = |template: &str, methods: &[&'static str]| KnownPath {
            template: template.to_owned(),
            methods: methods.to_vec(),
        };
        vec![
            path("/api/v0/user", &["GET"]),
            path("/api/v0/user/batch", &["POST"]),
            path("/api/v0/users", &["POST"]),
            path("/api/v3/get-user-batch", &["GET"]),
            path("/connect/token", &["POST"]),
            path("/um/customers/{customerId}/tenants/{tenantId}/users/batch", &["POST"]),
            path("/tenants/{slug}", &["GET", "PATCH", "DELETE"]),
        ]
    }

    fn meant(path: &str) -> Option<String> {
        nearest(&known(), path).map(ToString::to_string)
    }

    #[test]
    fn a_mistake_leads_to_the_path_that_was_meant() {
        for (path, expected) in [
            ("/api/v0/user/batch/", "POST /api/v0/user/batch"),
            ("/api/v0//user/batch", "POST /api/v0/user/batch"),
            ("/API/v0/User/Batch", "POST /api/v0/user/batch"),
            ("/user/batch", "POST /api/v0/user/batch"),
            ("/api/v0/usr/bacth", "POST /api/v0/user/batch"),
            ("/api/v1/user/batch", "POST /api/v0/user/batch"),
            ("/api/v0/users/", "POST /api/v0/users"),
            ("/api/v3/getUserBatch", "GET /api/v3/get-user-batch"),
            ("/token", "POST /connect/token"),
            (
                "/um/customer/c-1/tenants/t-1/users/batch",
                "POST /um/customers/{customerId}/tenants/{tenantId}/users/batch",
            ),
            ("/tenant/acme", "GET, PATCH or DELETE /tenants/{slug}"),
        ] {
            assert_eq!(meant(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn what_is_no_mistake_leads_nowhere() {
        let long = format!("/api/v0/user/batch/{}", "x".repeat(300));
        for path in
            ["", "/", "/nothing", "/api/v0/x", "/api/v3/nothing", "/partner/none", "/x/acme", "/acme", &long]
        {
            assert_eq!(meant(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_matches_as_a_whole() {
        let known = known();
        let matched = |path| matching(&known, path).map(KnownPath::methods);
        assert_eq!(matched("/tenants/acme").as_deref(), Some("GET, PATCH or DELETE"));
        assert_eq!(matched("/api/v0/user").as_deref(), Some("GET"));
        assert_eq!(matched("/api/v0/user/"), None);
        assert_eq!(matched("/tenants"), None);
    }

    proptest! {
        #[test]
        fn any_path_is_compared(path in "\\PC{0,300}") {
            let _ = meant(&path);
        }

        #[test]
        fn a_path_is_its_own_nearest(index in 0_usize..7, slashes in "/{0,3}") {
            let known = known();
            let path = known[index].template.replace(['{', '}'], "");
            prop_assert_eq!(nearest(&known, &format!("{slashes}{path}{slashes}")), Some(&known[index]));
        }
    }
}
