//! Resolves a path to the module that defines the item, through `super`, imports and re-exports.

use super::source::{Alias, Module, Modules, Written, child};

/// More steps than any chain of imports has; it ends a circle.
const MOST_STEPS: usize = 32;

/// The home of what `path` names in `module`: its path from the crate's root. `None` for what is not the crate's own.
pub fn home(modules: &Modules, module: &str, path: &[String]) -> Option<String> {
    let mut path = from_root(modules, module, path)?;
    for _ in 0..MOST_STEPS {
        let (owner, rest) = split(modules, &path);
        let Some((name, rest)) = rest.split_first() else { break };
        let Some(alias) = modules[&owner].aliases.get(name) else { break };
        let target = from_root(modules, &owner, &alias.target)?;
        path = [&target, rest].concat();
    }
    Some(path.join("::"))
}

/// The crate that `path` belongs to, if it is another.
pub fn other_crate(modules: &Modules, module: &str, path: &[String]) -> Option<String> {
    let first = path.first()?;
    match modules[module].aliases.get(first) {
        _ if from_root(modules, module, path).is_some() => None,
        // An import whose name is a crate's: `use axum::http;` and then `http::HeaderMap`.
        Some(alias) if alias.target.len() > 1 => alias.target.first().cloned(),
        _ => Some(first.clone()),
    }
}

/// `path` from the crate's root, through the imports of `module`.
fn from_root(modules: &Modules, module: &str, path: &[String]) -> Option<Written> {
    let (first, rest) = path.split_first()?;
    let base = match first.as_str() {
        "crate" => Written::new(),
        "self" => names(module),
        "super" => parent(module),
        name => return from_name(modules, module, name, rest),
    };
    let up = rest.iter().take_while(|name| *name == "super").count();
    let base = base[..base.len().checked_sub(up)?].to_vec();
    Some([&base, &rest[up..]].concat())
}

fn from_name(modules: &Modules, module: &str, name: &str, rest: &[String]) -> Option<Written> {
    let Module { children, aliases, .. } = &modules[module];
    match aliases.get(name) {
        Some(Alias { target, .. }) if target.first().is_some_and(|first| first != name) => {
            Some([&from_root(modules, module, target)?, rest].concat())
        }
        // Such as `mod error; pub use error::Error;`.
        _ if children.contains(name) => Some([&names(&child(module, name)), rest].concat()),
        _ => None,
    }
}

/// The innermost module on the way along `path`, and what is left of the path there.
fn split(modules: &Modules, path: &[String]) -> (String, Written) {
    let depths = (0..=path.len()).rev();
    let owner =
        depths.map(|depth| path.split_at(depth)).find(|(owner, _)| modules.contains_key(&owner.join("::")));
    owner.map(|(owner, rest)| (owner.join("::"), rest.to_vec())).unwrap()
}

fn names(module: &str) -> Written {
    module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn parent(module: &str) -> Written {
    let mut names = names(module);
    names.pop();
    names
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::source::read_file;
    use super::*;

    fn crate_of(files: &[(&str, &str)]) -> Modules {
        let mut modules = BTreeMap::new();
        for (name, text) in files {
            read_file(name, text, &mut modules, &mut Vec::new());
        }
        modules
    }

    #[test]
    fn every_way_to_a_name_leads_to_its_home() {
        let modules = crate_of(&[
            ("", "mod api; mod store;"),
            ("store", "mod error; pub use error::StoreError;"),
            ("store::error", "pub struct StoreError;"),
            ("api", "pub mod a; pub mod b; use crate::store::{self, StoreError as Broken};"),
            ("api::a", "use super::{store::StoreError, b::thing};"),
            (
                "api::b",
                "use crate::api::a; pub fn thing() { a::x(); println!(\"{}\", super::super::store::y()); }",
            ),
        ]);
        let home = |module: &str, path: &str| {
            let path: Vec<_> = path.split("::").map(str::to_owned).collect();
            home(&modules, module, &path)
        };
        for (module, path, expected) in [
            ("api", "Broken", "store::error::StoreError"),
            ("api::a", "StoreError", "store::error::StoreError"),
            ("api::a", "super::Broken", "store::error::StoreError"),
            ("api::a", "thing", "api::b::thing"),
            ("api::b", "a::x", "api::a::x"),
            ("api::b", "super::super::store::y", "store::y"),
            ("api::b", "self::thing", "api::b::thing"),
        ] {
            assert_eq!(home(module, path).as_deref(), Some(expected), "{path} in {module}");
        }
        assert_eq!(home("api", "std::fmt"), None);
        let mentioned = modules["api::b"].mentions.iter().map(|path| path.join("::"));
        assert_eq!(mentioned.collect::<Vec<_>>(), ["crate::api::a", "a::x", "super::super::store::y"]);
    }
}
