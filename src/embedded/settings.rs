//! The server's settings, passed as arguments so that files in the data directory cannot override them.

use super::Options;

/// `-c name=value` for each setting; none of them is secret.
pub(super) fn arguments(options: &Options) -> Vec<String> {
    let max_connections = options.max_connections.max(1).to_string();
    let durability = ["fsync", "synchronous_commit", "full_page_writes"].map(|name| (name, "off"));
    let durability = if options.durable { &[][..] } else { &durability[..] };
    FIXED
        .iter()
        .chain(durability)
        .chain(&[("max_connections", max_connections.as_str())])
        .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
        .collect()
}

const FIXED: [(&str, &str); 15] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("superuser_reserved_connections", "0"),
    ("shared_buffers", "128MB"),
    ("jit", "off"),
    // No replicas, so minimal WAL is enough.
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_checkpoints", "off"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    // Failed statements and the DETAIL of constraint violations may contain personal data.
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("lc_messages", "C"),
];
