//! Searches a directory for traces of a person who is to be erased. What no index finds is read before the directory is
//! locked; what changed meanwhile is known by the change log and read under the lock.

use sqlx::{AssertSqlSafe, PgConnection};

use super::person::Person;
use crate::core::view::Timeline;
use crate::store::owner::users::LockedDirectory;
use crate::store::owner::{AdminTransaction, bind};
use crate::store::{StoreError, TenantId};

/// Where traces of a person were when they were searched for: in temporary tables of the transaction. To be handed to
/// [`LockedDirectory::erase`] in the same transaction.
#[derive(Debug)]
pub struct Traces {
    /// The directory's generation before the search.
    generation: i64,
    person: Person,
}

/// The timelines whose documents may mention an account of somebody else's, with the subject of the change log, and the
/// column that it names.
pub(super) const MENTIONING: [(Timeline, i16, &str); 4] = [
    (Timeline::Holdings, 2, "account"),
    (Timeline::Transfers, 3, "id"),
    (Timeline::Announcements, 4, "collection_id"),
    (Timeline::Reviews, 5, "account"),
];

const GENERATION: &str = "SELECT generation FROM directory WHERE tenant_id = bound_tenant()";

const CREATE: &str = r#"
    CREATE TEMP TABLE trace_user (id text COLLATE "C" NOT NULL) ON COMMIT DROP;
    CREATE TEMP TABLE trace_feed (generation bigint NOT NULL, last_ordinal bigint NOT NULL) ON COMMIT DROP;
    CREATE TEMP TABLE trace_log (subject smallint NOT NULL, generation bigint NOT NULL, id text COLLATE "C" NOT NULL)
        ON COMMIT DROP;
    CREATE TEMP TABLE trace_holding ON COMMIT DROP AS SELECT account, collection_id FROM holding LIMIT 0;
    CREATE TEMP TABLE trace_transfer ON COMMIT DROP AS SELECT id FROM transfer LIMIT 0;
    CREATE TEMP TABLE trace_announcement ON COMMIT DROP AS SELECT collection_id, at, id FROM announcement LIMIT 0;
    CREATE TEMP TABLE trace_review ON COMMIT DROP AS SELECT account, at, id FROM review LIMIT 0"#;

const EMPTY: &str = "
    TRUNCATE trace_user, trace_feed, trace_log, trace_holding, trace_transfer, trace_announcement, trace_review";

/// Whether a user's document names one of the ids ($1) as a manager, perhaps, or has one of the accounts ($3).
const NAMES: &str = "
    (u.document::text LIKE ANY ($1) AND (u.document -> 'scim')::text LIKE ANY ($1)
     OR (u.document::text ~* $3) IS TRUE) AND u.id <> ALL ($2)";

const CHANGED_USERS: &str = r#"
    SELECT u.id FROM (SELECT DISTINCT id FROM directory_change
                       WHERE tenant_id = bound_tenant() AND subject = 1 AND generation > $4) c
     CROSS JOIN LATERAL (
           SELECT u.id, u.document FROM "user" u WHERE u.tenant_id = bound_tenant() AND u.id = c.id OFFSET 0) u
     WHERE "#;

const ALL_USERS: &str = r#"
    SELECT u.id FROM "user" u WHERE u.tenant_id = bound_tenant() AND $4::bigint IS NULL AND "#;

/// The removals of the person, and what caches are told of the person and its accounts.
const LOGS: [&str; 2] = [
    "INSERT INTO trace_feed SELECT generation, last_ordinal FROM user_change
      WHERE tenant_id = bound_tenant() AND change = 1 AND generation > coalesce($2, 0) AND id = ANY ($1)",
    "INSERT INTO trace_log SELECT subject, generation, id FROM directory_change
      WHERE tenant_id = bound_tenant() AND subject IN (1, 2, 3, 5) AND generation > coalesce($2, 0)
        AND (id = ANY ($1) OR (id ~* $3) IS TRUE)",
];

/// Whether the change log names each change since a generation.
const IS_NAMED: &str = "
    SELECT d.trimmed_to <= $1 AND NOT EXISTS (
           SELECT FROM generate_series(1, 5) AS s (subject)
             JOIN directory_change c ON c.tenant_id = d.tenant_id AND c.subject = s.subject
            WHERE c.generation > $1 AND c.id = '')
      FROM directory d WHERE d.tenant_id = bound_tenant()";

/// The statement that finds the entries of a timeline with an account ($1), of those changed since a generation ($2), or
/// of all. The only text inserted is this module's and the timelines' own constants.
fn find_entries((timeline, subject, column): (Timeline, i16, &str), all: bool) -> String {
    let (table, key) = (timeline.table(), timeline.key());
    let mentions = "(n.document::text ~* $1)";
    let mentions = if has_id(timeline) { format!("({mentions} OR n.id ~* $1)") } else { mentions.to_owned() };
    if all {
        return format!(
            "INSERT INTO trace_{table} SELECT {key} FROM {table} n
              WHERE n.tenant_id = bound_tenant() AND $2::bigint IS NULL AND {mentions}"
        );
    }
    let cast = if column == "collection_id" { "::bigint" } else { "" };
    let qualified = key.split(", ").map(|column| format!("n.{column}")).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO trace_{table}
         SELECT {qualified} FROM (SELECT DISTINCT id{cast} AS id FROM directory_change
                      WHERE tenant_id = bound_tenant() AND subject = {subject} AND generation > $2) c
          CROSS JOIN LATERAL (
                SELECT * FROM {table} n WHERE n.tenant_id = bound_tenant() AND n.{column} = c.id OFFSET 0) n
          WHERE {mentions}"
    )
}

/// Whether an entry has an id, which may be made of an account.
pub(super) fn has_id(timeline: Timeline) -> bool {
    timeline.key().split(", ").any(|column| column == "id")
}

/// Adds the traces that came after the generation `since`, or all.
async fn find(connection: &mut PgConnection, person: &Person, since: Option<i64>) -> Result<(), StoreError> {
    let ids = person.id_texts();
    let accounts = person.accounts();
    let pattern = accounts.as_ref().map(|accounts| accounts.pattern.as_str());
    let users = if since.is_none() { ALL_USERS } else { CHANGED_USERS };
    sqlx::query(AssertSqlSafe(format!("INSERT INTO trace_user {users} {NAMES}")))
        .bind(person.id_patterns())
        .bind(&ids)
        .bind(pattern)
        .bind(since)
        .execute(&mut *connection)
        .await?;
    if let Some(pattern) = pattern {
        for timeline in MENTIONING {
            let find = sqlx::query(AssertSqlSafe(find_entries(timeline, since.is_none())));
            find.bind(pattern).bind(since).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// Adds what the logs have of the person, of the changes after the generation `since`, or of all.
async fn find_logged(
    connection: &mut PgConnection,
    person: &Person,
    since: Option<i64>,
) -> Result<(), StoreError> {
    let (ids, accounts) = (person.id_texts(), person.accounts());
    let pattern = accounts.as_ref().map(|accounts| accounts.pattern.as_str());
    let own = accounts.iter().flat_map(|accounts| accounts.keys.iter().map(String::as_str));
    let names: Vec<&str> = ids.iter().copied().chain(own).collect();
    let [feed, log] = LOGS;
    sqlx::query(feed).bind(&names).bind(since).execute(&mut *connection).await?;
    sqlx::query(log).bind(&names).bind(since).bind(pattern).execute(&mut *connection).await?;
    Ok(())
}

impl AdminTransaction {
    /// Searches the directory of `tenant` for traces of `person`; reads all of it, and keeps nobody waiting. Before the
    /// directory is locked in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the tenant was deleted; [`StoreError`] if a statement fails.
    pub async fn search_traces(&mut self, tenant: TenantId, person: &Person) -> Result<Traces, StoreError> {
        let connection = self.transaction.connection()?;
        bind(connection, tenant).await?;
        // A statement sees what was committed before it begins: at this generation, or later.
        let generation = sqlx::query_scalar(GENERATION).fetch_one(&mut *connection).await?;
        sqlx::raw_sql(CREATE).execute(&mut *connection).await?;
        find(connection, person, None).await?;
        find_logged(connection, person, None).await?;
        Ok(Traces { generation, person: person.clone() })
    }
}

impl LockedDirectory<'_> {
    /// Whether the search was for `person`, and the log names everything that changed since, so that little is left to read
    /// under the lock.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn is_searched(&mut self, traces: &Traces, person: &Person) -> Result<bool, StoreError> {
        if !person.is_known_as(&traces.person) {
            return Ok(false);
        }
        let is_named = sqlx::query_scalar(IS_NAMED).bind(traces.generation);
        Ok(is_named.fetch_one(&mut *self.connection).await?)
    }

    /// Adds the traces that came after the search, but for those in the logs. Returns after which generation they came; `None`
    /// if everything was searched again.
    pub(super) async fn complete(
        &mut self,
        traces: &Traces,
        person: &Person,
    ) -> Result<Option<i64>, StoreError> {
        let is_searched = self.is_searched(traces, person).await?;
        if !is_searched {
            sqlx::raw_sql(EMPTY).execute(&mut *self.connection).await?;
        }
        let since = is_searched.then_some(traces.generation);
        find(self.connection, person, since).await?;
        Ok(since)
    }

    /// Adds what the logs have of the person after a generation, also by the changes of this transaction.
    pub(super) async fn complete_logged(
        &mut self,
        person: &Person,
        since: Option<i64>,
    ) -> Result<(), StoreError> {
        find_logged(self.connection, person, since).await
    }
}
