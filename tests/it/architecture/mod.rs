//! The module dependencies are those in the tables of `src/lib.rs`.

mod resolve;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use userbatch::core::face::Face;

use self::resolve::{home, other_crate};
use self::source::{Alias, Modules, Written};

const MOST_LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The crate's modules with the tables of its documentation.
struct Layout {
    modules: Modules,
    /// What each row of the first table may import.
    rows: BTreeMap<String, Vec<String>>,
    /// Where each crate of the second table may be used.
    crates: BTreeMap<String, Vec<String>>,
}

impl Layout {
    fn read() -> Self {
        let mut modules = source::read(&root());
        // The program and the library's root are above all rows.
        modules.remove("main");
        let mut rows = table("module");
        for allowed in rows.values_mut().flatten() {
            // The table names what a module shows; what counts is where that is at home.
            let path: Vec<_> = ["crate"].into_iter().chain(allowed.split("::")).map(str::to_owned).collect();
            *allowed = home(&modules, "", &path).unwrap();
        }
        Self { modules, rows, crates: table("crate") }
    }

    /// The innermost row that `path` is in.
    fn row(&self, path: &str) -> Option<&str> {
        self.rows.keys().filter(|row| is_below(path, row)).max_by_key(|row| row.len()).map(String::as_str)
    }

    /// Whether `module` may name what is at home at `target`.
    fn allows(&self, module: &str, target: &str) -> bool {
        let Some(row) = self.row(module) else { return false };
        let is_allowed =
            |allowed: &String| is_below(target, allowed) && self.row(target) == self.row(allowed);
        // A module may name the rows right below it: it declares them.
        self.row(target) == Some(row) || is_below(target, module) || self.rows[row].iter().any(is_allowed)
    }

    /// Every path that a module below the root mentions.
    fn mentions(&self) -> impl Iterator<Item = (&str, &Written)> {
        let modules = self.modules.iter().filter(|(name, _)| !name.is_empty());
        modules.flat_map(|(name, module)| module.mentions.iter().map(move |path| (name.as_str(), path)))
    }
}

/// The rows of the table in the crate's documentation whose first column is headed `heading`.
fn table(heading: &str) -> BTreeMap<String, Vec<String>> {
    let documentation = std::fs::read_to_string(root().join("lib.rs")).unwrap().replace('`', "");
    let lines =
        documentation.lines().skip_while(|line| !line.starts_with(&format!("//! | {heading} |"))).skip(2);
    let rows = lines.map_while(|line| line.strip_prefix("//! | ")).map(|row| row.split_once('|').unwrap());
    let list = |text: &str| {
        text.split([',', '|']).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    };
    rows.map(|(name, names)| (name.trim().to_owned(), list(names))).collect()
}

/// Whether `name` is `of` or lies below it.
fn is_below(name: &str, of: &str) -> bool {
    name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_tables_name_what_there_is() {
    let layout = Layout::read();
    assert!(layout.rows.len() > 10 && layout.crates.contains_key("sqlx"), "the tables were not found");
    let modules = layout.modules.keys().filter(|name| !name.is_empty());
    let mut faults: Vec<_> = modules
        .filter(|name| layout.row(name).is_none())
        .map(|name| format!("{name} is in no row"))
        .collect();
    let rows = layout.rows.keys().filter(|row| !layout.modules.contains_key(*row));
    faults.extend(rows.map(|row| format!("{row} is a row but no module")));
    assert_none(&faults);
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let layout = Layout::read();
    let mut faults = Vec::new();
    for (module, path) in layout.mentions() {
        if let Some(target) = home(&layout.modules, module, path)
            && !layout.allows(module, &target)
        {
            faults.push(format!("{module} names {target}, by {}", path.join("::")));
        }
    }
    assert_none(&faults);
}

#[test]
fn no_row_passes_on_what_belongs_to_another() {
    let layout = Layout::read();
    let mut faults = Vec::new();
    for (name, module) in &layout.modules {
        for (alias, Alias { target, .. }) in module.aliases.iter().filter(|(_, alias)| alias.exported) {
            let passed_on = match home(&layout.modules, name, target) {
                Some(home) => layout.row(&home) != layout.row(name),
                None => other_crate(&layout.modules, name, target)
                    .is_some_and(|of| layout.crates.contains_key(&of)),
            };
            if passed_on {
                faults.push(format!("{name} passes on {} as {alias}", target.join("::")));
            }
        }
    }
    assert_none(&faults);
}

/// A path that begins with a name from a glob import would be lost on these tests.
#[test]
fn nothing_of_the_crates_own_is_imported_by_a_glob() {
    let Layout { modules, .. } = Layout::read();
    let globs = modules.iter().flat_map(|(name, module)| module.globs.iter().map(move |path| (name, path)));
    let ours = globs.filter(|(name, path)| home(&modules, name, path).is_some());
    assert_none(&ours.map(|(name, path)| format!("{name}: {}::*", path.join("::"))).collect::<Vec<_>>());
}

#[test]
fn crates_stay_in_their_places() {
    let layout = Layout::read();
    let mut faults = Vec::new();
    for (module, path) in layout.mentions() {
        if let Some(of) = other_crate(&layout.modules, module, path)
            && let Some(places) = layout.crates.get(&of)
            && !places.iter().any(|place| is_below(module, place))
        {
            faults.push(format!("{module} uses {}", path.join("::")));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_face_has_the_same_files() {
    for face in Face::ALL.map(Face::as_str) {
        let directory = root().join("api").join(face);
        for file in ["mod", "auth", "error", "routes"] {
            let found =
                directory.join(format!("{file}.rs")).exists() || directory.join(file).join("mod.rs").exists();
            assert!(found, "{face} has no {file}");
        }
    }
}

#[test]
fn files_can_be_read_at_one_sitting() {
    let mut long = Vec::new();
    let mut open = vec![root()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            long.extend((lines > MOST_LINES).then(|| format!("{}: {lines} lines", path.display())));
        }
    }
    assert_none(&long);
}
