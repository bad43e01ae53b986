//! Reads users by their keys and by page.

use serde_json::Value;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgRow, PgTypeInfo, PgValueRef};
use sqlx::types::Json;
use sqlx::{Decode, FromRow, Postgres, Row as _, Type, TypeInfo as _};
use time::OffsetDateTime;

use super::TenantStore;
use crate::core::directory::{MAX_MATCHES, StoredUser};
use crate::core::key::LookupKey;
use crate::pager::offset::PageWindow;
use crate::store::StoreError;

/// Users found by keys, from one snapshot.
#[derive(Debug)]
pub struct UsersByKeys {
    /// The directory's generation; 0 if the directory does not exist.
    pub generation: i64,
    /// For each key, the users that match it.
    pub users: Vec<Vec<StoredUser>>,
}

/// A numbered page of users, from one snapshot.
#[derive(Debug)]
pub struct StoredPage {
    /// The directory's generation; 0 if the directory does not exist.
    pub generation: i64,
    /// Number of matching users over all pages.
    pub total: i64,
    /// The users of the page, in the directory's order.
    pub users: Vec<StoredUser>,
}

/// A row of `users_by_keys` or `user_page`: the directory's generation, or a user.
struct UserRow {
    ordinal: i64,
    document: Option<JsonText>,
    created_at: Option<OffsetDateTime>,
    updated_at: Option<OffsetDateTime>,
}

impl UserRow {
    /// The row, whose columns begin with the second: by number, since looking up names takes longer than the values.
    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ordinal: row.try_get(1)?,
            document: row.try_get(2)?,
            created_at: row.try_get(3)?,
            updated_at: row.try_get(4)?,
        })
    }

    /// The user; `None` for the row with the generation.
    fn into_user(self) -> Option<StoredUser> {
        let JsonText(document) = self.document?;
        let times = self.updated_at.map(|updated_at| (self.created_at.unwrap_or(updated_at), updated_at));
        Some(StoredUser { ordinal: self.ordinal, document, times })
    }
}

/// JSON as it is stored.
struct JsonText(String);

impl Type<Postgres> for JsonText {
    fn type_info() -> PgTypeInfo {
        <Json<Value> as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        // `json` is sent as its text; the form of `jsonb` has a version in front.
        ty.name() == "JSON"
    }
}

impl<'r> Decode<'r, Postgres> for JsonText {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <&str as Decode<Postgres>>::decode(value).map(|text| Self(text.to_owned()))
    }
}

struct KeyRow {
    place: i32,
    row: UserRow,
}

impl<'r> FromRow<'r, PgRow> for KeyRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { place: row.try_get(0)?, row: UserRow::of(row)? })
    }
}

struct PageRow {
    total: Option<i64>,
    row: UserRow,
}

impl<'r> FromRow<'r, PgRow> for PageRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { total: row.try_get(0)?, row: UserRow::of(row)? })
    }
}

impl TenantStore {
    /// The users that match each of `keys`, in the order in which they were added: at most one for an exclusive kind,
    /// otherwise at most the [`MAX_MATCHES`] with the smallest ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn users_by_keys(&self, keys: &[&LookupKey]) -> Result<UsersByKeys, StoreError> {
        let kinds: &[i16] = &keys.iter().map(|key| key.kind().code()).collect::<Vec<_>>();
        let values: &[&str] = &keys.iter().map(|key| key.value()).collect::<Vec<_>>();
        let most = i32::try_from(MAX_MATCHES).unwrap_or(i32::MAX);
        let query = || {
            sqlx::query_as(
                "SELECT place, ordinal, document, created_at, updated_at FROM users_by_keys($1, $2, $3, $4)",
            )
            .bind(self.tenant)
            .bind(kinds)
            .bind(values)
            .bind(most)
        };
        let rows: Vec<KeyRow> = self.pool.read("users_by_keys", query).await?;
        let mut found = UsersByKeys { generation: 0, users: keys.iter().map(|_| Vec::new()).collect() };
        for KeyRow { place, row } in rows {
            match usize::try_from(place).ok().and_then(|place| found.users.get_mut(place)) {
                Some(users) => users.extend(row.into_user()),
                None => found.generation = row.ordinal,
            }
        }
        for users in &mut found.users {
            users.sort_by_key(|stored| stored.ordinal);
        }
        Ok(found)
    }

    /// One page of all users, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn user_page(&self, page: PageWindow) -> Result<StoredPage, StoreError> {
        let query = || {
            sqlx::query_as(
                "SELECT total, ordinal, document, created_at, updated_at FROM user_page($1, $2, $3)",
            )
            .bind(self.tenant)
            .bind(page.offset())
            .bind(limit(page))
        };
        let rows = self.pool.read("user_page", query).await?;
        Ok(user_page(rows))
    }

    /// One page of the users with these ids, without duplicates, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn user_page_of(&self, ids: &[LookupKey], page: PageWindow) -> Result<StoredPage, StoreError> {
        let ids: &[&str] = &ids.iter().map(LookupKey::value).collect::<Vec<_>>();
        let query = || {
            sqlx::query_as(
                "SELECT total, ordinal, document, created_at, updated_at FROM user_page_of($1, $2, $3, $4)",
            )
            .bind(self.tenant)
            .bind(ids)
            .bind(page.offset())
            .bind(limit(page))
        };
        let rows = self.pool.read("user_page_of", query).await?;
        Ok(user_page(rows))
    }
}

fn user_page(rows: Vec<PageRow>) -> StoredPage {
    let mut found = StoredPage { generation: 0, total: 0, users: Vec::with_capacity(rows.len()) };
    for PageRow { total, row } in rows {
        match total {
            Some(total) => (found.generation, found.total) = (row.ordinal, total),
            None => found.users.extend(row.into_user()),
        }
    }
    found
}

fn limit(page: PageWindow) -> i32 {
    i32::try_from(page.size()).unwrap_or(i32::MAX)
}
