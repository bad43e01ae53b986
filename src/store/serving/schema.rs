//! Whether the database's schema is compatible with this release.

use std::fmt;

use super::ServingStore;
use crate::store::error::StoreError;
use crate::store::migrate::version_of_this_release;
use crate::store::sql;

/// The state of a database's schema, as seen by the serving role. Its `Display` is one line for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// Migrated by this release.
    Current,
    /// Migrated by another release of the same schema version; has all functions that this one calls.
    OtherFunctions,
    /// Migrated by a later release; still has all functions that this one calls.
    Newer {
        /// Its version.
        found: i64,
    },
    /// Never migrated, or restored and not migrated since.
    Missing,
    /// Migrated by an earlier release.
    Older {
        /// Its version.
        found: i64,
    },
    /// Lacks functions that this release calls.
    Lacking {
        /// Its version.
        found: i64,
        /// Their signatures.
        functions: Vec<String>,
    },
}

impl SchemaState {
    /// Whether a gateway of this release can serve.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        match self {
            Self::Current | Self::OtherFunctions | Self::Newer { .. } => true,
            Self::Missing | Self::Older { .. } | Self::Lacking { .. } => false,
        }
    }
}

impl fmt::Display for SchemaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = version_of_this_release();
        match self {
            Self::Current => write!(f, "the database's schema is version {ours}, as this release requires"),
            Self::OtherFunctions => f.write_str(
                "the database's functions are from another release, but compatible with this one: run \
                 `userbatch migrate` unless that release is about to replace this gateway",
            ),
            Self::Newer { found } => write!(
                f,
                "the database's schema is version {found}, newer than this release's {ours}: a later release has run \
                 `userbatch migrate` and should replace this gateway, which can still serve"
            ),
            Self::Missing => f.write_str(
                "the database has no schema, or this role may not use it: run `userbatch migrate`",
            ),
            Self::Older { found } => write!(
                f,
                "the database's schema is version {found}, older than this release's {ours}: run `userbatch migrate`"
            ),
            Self::Lacking { found, functions } if *found > ours => write!(
                f,
                "the database's schema is version {found}, newer than this release's {ours}, and no longer has {}: \
                 replace this gateway with the release that has run `userbatch migrate`",
                functions.join(", ")
            ),
            Self::Lacking { functions, .. } => {
                write!(f, "the database's schema lacks {}: run `userbatch migrate`", functions.join(", "))
            }
        }
    }
}

const READ: &str = "
    SELECT version, functions, ARRAY(
           SELECT called FROM unnest($1::text[]) AS called
            WHERE NOT coalesce(has_function_privilege(to_regprocedure(called), 'EXECUTE'), false)),
           current_setting('transaction_read_only')::boolean
      FROM schema_state";

/// Version, digest of the functions, functions that are lacking, and whether the server only reads.
type Read = (i64, Vec<u8>, Vec<String>, bool);

impl ServingStore {
    /// The state of the database's schema.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time, [`StoreError::ReadOnly`] if it only reads. A missing schema is not an error.
    pub async fn schema(&self) -> Result<SchemaState, StoreError> {
        let query = || sqlx::query_as(READ).bind(sql::CALLED.as_slice());
        match self.pool.read("schema", query).await {
            Ok(rows) if rows.iter().any(|(.., read_only): &Read| *read_only) => {
                self.pool.renew();
                Err(StoreError::ReadOnly)
            }
            Ok(mut rows) => Ok(rows.pop().map_or(SchemaState::Missing, state)),
            Err(StoreError::Unmigrated(_) | StoreError::Denied(_)) => Ok(SchemaState::Missing),
            Err(error) => Err(error),
        }
    }
}

fn state((found, functions, lacking, _): Read) -> SchemaState {
    let ours = version_of_this_release();
    if found < ours {
        SchemaState::Older { found }
    } else if !lacking.is_empty() {
        SchemaState::Lacking { found, functions: lacking }
    } else if found > ours {
        SchemaState::Newer { found }
    } else if functions != sql::digest() {
        SchemaState::OtherFunctions
    } else {
        SchemaState::Current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_gateway_cannot_serve_on_names_the_command_that_helps() {
        let ours = version_of_this_release();
        let lacking = || vec!["user_page(uuid, bigint, integer)".to_owned()];
        let found = |version, lacking| state((version, sql::digest(), lacking, false));
        assert_eq!(found(ours, Vec::new()), SchemaState::Current);
        assert_eq!(state((ours, vec![0; 32], Vec::new(), false)), SchemaState::OtherFunctions);
        assert_eq!(found(ours + 1, Vec::new()), SchemaState::Newer { found: ours + 1 });
        let unusable = [
            SchemaState::Missing,
            found(ours - 1, lacking()),
            found(ours, lacking()),
            found(ours + 1, lacking()),
        ];
        for state in unusable {
            let line = state.to_string();
            assert!(
                !state.is_usable() && line.contains("`userbatch migrate`") && !line.contains('\n'),
                "{line}"
            );
        }
    }
}
