//! `userbatch man` writes a page for every command, in the language of `man`.

use std::path::Path;
use std::process::Command;

use clap::CommandFactory as _;
use userbatch::cli::Cli;

use crate::app::SECRET_KEY;

/// The macros of man(7), and the requests, that the pages use.
const KNOWN: [&str; 10] = ["TH", "SH", "TP", "PP", "IP", "RS", "RE", "br", "ie", "el"];

/// The names of a command and of all below it, such as `userbatch-tenant-create`.
fn names(command: &clap::Command, name: &str, found: &mut Vec<String>) {
    found.push(name.to_owned());
    for command in command.get_subcommands() {
        names(command, &format!("{name}-{}", command.get_name()), found);
    }
}

fn man(directory: Option<&Path>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_userbatch"));
    command.arg("man").env("USERBATCH_SECRET_KEY", SECRET_KEY);
    if let Some(directory) = directory {
        command.arg("--dir").arg(directory);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The lines below a heading of a page.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let rest = page.split_once(&format!("\n.SH {heading}\n")).expect(page).1;
    rest.split_once("\n.SH ").map_or(rest, |(section, _)| section)
}

fn check(page: &str, name: &str) {
    let roff = name.replace('-', "\\-");
    assert!(section(page, "NAME").starts_with(&format!("{roff} \\- ")), "{page}");
    let synopsis = format!("\\fB{}\\fR", name.replacen("userbatch-", "userbatch ", 1));
    assert!(section(page, "SYNOPSIS").replace(' ', "-").starts_with(&synopsis.replace(' ', "-")), "{page}");
    let version = format!("\"userbatch {}\"", env!("CARGO_PKG_VERSION"));
    assert!(page.lines().any(|line| line.starts_with(".TH ") && line.contains(&version)), "{page}");
    for line in page.lines().filter_map(|line| line.strip_prefix(['.', '\''])) {
        let request = line.split_whitespace().next().unwrap_or_default();
        assert!(KNOWN.contains(&request), "{name}: {line}");
    }
    assert!(!page.contains(SECRET_KEY), "{name}");
}

#[test]
fn every_command_has_a_page() {
    let directory = std::env::temp_dir().join(format!("userbatch-man-{}", std::process::id()));
    assert_eq!(man(Some(&directory.join("man1"))), "");
    let mut expected = Vec::new();
    names(&Cli::command(), "userbatch", &mut expected);
    let files = std::fs::read_dir(directory.join("man1")).unwrap();
    let mut written: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut files: Vec<_> = expected.iter().map(|name| format!("{name}.1")).collect();
    written.sort();
    files.sort();
    assert_eq!(written, files);
    for name in &expected {
        let page = std::fs::read_to_string(directory.join("man1").join(format!("{name}.1"))).unwrap();
        check(&page, name);
        assert!(name != "userbatch" || page == man(None), "what is printed is the program's own page");
    }
    std::fs::remove_dir_all(directory).unwrap();
}
