//! Runs the program itself like an operator, in a separate directory.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::app::{Database, SECRET_KEY};

static DIRECTORIES: AtomicU32 = AtomicU32::new(0);

pub struct Program {
    pub database: Database,
    pub directory: PathBuf,
}

impl Program {
    pub fn new(database: Database) -> Self {
        let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("userbatch-run-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self { database, directory }
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_userbatch"));
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.directory)
            .env_clear()
            .env("USER", "operator")
            .env("DATABASE_URL", &self.database.owner_url)
            .env("USERBATCH_SECRET_KEY", SECRET_KEY);
        command
    }

    /// What the command prints as JSON.
    pub fn json(&self, arguments: &str) -> Value {
        json_of(&self.command(arguments).args(["--output", "json"]).output().unwrap(), arguments)
    }

    /// The tenant's export.
    pub fn export(&self, slug: &str) -> Vec<u8> {
        let output = self.command("export --tenant").arg(slug).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.directory.join(name), text).unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What is left of a test that failed must not hide why.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What a command that was to succeed printed as JSON. An import may have rejected records.
pub fn json_of(output: &Output, arguments: &str) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 2)), "{arguments}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}
