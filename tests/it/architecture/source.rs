//! The crate's source as modules with the paths that they mention, without code compiled only for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it is written, such as `["super", "error", "Error"]`.
pub type Written = Vec<String>;

/// What a `use` or a `type` calls by a name of its own.
#[derive(Debug)]
pub struct Alias {
    pub target: Written,
    /// Whether other modules can name it by this name.
    pub exported: bool,
}

#[derive(Debug, Default)]
pub struct Module {
    pub children: BTreeSet<String>,
    pub aliases: BTreeMap<String, Alias>,
    /// Paths of two names and more.
    pub mentions: Vec<Written>,
    pub globs: Vec<Written>,
}

/// Modules by their path, such as `api::bitbadges::error`; the crate's root is the empty path.
pub type Modules = BTreeMap<String, Module>;

/// All modules below the directory of the crate's root.
pub fn read(root: &Path) -> Modules {
    let (mut modules, mut test_only) = (Modules::new(), Vec::new());
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root).unwrap().with_extension("");
                let mut name: Vec<_> = relative.iter().map(|part| part.to_str().unwrap()).collect();
                name.pop_if(|last| matches!(*last, "mod" | "lib"));
                read_file(
                    &name.join("::"),
                    &std::fs::read_to_string(path).unwrap(),
                    &mut modules,
                    &mut test_only,
                );
            }
        }
    }
    modules.retain(|module, _| !test_only.iter().any(|test| super::is_below(module, test)));
    modules
}

/// Adds the module `name` with this text, and the modules within; to `test_only` those that are for tests alone.
pub fn read_file(name: &str, text: &str, modules: &mut Modules, test_only: &mut Vec<String>) {
    let tokens: TokenStream = text.parse().unwrap();
    Reader { name: name.to_owned(), modules, test_only }.read(tokens);
}

pub fn child(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

struct Reader<'a> {
    name: String,
    modules: &'a mut Modules,
    test_only: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        self.modules.entry(self.name.clone()).or_default()
    }

    fn read(&mut self, tokens: TokenStream) {
        self.module();
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at..];
            at += match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => self.attribute(rest),
                TokenTree::Ident(word) if word == "use" => self.import(is_public(&tokens[..at]), rest),
                TokenTree::Ident(word) if word == "type" => self.type_alias(is_public(&tokens[..at]), rest),
                TokenTree::Ident(word) if word == "mod" => self.submodule(rest),
                TokenTree::Ident(_) => self.path(rest),
                TokenTree::Group(group) => {
                    self.read(group.stream());
                    1
                }
                _ => 1,
            };
        }
    }

    /// Reads an attribute; if it is `cfg(test)`, also past what it is of. The number of tokens.
    fn attribute(&mut self, tokens: &[TokenTree]) -> usize {
        let Some(TokenTree::Group(group)) = tokens.get(1) else { return 1 };
        let text = group.stream().to_string();
        if text.starts_with("cfg") && text.contains("test") {
            return self.test_only_item(tokens);
        }
        if text.starts_with("serde") {
            // Paths in quotes, such as those of `with`.
            let quoted = text.split('"').filter(|part| part.contains("::")).map(split);
            self.module().mentions.extend(quoted.collect::<Vec<_>>());
        }
        if !text.starts_with("doc") {
            self.read(group.stream());
        }
        2
    }

    fn test_only_item(&mut self, tokens: &[TokenTree]) -> usize {
        let ends = |token: &TokenTree| is_punct(token, ';') || is_group(token, Delimiter::Brace);
        let end = tokens.iter().position(ends).unwrap_or(tokens.len() - 1);
        if let [TokenTree::Ident(word), TokenTree::Ident(name), _] = &tokens[end - 2..=end]
            && word == "mod"
        {
            self.test_only.push(child(&self.name, &name.to_string()));
        }
        end + 1
    }

    fn submodule(&mut self, tokens: &[TokenTree]) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(1) else { return 1 };
        let name = name.to_string();
        self.module().children.insert(name.clone());
        if let Some(TokenTree::Group(body)) = tokens.get(2) {
            let name = child(&self.name, &name);
            Reader { name, modules: self.modules, test_only: self.test_only }.read(body.stream());
            return 3;
        }
        2
    }

    fn path(&mut self, tokens: &[TokenTree]) -> usize {
        let (path, length) = leading_path(tokens);
        if path.len() > 1 {
            self.module().mentions.push(path);
        }
        length
    }

    fn type_alias(&mut self, exported: bool, tokens: &[TokenTree]) -> usize {
        let end = tokens.iter().position(|token| is_punct(token, ';')).unwrap_or(tokens.len());
        let equals = tokens[..end].iter().position(|token| is_punct(token, '='));
        if let (Some(TokenTree::Ident(name)), Some(equals)) = (tokens.get(1), equals) {
            let (target, _) = leading_path(&tokens[equals + 1..end]);
            self.module().aliases.insert(name.to_string(), Alias { target, exported });
        }
        1
    }

    fn import(&mut self, exported: bool, tokens: &[TokenTree]) -> usize {
        let end = tokens.iter().position(|token| is_punct(token, ';')).unwrap_or(tokens.len());
        // Not `impl Trait + use<'a>`.
        if !tokens.get(1).is_some_and(|next| is_punct(next, '<')) {
            self.import_tree(&[], exported, &tokens[1..end]);
        }
        end
    }

    fn import_tree(&mut self, prefix: &[String], exported: bool, tokens: &[TokenTree]) {
        let branches = tokens.split(|token| is_punct(token, ','));
        for branch in branches.filter(|branch| !branch.is_empty()) {
            let (path, length) = leading_path(branch);
            let target = [prefix, &path].concat();
            match &branch[length..] {
                [.., TokenTree::Group(group)] => {
                    let group: Vec<_> = group.stream().into_iter().collect();
                    self.import_tree(&target, exported, &group);
                }
                [.., TokenTree::Punct(_)] => self.module().globs.push(target),
                rest => self.name(rest.last().map(ToString::to_string), target, exported),
            }
        }
    }

    fn name(&mut self, renamed: Option<String>, mut target: Written, exported: bool) {
        target.pop_if(|last| last == "self");
        let name = renamed.filter(|name| name != "_").or_else(|| target.last().cloned()).unwrap();
        self.module().mentions.push(target.clone());
        self.module().aliases.insert(name, Alias { target, exported });
    }
}

/// The path that the tokens begin with, and how many tokens it has.
fn leading_path(tokens: &[TokenTree]) -> (Written, usize) {
    let (mut path, mut at) = (Vec::new(), 0);
    loop {
        let separators = tokens[at..].iter().take(2).take_while(|token| is_punct(token, ':')).count();
        match tokens.get(at + separators) {
            Some(TokenTree::Ident(name)) if separators == 2 || path.is_empty() && separators == 0 => {
                path.push(name.to_string());
                at += separators + 1;
            }
            // `::name` is of another crate, and a path may go on with `{`, `*` or `<`.
            _ => return (path, at.max(1)),
        }
    }
}

fn split(path: &str) -> Written {
    path.split("::").map(str::to_owned).collect()
}

/// Whether the tokens end with `pub` or `pub(…)`.
fn is_public(before: &[TokenTree]) -> bool {
    let is_pub = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "pub");
    match before {
        [.., word, scope] if is_group(scope, Delimiter::Parenthesis) => is_pub(word),
        [.., word] => is_pub(word),
        [] => false,
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}
