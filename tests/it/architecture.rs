//! The layout is what `src/lib.rs` says it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FACES: [&str; 3] = ["bitbadges", "avepoint", "genauth"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file with the path of its module, such as `api::bitbadges::dto`.
fn modules() -> Vec<(String, String)> {
    let (mut found, mut open) = (Vec::new(), vec![root()]);
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root()).unwrap().with_extension("");
                let name = relative.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("::");
                found.push((
                    name.trim_end_matches("::mod").to_owned(),
                    std::fs::read_to_string(path).unwrap(),
                ));
            }
        }
    }
    found
}

/// The rows of the table in the crate's documentation whose first column is headed `heading`.
fn table(heading: &str) -> BTreeMap<String, Vec<String>> {
    let documentation = std::fs::read_to_string(root().join("lib.rs")).unwrap();
    let documentation = documentation.replace('`', "");
    documentation
        .lines()
        .filter_map(|line| line.strip_prefix("//! |"))
        .map(|row| row.split('|').map(str::trim).collect::<Vec<_>>())
        .skip_while(|row| row[0] != heading)
        .skip(2)
        .take_while(|row| row[0] != "crate")
        .map(|row| {
            let list = row[1].split(", ").filter(|name| !name.is_empty());
            (row[0].to_owned(), list.map(str::to_owned).collect())
        })
        .collect()
}

/// Code without comments, and without what is compiled for tests alone.
fn code(text: &str) -> String {
    let production = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    production.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path that follows `prefix::` in the code.
fn paths(code: &str, prefix: &str) -> Vec<String> {
    let prefix = format!("{prefix}::");
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let starts = code.match_indices(&prefix).filter(|(at, _)| {
        let before = code[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '$')
    });
    let mut found = Vec::new();
    for (at, matched) in starts {
        let rest = &code[at + matched.len()..];
        let path: String = rest.chars().take_while(|c| is_path(*c)).collect();
        let group = rest[path.len()..].strip_prefix('{').and_then(|group| group.split('}').next());
        match group {
            Some(group) => found.extend(group.split(',').map(|name| format!("{path}{}", name.trim()))),
            None => found.push(path),
        }
    }
    found
}

/// Whether `name` is `of` or lies below it.
fn is_below(name: &str, of: &str) -> bool {
    name == of || name.strip_prefix(of).is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table = table("module");
    assert!(table.len() > 10, "the table was not found");
    let mut faults = Vec::new();
    for (module, text) in modules().iter().filter(|(module, _)| module != "lib" && module != "main") {
        let row = table.keys().filter(|row| is_below(module, row)).max_by_key(|row| row.len());
        let Some(row) = row else {
            faults.push(format!("{module} is in no row of the table"));
            continue;
        };
        let own = row.as_str();
        for path in paths(&code(text), "crate") {
            let allowed = table[row].iter().any(|allowed| is_below(&path, allowed));
            let into_face =
                FACES.iter().map(|face| format!("api::{face}")).any(|face| is_below(&path, &face));
            let from_face = own.starts_with("api::");
            let ok = is_below(&path, own) || (allowed && !(from_face && into_face));
            if !ok {
                faults.push(format!("{module} imports {path}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn crates_stay_in_their_places() {
    let mut faults = Vec::new();
    let table = table("crate");
    assert!(table.contains_key("sqlx"), "the table was not found");
    for (name, places) in table {
        for (module, text) in modules() {
            let used = !paths(&code(&text), &name).is_empty();
            if used && !places.iter().any(|place| is_below(&module, place)) {
                faults.push(format!("{module} uses {name}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_face_has_the_same_files() {
    for face in FACES {
        let directory = root().join("api").join(face);
        for file in ["mod", "auth", "dto", "error", "routes"] {
            let found =
                directory.join(format!("{file}.rs")).exists() || directory.join(file).join("mod.rs").exists();
            assert!(found, "{face} has no {file}");
        }
    }
}

#[test]
fn files_can_be_read_at_one_sitting() {
    let long: Vec<String> = modules()
        .into_iter()
        .map(|(module, text)| (module, text.lines().count()))
        .filter(|(_, lines)| *lines > 400)
        .map(|(module, lines)| format!("{module}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
