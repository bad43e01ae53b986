//! Why the store could not answer.

use std::sync::Arc;

use sqlx::error::ErrorKind;

/// A failed statement. Messages of Postgres that may quote data are kept as sources and never shown.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is starting or stopping, or no connection was free in time.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The statement ran into a time limit of the serving role.
    #[error("the database did not answer in time")]
    TimedOut(#[source] sqlx::Error),
    /// Something with this name is there already.
    #[error("{0} is there already")]
    Conflict(&'static str, #[source] sqlx::Error),
    /// The customer of a tenant to be made is there already, of another partner.
    #[error("the customer of this id belongs to another partner")]
    OtherPartner,
    /// A stored document is not what this version can read.
    #[error("a stored document cannot be read")]
    Document(#[from] serde_json::Error),
    /// The process ends before the database could answer.
    #[error("the gateway is stopping")]
    Stopping,
    /// A statement that several requests waited for failed.
    #[error(transparent)]
    Shared(Arc<StoreError>),
    /// Any other failure of a statement: a defect of the gateway or of the schema.
    #[error("a statement failed")]
    Statement(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::TimedOut(_) | Self::Stopping => true,
            Self::Shared(error) => error.is_transient(),
            Self::Conflict(..) | Self::OtherPartner | Self::Document(_) | Self::Statement(_) => false,
        }
    }

    /// What the database said, without its words: an SQLSTATE code or the kind of failure. Its messages may quote
    /// data, which belongs in no log.
    #[must_use]
    pub fn diagnosis(&self) -> String {
        match self {
            Self::Unavailable(e) | Self::TimedOut(e) | Self::Conflict(_, e) | Self::Statement(e) => {
                diagnosis(e)
            }
            Self::OtherPartner => "another partner".to_owned(),
            Self::Stopping => "stopping".to_owned(),
            Self::Shared(error) => error.diagnosis(),
            Self::Document(error) => format!("line {}, column {}", error.line(), error.column()),
        }
    }

    /// Names what was there already, if that is what failed.
    pub(super) fn conflict_on(self, what: &'static str) -> Self {
        match self {
            Self::Statement(sqlx::Error::Database(error)) if error.kind() == ErrorKind::UniqueViolation => {
                Self::Conflict(what, sqlx::Error::Database(error))
            }
            other => other,
        }
    }
}

/// `query_canceled`: `statement_timeout`; `lock_not_available`: `lock_timeout`.
const TIMEOUTS: [&str; 2] = ["57014", "55P03"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error),
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some(code) if TIMEOUTS.contains(&code) => Self::TimedOut(error),
                Some(code) if is_connection_failure(code) => Self::Unavailable(error),
                _ => Self::Statement(error),
            },
            _ => Self::Statement(error),
        }
    }
}

/// Whether Postgres has no such text, so that no row can have it: a NUL in a parameter is an error there.
pub(super) fn is_no_text(text: &str) -> bool {
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

/// SQLSTATE classes 08 (connection), 53 (resources), 57P (operator intervention), 28 (authorisation: what a server
/// says whose roles are being restored), and what it says of a database (3D000), a table (42P01) or a function
/// (42883) that is not there: the schema is still to be migrated.
fn is_connection_failure(code: &str) -> bool {
    ["08", "53", "57P", "28", "3D000", "42P01", "42883"].iter().any(|class| code.starts_with(class))
}
