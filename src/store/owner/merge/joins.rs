//! Lists the records that joined a user by another key than its id.

use futures_util::TryStreamExt as _;
use serde::Serialize;

use super::keys::field_of;
use super::{Merge, MergeObserver};
use crate::core::key::KeyKind;
use crate::store::StoreError;

/// A record that joined a user by another key than its id, as when two vendors know the same person. From then on the
/// record's id finds the user too, so it joins only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Join {
    /// Line of the source on which the record starts, from 1.
    pub line: i64,
    /// Number of the record, from 1.
    pub record: i64,
    /// The record's id.
    pub id: String,
    /// Id of the user that it joined.
    pub user: String,
    /// The field by which it was matched.
    pub field: &'static str,
}

const JOINS: &str = "
    SELECT f.place, s.line, s.id, f.target, f.kind
      FROM found f JOIN staged_user s ON s.place = f.place
     WHERE f.kind <> $1 AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = f.place)
     ORDER BY f.place";

#[derive(sqlx::FromRow)]
struct JoinRow {
    place: i64,
    line: i64,
    id: String,
    target: String,
    kind: i16,
}

impl Merge {
    /// Passes the joins to `observer`, in the order of the records; returns their number.
    pub(super) async fn report_joins(&mut self, observer: &mut dyn MergeObserver) -> Result<u64, StoreError> {
        let rows = sqlx::query_as(JOINS).bind(KeyKind::Id.code());
        let mut rows = rows.fetch(&mut self.connection);
        let mut count = 0;
        while let Some(JoinRow { place, line, id, target, kind }) = rows.try_next().await? {
            let field = KeyKind::of_code(kind).map_or("", field_of);
            observer.joined(&Join { line, record: place, id, user: target, field });
            count += 1;
        }
        Ok(count)
    }
}
