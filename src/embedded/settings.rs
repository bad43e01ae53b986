//! The server's settings, as arguments, so that nothing in the data directory overrides them.

use super::Options;

/// `-c name=value` for each setting; none is secret.
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
    // There are no replicas: the leanest WAL will do.
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_checkpoints", "off"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    // The text of a failed statement and the DETAIL of a violated constraint may contain users' data.
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("lc_messages", "C"),
];
