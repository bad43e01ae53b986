//! Applied by `userbatch migrate` after the numbered migrations, every time and in one transaction: the serving role,
//! functions, triggers, row level security and grants. One file each; all can be reapplied at any time.
//!
//! `migrations/README.md` describes how to change them while older gateways run.

use ring::digest::{Context, SHA256};

/// A file of this folder.
#[derive(Debug)]
pub(super) struct SqlFile {
    /// Its name, without `.sql`.
    pub(super) name: &'static str,
    /// Its statements.
    pub(super) text: &'static str,
}

macro_rules! files {
    ($($name:literal,)*) => {
        [$(SqlFile { name: $name, text: include_str!(concat!($name, ".sql")) },)*]
    };
}

/// All files, each after those it depends on.
pub(super) const FILES: [SqlFile; 45] = files![
    "role",
    "bound_tenant",
    "written_at",
    "lock_directory",
    "is_whole_dump",
    "usable",
    "may_touch",
    "caller_by_digest",
    "caller_by_public_id",
    "caller_by_id",
    "use_nonces",
    "add_credential_uses",
    "customer_window",
    "may_be_read_by",
    "cors_origin_listed",
    "revalidate",
    "revalidation",
    "users_by_keys",
    "user_page",
    "user_page_of",
    "transfer_pages",
    "announcement_pages",
    "review_pages",
    "holding_pages",
    "narrow_credentials",
    "count_added_users",
    "count_removed_users",
    "refuse_moving_users",
    "refuse_rewriting_audit",
    "erase_from_audit",
    "move_directory",
    "note_changes",
    "trim_user_changes",
    "note_users",
    "forget_user_changes",
    "forget_user_words",
    "users_noted",
    "feed_head",
    "user_changes",
    "move_access",
    "triggers",
    "policies",
    "obsolete",
    "grants",
    "restored",
];

/// Gives the serving role a login; applied only if there is a password.
pub(super) const LOGIN: SqlFile = SqlFile { name: "login", text: include_str!("login.sql") };

/// Signatures of the functions that a gateway calls, as PostgreSQL writes them.
pub(super) const CALLED: [&str; 15] = [
    "caller_by_digest(text, bytea)",
    "caller_by_public_id(text, text)",
    "caller_by_id(text, uuid, text, text)",
    "use_nonces(uuid[], text[], timestamp with time zone[])",
    "add_credential_uses(uuid[], bigint[], timestamp with time zone[])",
    "customer_window(uuid, text[], bigint, integer)",
    "may_be_read_by(uuid, text)",
    "revalidation(uuid[], bigint[], bigint, bigint, integer)",
    "users_by_keys(uuid, smallint[], text[], integer)",
    "user_page(uuid, bigint, integer)",
    "user_page_of(uuid, text[], bigint, integer)",
    "transfer_pages(uuid, jsonb)",
    "announcement_pages(uuid, jsonb)",
    "review_pages(uuid, jsonb)",
    "holding_pages(uuid, jsonb)",
];

/// Digest of the text of all files.
pub(super) fn digest() -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for file in &FILES {
        context.update(file.name.as_bytes());
        context.update(&[0]);
        context.update(file.text.as_bytes());
        context.update(&[0]);
    }
    context.finish().as_ref().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn folder(path: &str) -> Vec<PathBuf> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn every_file_of_the_folder_is_applied() {
        let files = folder("src/store/sql").into_iter().filter(|file| file.extension().unwrap() == "sql");
        let files: BTreeSet<String> =
            files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        let applied = FILES.iter().chain([&LOGIN]).map(|file| file.name.to_owned());
        assert_eq!(files, applied.collect());
    }

    #[test]
    fn every_function_that_a_gateway_calls_is_looked_for() {
        let called: BTreeSet<&str> = CALLED.iter().map(|call| call.split('(').next().unwrap()).collect();
        let source: String = folder("src/store")
            .iter()
            .chain(&folder("src/store/serving"))
            .filter(|path| path.is_file())
            .map(|file| fs::read_to_string(file).unwrap())
            .collect();
        let found = FILES.iter().map(|file| file.name).filter(|name| source.contains(&format!("{name}($1")));
        assert_eq!(called, found.collect());
    }
}
