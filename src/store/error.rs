//! Why the store could not answer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sqlx::error::ErrorKind;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::tls;

/// `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";

/// What the driver or PostgreSQL reported. Shows an SQLSTATE or the kind of failure alone, in `Debug` too, and has no
/// source: PostgreSQL's messages may quote data.
#[derive(thiserror::Error)]
#[error("{}", diagnosis(.0))]
pub struct DriverError(pub(super) sqlx::Error);

impl DriverError {
    /// The SQLSTATE.
    pub(super) fn code(&self) -> Option<Cow<'_, str>> {
        self.0.as_database_error().and_then(sqlx::error::DatabaseError::code)
    }
}

impl fmt::Debug for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DriverError({self})")
    }
}

/// Where a stored document cannot be read. The parser's message would quote it.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}")]
pub struct DocumentFault {
    line: usize,
    column: usize,
}

/// A failed statement. No text of PostgreSQL's is shown, by whatever path.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unreachable, starting or stopping, or no connection became free in time.
    #[error("the database is unavailable")]
    Unavailable(#[source] DriverError),
    /// The statement exceeded a timeout, the serving role's or the gateway's own.
    #[error("the database did not answer in time")]
    TimedOut(#[source] DriverError),
    /// Another transaction holds a lock that this one needs, and did not end in time.
    #[error("another change of the same is under way")]
    Locked(#[source] DriverError),
    /// What the statement refers to was deleted meanwhile.
    #[error("what this belongs to was deleted meanwhile")]
    Gone(#[source] DriverError),
    /// The server only reads: it is a standby, or a primary that has been made to. Another server may be the one that
    /// writes, and what this one has may be old.
    #[error(
        "the database only reads, as a standby or with default_transaction_read_only: use the URL of a primary that writes"
    )]
    ReadOnly,
    /// The statement needs a table, column, type or function that the schema lacks.
    #[error("the database's schema is not that of this release: run `userbatch migrate`")]
    Unmigrated(#[source] DriverError),
    /// The role lacks a privilege: it is not the owner, or its grants are not restored yet.
    #[error(
        "the database role lacks permission: administration needs the owner's role; for a gateway, run \
         `userbatch migrate`"
    )]
    Denied(#[source] DriverError),
    /// Something with this name already exists.
    #[error("{0} already exists")]
    Conflict(&'static str, #[source] DriverError),
    /// The customer of a tenant to be created already exists and belongs to another partner.
    #[error("the customer with this id belongs to another partner")]
    OtherPartner,
    /// This version cannot read a stored document.
    #[error("a stored document cannot be read")]
    Document(#[source] DocumentFault),
    /// People were erased, and the key of their digests is not at hand.
    #[error(
        "people of this tenant were erased, and without the gateway's secret key it cannot be told whether this is about \
         one of them: set USERBATCH_SECRET_KEY as the gateway has it, or add the key that it had when it was last \
         resealed"
    )]
    ErasureKey,
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
    Statement(#[source] DriverError),
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
            | Self::ReadOnly
            | Self::Stopping => true,
            Self::Shared(error) => error.is_transient(),
            Self::Gone(_)
            | Self::Conflict(..)
            | Self::OtherPartner
            | Self::ErasureKey
            | Self::TooLarge
            | Self::Document(_)
            | Self::Statement(_) => false,
        }
    }

    /// Whether no connection became free, or could be opened, in time.
    #[must_use]
    pub const fn is_no_connection(&self) -> bool {
        matches!(self, Self::Unavailable(DriverError(sqlx::Error::PoolTimedOut)))
    }

    /// An SQLSTATE code or the kind of failure, for the log. Omits the database's message, which may quote data that
    /// must not be logged.
    #[must_use]
    pub fn diagnosis(&self) -> String {
        match self {
            Self::TimedOut(DriverError(sqlx::Error::PoolTimedOut)) => "no answer in time".to_owned(),
            Self::Unavailable(e)
            | Self::TimedOut(e)
            | Self::Locked(e)
            | Self::Gone(e)
            | Self::Unmigrated(e)
            | Self::Denied(e)
            | Self::Conflict(_, e)
            | Self::Statement(e) => e.to_string(),
            Self::OtherPartner => "another partner".to_owned(),
            Self::ErasureKey => "no key of erasures".to_owned(),
            Self::TooLarge => "too large".to_owned(),
            Self::ReadOnly => format!("SQLSTATE {READ_ONLY}"),
            Self::Stopping => "stopping".to_owned(),
            Self::Shared(error) => error.diagnosis(),
            Self::Document(fault) => fault.to_string(),
        }
    }

    /// Names what already exists, if the failure is a unique violation.
    pub(super) fn conflict_on(self, what: &'static str) -> Self {
        match self {
            Self::Statement(DriverError(sqlx::Error::Database(error)))
                if error.kind() == ErrorKind::UniqueViolation =>
            {
                Self::Conflict(what, DriverError(sqlx::Error::Database(error)))
            }
            other => other,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let kind = Kind::of(&error);
        let error = DriverError(error);
        match kind {
            Kind::Connection => Self::Unavailable(error),
            Kind::Time => Self::TimedOut(error),
            Kind::Lock => Self::Locked(error),
            Kind::Reference => Self::Gone(error),
            Kind::ReadOnly => Self::ReadOnly,
            Kind::Schema => Self::Unmigrated(error),
            Kind::Privilege => Self::Denied(error),
            Kind::Other => Self::Statement(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Document(DocumentFault { line: error.line(), column: error.column() })
    }
}

/// Whether `text` contains a NUL. PostgreSQL cannot store one and rejects it as a parameter, so no row matches.
pub(super) fn contains_nul(text: &str) -> bool {
    text.contains('\0')
}

fn diagnosis(error: &sqlx::Error) -> String {
    if let Some(text) = tls::diagnosis(error) {
        return text.into_owned();
    }
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or("unknown".into());
            format!("SQLSTATE {code}{}", meaning(&code))
        }
        sqlx::Error::Io(io) => format!("I/O: {}", io.kind()),
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        sqlx::Error::PoolClosed => "closed".to_owned(),
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} could not be decoded"),
        sqlx::Error::Decode(_) => "a value could not be decoded".to_owned(),
        sqlx::Error::Protocol(_) => "broken protocol".to_owned(),
        sqlx::Error::Configuration(_) => {
            "the database URL cannot be used: check what sslcert and sslkey name".to_owned()
        }
        other => format!("{:?}", std::mem::discriminant(other)),
    }
}

/// What an operator can do about the condition with this code, if it is the server's.
fn meaning(code: &str) -> &'static str {
    match code {
        "26000" | "42P05" => {
            ", the database is behind a pooler without prepared statements: with PgBouncer 1.21 or later, set \
             max_prepared_statements, with an earlier one pool_mode=session"
        }
        "28P01" => ", the password is wrong",
        "53100" => ", the server's disk is full",
        "53300" => ", the server has no connection left: raise its max_connections",
        _ => "",
    }
}

/// What an error says about the next attempt.
#[derive(Clone, Copy)]
enum Kind {
    Connection,
    Time,
    Lock,
    Reference,
    ReadOnly,
    Schema,
    Privilege,
    Other,
}

impl Kind {
    fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Connection,
            sqlx::Error::Database(said) => match Self::of_code(said.code().as_deref().unwrap_or_default()) {
                // It has ended the session: what failed is the server, whatever its code says of the cause.
                Self::Other if ends_session(&**said) => Self::Connection,
                kind => kind,
            },
            sqlx::Error::RowNotFound => Self::Reference,
            _ => Self::Other,
        }
    }

    /// By the code (PostgreSQL manual, appendix A).
    fn of_code(code: &str) -> Self {
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
            READ_ONLY => Self::ReadOnly,
            // No such database: it may be in the process of being restored. Prepared statements that a pooler has
            // mixed up.
            "3D000" | "26000" | "42P05" => Self::Connection,
            // Connection, resources such as the disk, operator intervention, the system's and internal errors;
            // authorisation, which fails while a server's roles are being restored.
            _ if ["08", "53", "57", "58", "XX", "28"].iter().any(|class| code.starts_with(class)) => {
                Self::Connection
            }
            _ => Self::Other,
        }
    }
}

fn ends_session(said: &dyn sqlx::error::DatabaseError) -> bool {
    said.try_downcast_ref::<PgDatabaseError>()
        .is_some_and(|said| matches!(said.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}
