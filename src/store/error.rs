//! Why the store could not answer.

use std::sync::Arc;

use sqlx::error::ErrorKind;

/// A failed statement. PostgreSQL's messages may quote data: they are kept as sources and never shown.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unreachable, starting or stopping, or no connection became free in time.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The statement exceeded a timeout, the serving role's or the gateway's own.
    #[error("the database did not answer in time")]
    TimedOut(#[source] sqlx::Error),
    /// Another transaction holds a lock that this one needs, and did not end in time.
    #[error("another change of the same is under way")]
    Locked(#[source] sqlx::Error),
    /// What the statement refers to was deleted meanwhile.
    #[error("what this belongs to was deleted meanwhile")]
    Gone(#[source] sqlx::Error),
    /// The statement needs a table, column, type or function that the schema lacks.
    #[error("the database's schema is not that of this release: run `userbatch migrate`")]
    Unmigrated(#[source] sqlx::Error),
    /// The role lacks a privilege: it is not the owner, or its grants are not restored yet.
    #[error(
        "the database role lacks permission: administration needs the owner's role; for a gateway, run \
         `userbatch migrate`"
    )]
    Denied(#[source] sqlx::Error),
    /// Something with this name already exists.
    #[error("{0} already exists")]
    Conflict(&'static str, #[source] sqlx::Error),
    /// The customer of a tenant to be created already exists and belongs to another partner.
    #[error("the customer with this id belongs to another partner")]
    OtherPartner,
    /// This version cannot read a stored document.
    #[error("a stored document cannot be read")]
    Document(#[from] serde_json::Error),
    /// The result is larger than [`MAX_RESULT_BYTES`](super::MAX_RESULT_BYTES).
    #[error("the result is too large")]
    TooLarge,
    /// The process is stopping, so the database was not waited for.
    #[error("the gateway is stopping")]
    Stopping,
    /// A statement shared by several requests failed.
    #[error(transparent)]
    Shared(Arc<StoreError>),
    /// Any other failure of a statement: a bug in the gateway or the schema.
    #[error("a statement failed")]
    Statement(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same call may succeed if it is retried.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::TimedOut(_)
            | Self::Locked(_)
            | Self::Unmigrated(_)
            | Self::Denied(_)
            | Self::Stopping => true,
            Self::Shared(error) => error.is_transient(),
            Self::Gone(_)
            | Self::Conflict(..)
            | Self::OtherPartner
            | Self::TooLarge
            | Self::Document(_)
            | Self::Statement(_) => false,
        }
    }

    /// An SQLSTATE code or the kind of failure, for the log. Omits the database's message, which may quote data that
    /// must not be logged.
    #[must_use]
    pub fn diagnosis(&self) -> String {
        match self {
            Self::TimedOut(sqlx::Error::PoolTimedOut) => "no answer in time".to_owned(),
            Self::Unavailable(e)
            | Self::TimedOut(e)
            | Self::Locked(e)
            | Self::Gone(e)
            | Self::Unmigrated(e)
            | Self::Denied(e)
            | Self::Conflict(_, e)
            | Self::Statement(e) => diagnosis(e),
            Self::OtherPartner => "another partner".to_owned(),
            Self::TooLarge => "too large".to_owned(),
            Self::Stopping => "stopping".to_owned(),
            Self::Shared(error) => error.diagnosis(),
            Self::Document(error) => format!("line {}, column {}", error.line(), error.column()),
        }
    }

    /// Names what already exists, if the failure is a unique violation.
    pub(super) fn conflict_on(self, what: &'static str) -> Self {
        match self {
            Self::Statement(sqlx::Error::Database(error)) if error.kind() == ErrorKind::UniqueViolation => {
                Self::Conflict(what, sqlx::Error::Database(error))
            }
            other => other,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error),
            sqlx::Error::Database(database) => {
                let kind = database.code().map_or(Kind::Other, |code| Kind::of(&code));
                match kind {
                    Kind::Connection => Self::Unavailable(error),
                    Kind::Time => Self::TimedOut(error),
                    Kind::Lock => Self::Locked(error),
                    Kind::Reference => Self::Gone(error),
                    Kind::Schema => Self::Unmigrated(error),
                    Kind::Privilege => Self::Denied(error),
                    Kind::Other => Self::Statement(error),
                }
            }
            sqlx::Error::RowNotFound => Self::Gone(error),
            _ => Self::Statement(error),
        }
    }
}

/// Whether `text` contains a NUL. PostgreSQL cannot store one and rejects it as a parameter, so no row matches.
pub(super) fn contains_nul(text: &str) -> bool {
    text.contains('\0')
}

fn diagnosis(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => {
            format!("SQLSTATE {}", database.code().as_deref().unwrap_or("unknown"))
        }
        sqlx::Error::Io(io) => format!("I/O: {}", io.kind()),
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} could not be decoded"),
        sqlx::Error::Decode(_) => "a value could not be decoded".to_owned(),
        sqlx::Error::Protocol(_) => "broken protocol".to_owned(),
        other => format!("{:?}", std::mem::discriminant(other)),
    }
}

/// Classes of SQLSTATE codes (PostgreSQL manual, appendix A).
#[derive(Clone, Copy)]
enum Kind {
    Connection,
    Time,
    Lock,
    Reference,
    Schema,
    Privilege,
    Other,
}

impl Kind {
    fn of(code: &str) -> Self {
        match code {
            // query_canceled by statement_timeout.
            "57014" => Self::Time,
            // lock_not_available by lock_timeout, serialization_failure, deadlock_detected.
            "55P03" | "40001" | "40P01" => Self::Lock,
            // foreign_key_violation.
            "23503" => Self::Reference,
            // No such table, column, function or type.
            "42P01" | "42703" | "42883" | "42704" => Self::Schema,
            "42501" => Self::Privilege,
            // No such database: it may be in the process of being restored.
            "3D000" => Self::Connection,
            // Connection, resources, operator intervention; authorisation, which fails while a server's roles are
            // being restored.
            _ if ["08", "53", "57P", "28"].iter().any(|class| code.starts_with(class)) => Self::Connection,
            _ => Self::Other,
        }
    }
}
