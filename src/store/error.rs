//! Why the store could not answer.

use std::sync::Arc;

use sqlx::error::ErrorKind;

/// A failed statement. Messages of Postgres that may quote data are kept as sources and never shown.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is starting or stopping, or no connection was free in time.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The statement ran into a time limit of the serving role.
    #[error("the database did not answer in time")]
    TimedOut(#[source] sqlx::Error),
    /// The statement needs a table, column, type or function that the schema does not have.
    #[error("the database's schema is not this release's: run `userbatch migrate`")]
    Unmigrated(#[source] sqlx::Error),
    /// The role may not do this: it is the serving role where the owner is needed, or its grants are still to be restored.
    #[error(
        "the database's role may not do this: administration needs the owner's; a gateway, that `userbatch migrate` has run"
    )]
    Denied(#[source] sqlx::Error),
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
            Self::Unavailable(_)
            | Self::TimedOut(_)
            | Self::Unmigrated(_)
            | Self::Denied(_)
            | Self::Stopping => true,
            Self::Shared(error) => error.is_transient(),
            Self::Conflict(..) | Self::OtherPartner | Self::Document(_) | Self::Statement(_) => false,
        }
    }

    /// What the database said, without its words: an SQLSTATE code or the kind of failure. Its messages may quote
    /// data, which belongs in no log.
    #[must_use]
    pub fn diagnosis(&self) -> String {
        match self {
            Self::Unavailable(e)
            | Self::TimedOut(e)
            | Self::Unmigrated(e)
            | Self::Denied(e)
            | Self::Conflict(_, e)
            | Self::Statement(e) => diagnosis(e),
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
                    Kind::Schema => Self::Unmigrated(error),
                    Kind::Privilege => Self::Denied(error),
                    Kind::Other => Self::Statement(error),
                }
            }
            _ => Self::Statement(error),
        }
    }
}

/// Whether Postgres has no such text, so that no row can have it: a NUL in a parameter is an error there.
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

/// What an SQLSTATE says (PostgreSQL manual, appendix A).
#[derive(Clone, Copy)]
enum Kind {
    Connection,
    Time,
    Schema,
    Privilege,
    Other,
}

impl Kind {
    fn of(code: &str) -> Self {
        match code {
            // query_canceled by statement_timeout, lock_not_available by lock_timeout.
            "57014" | "55P03" => Self::Time,
            // No such table, column, function or type.
            "42P01" | "42703" | "42883" | "42704" => Self::Schema,
            "42501" => Self::Privilege,
            // No such database: it may be about to be restored.
            "3D000" => Self::Connection,
            // Connection, resources, operator intervention; authorisation: what a server says whose roles are being
            // restored.
            _ if ["08", "53", "57P", "28"].iter().any(|class| code.starts_with(class)) => Self::Connection,
            _ => Self::Other,
        }
    }
}
