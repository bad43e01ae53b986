//! Departments with their members, in a transaction that holds their directory.
//!
//! Who is in a department is in the users' documents, and in their keys of the kind [`KeyKind::Department`]. A department's
//! version increases with each change of its members, whoever makes it.

use std::collections::BTreeSet;

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use super::merge::document;
use super::users::StoredUser;
use super::{AdminTransaction, LockedDirectory, PutError, RecordError, bind};
use crate::core::case::fold;
use crate::core::id::UserId;
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::User;
use crate::store::error::contains_nul;
use crate::store::{StoreError, TenantId};

/// A department as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredDepartment {
    /// Its id.
    pub id: String,
    /// Its name; `None` if it is known from users alone, who have no more than the id.
    pub name: Option<String>,
    /// Id that an identity provider issued.
    pub external_id: Option<String>,
    /// Increases with every change, of its members too.
    pub version: i64,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// What departments are found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepartmentKey {
    /// Their ids.
    Ids(Vec<String>),
    /// The name in any case; that of one without a name is its id.
    Name(String),
    /// The provider's id.
    ExternalId(String),
}

impl DepartmentKey {
    /// Whether no department can have it: no stored text contains a NUL, and PostgreSQL rejects one.
    fn is_nobodys(&self) -> bool {
        match self {
            Self::Ids(ids) => ids.iter().any(|id| contains_nul(id)),
            Self::Name(text) | Self::ExternalId(text) => contains_nul(text),
        }
    }
}

/// Which departments of a page are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepartmentPage<'a> {
    /// Those after this id; from the first one on if there is none.
    pub after: Option<&'a str>,
    /// After so many more.
    pub skip: u64,
    /// At most so many.
    pub most: u32,
}

/// Which members of departments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembersWanted<'a> {
    /// All.
    All,
    /// Those of these that are members.
    Among(&'a [String]),
}

/// A department and one of its members.
pub type Membership = (String, String);

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, external_id, version, created_at, updated_at FROM department
              WHERE tenant_id = bound_tenant() AND ",
            $rest
        )
    };
}

const BY_IDS: &str = select!("id = ANY ($1) ORDER BY id");
const BY_NAME: &str = select!("folded_name = $1 ORDER BY id LIMIT $2");
const BY_EXTERNAL_ID: &str = select!("external_id = $1 ORDER BY id LIMIT $2");
const NEXT: &str = select!("id > $1 ORDER BY id OFFSET $2 LIMIT $3");

/// A department finds its members in the index, whatever the statistics say: see [`super::merge`].
const MEMBERS: &str = "
    SELECT d.id, k.user_id FROM unnest($1::text[]) AS d (id)
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_shared_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = $2 AND k.value = d.id ORDER BY k.user_id OFFSET 0) k
     LIMIT $3";
const MEMBERS_AMONG: &str = "
    SELECT d.id, k.user_id FROM unnest($1::text[]) AS d (id), unnest($4::text[]) AS u (id)
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_shared_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = $2 AND k.value = d.id AND k.user_id = u.id OFFSET 0) k
     LIMIT $3";

const PUT: &str = "
    INSERT INTO department AS d (tenant_id, id, name, folded_name, external_id, created_at, updated_at)
    VALUES (bound_tenant(), $1, $2, $3, $4, written_at(), written_at())
        ON CONFLICT (tenant_id, id) DO UPDATE
       SET name = excluded.name, folded_name = excluded.folded_name, external_id = excluded.external_id,
           version = excluded.version, updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM department WHERE tenant_id = bound_tenant() AND id = $1";
/// Each once, whether or not it is there.
const TOUCH: &str = "
    INSERT INTO department AS d (tenant_id, id, folded_name, created_at, updated_at)
    SELECT bound_tenant(), t.id, t.folded, written_at(), written_at() FROM unnest($1::text[], $2::text[]) AS t (id, folded)
        ON CONFLICT (tenant_id, id) 
            DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at";

const READ_USERS: &str = r#"
    SELECT u.id, u.version, u.created_at, u.updated_at, u.document FROM unnest($1::text[]) AS w (id)
     CROSS JOIN LATERAL (
           SELECT n.* FROM "user" n WHERE n.tenant_id = bound_tenant() AND n.id = w.id OFFSET 0) u"#;
const CHANGE_USERS: &str = r#"
    UPDATE "user" u SET document = c.document::json, version = u.version + 1, updated_at = written_at()
      FROM unnest($1::text[], $2::text[]) AS c (id, document)
     WHERE u.id = c.id AND u.ctid = ANY (ARRAY (
           SELECT n.ctid FROM unnest($1::text[]) AS w (id)
            CROSS JOIN LATERAL (
                  SELECT n.ctid FROM "user" n WHERE n.tenant_id = bound_tenant() AND n.id = w.id OFFSET 0) n))"#;
const GAIN: &str = "
    INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT bound_tenant(), g.* FROM unnest($1::smallint[], $2::text[], $3::text[]) AS g
    ON CONFLICT DO NOTHING";
const LOSE: &str = "
    DELETE FROM user_shared_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM unnest($1::smallint[], $2::text[], $3::text[]) AS l (kind, value, user_id)
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_shared_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value
                  AND k.user_id = l.user_id OFFSET 0) k))";

/// Departments whose members changed: they are there from now on, with another version.
pub(super) async fn touch_departments(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let folded: Vec<String> = ids.iter().map(|id| fold(id)).collect();
    sqlx::query(TOUCH).bind(ids).bind(folded).execute(connection).await?;
    Ok(())
}

/// The ids of the departments among `keys`.
pub(super) fn departments_of<'k>(keys: impl Iterator<Item = &'k LookupKey>) -> Vec<String> {
    let keys = keys.filter(|key| key.kind() == KeyKind::Department);
    keys.map(|key| key.value().to_owned()).collect()
}

impl AdminTransaction {
    /// Number of departments of `tenant`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn count_departments(&mut self, tenant: TenantId) -> Result<u64, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        let count = sqlx::query_scalar("SELECT count(*) FROM department WHERE tenant_id = bound_tenant()");
        let count: i64 = count.fetch_one(self.transaction.connection()?).await?;
        Ok(count.unsigned_abs())
    }

    /// Departments of `tenant` in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn departments(
        &mut self,
        tenant: TenantId,
        page: DepartmentPage<'_>,
    ) -> Result<Vec<StoredDepartment>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        let next = sqlx::query_as(NEXT).bind(page.after.unwrap_or_default());
        let next = next.bind(i64::try_from(page.skip).unwrap_or(i64::MAX)).bind(i64::from(page.most));
        Ok(next.fetch_all(self.transaction.connection()?).await?)
    }

    /// Up to `most` departments of `tenant` with this key, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn departments_with(
        &mut self,
        tenant: TenantId,
        key: &DepartmentKey,
        most: u32,
    ) -> Result<Vec<StoredDepartment>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        if key.is_nobodys() {
            return Ok(Vec::new());
        }
        let most = i64::from(most);
        let found = match key {
            DepartmentKey::Ids(ids) => sqlx::query_as(BY_IDS).bind(ids),
            DepartmentKey::Name(name) => sqlx::query_as(BY_NAME).bind(fold(name)).bind(most),
            DepartmentKey::ExternalId(id) => sqlx::query_as(BY_EXTERNAL_ID).bind(id).bind(most),
        };
        Ok(found.fetch_all(self.transaction.connection()?).await?)
    }

    /// Up to `most` members of these departments of `tenant`, by department, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn members(
        &mut self,
        tenant: TenantId,
        departments: &[String],
        wanted: MembersWanted<'_>,
        most: usize,
    ) -> Result<Vec<Membership>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        members(self.transaction.connection()?, departments, wanted, most).await
    }
}

async fn members(
    connection: &mut PgConnection,
    departments: &[String],
    wanted: MembersWanted<'_>,
    most: usize,
) -> Result<Vec<Membership>, StoreError> {
    let (code, most) = (KeyKind::Department.code(), i64::try_from(most).unwrap_or(i64::MAX));
    let found = match wanted {
        MembersWanted::All => sqlx::query_as(MEMBERS).bind(departments).bind(code).bind(most),
        MembersWanted::Among(ids) => {
            let ids: Vec<&String> = ids.iter().filter(|id| !contains_nul(id)).collect();
            sqlx::query_as(MEMBERS_AMONG).bind(departments).bind(code).bind(most).bind(ids)
        }
    };
    Ok(found.fetch_all(connection).await?)
}

impl LockedDirectory<'_> {
    /// The department with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn department(&mut self, id: &str) -> Result<Option<StoredDepartment>, StoreError> {
        if contains_nul(id) {
            return Ok(None);
        }
        Ok(sqlx::query_as(BY_IDS).bind(vec![id]).fetch_optional(&mut *self.connection).await?)
    }

    /// Up to `most` members of a department.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn members(
        &mut self,
        department: &str,
        wanted: MembersWanted<'_>,
        most: usize,
    ) -> Result<Vec<Membership>, StoreError> {
        members(self.connection, &[department.to_owned()], wanted, most).await
    }

    /// Writes a department's name and the provider's id of it; adds it if it is not there.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn put_department(
        &mut self,
        id: &str,
        name: Option<&str>,
        external_id: Option<&str>,
    ) -> Result<(), StoreError> {
        let put = sqlx::query(PUT).bind(id).bind(name).bind(fold(name.unwrap_or(id))).bind(external_id);
        put.execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Deletes a department, which has no members any more.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn delete_department(&mut self, id: &str) -> Result<(), StoreError> {
        sqlx::query(DELETE).bind(id).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Those of `ids` that are users.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn users(&mut self, ids: &[String]) -> Result<Vec<StoredUser>, StoreError> {
        Ok(sqlx::query_as(READ_USERS).bind(ids).fetch_all(&mut *self.connection).await?)
    }

    /// Writes users, each as it was and as it is now, whose exclusive keys and e-mail addresses stay as they are.
    ///
    /// # Errors
    /// [`PutError`]; the transaction is to be given up then.
    pub async fn revise(&mut self, users: &[(User, User)]) -> Result<(), PutError> {
        let (mut gained, mut lost) = (KeyColumns::default(), KeyColumns::default());
        for (before, after) in users {
            let old = before.keys().map_err(RecordError::from)?;
            let new = after.keys().map_err(RecordError::from)?;
            gained.extend(new.difference(&old), &after.id);
            lost.extend(old.difference(&new), &after.id);
        }
        let ids: Vec<&str> = users.iter().map(|(_, after)| after.id.as_str()).collect();
        let documents = users.iter().map(|(_, after)| document(after)).collect::<Result<Vec<_>, _>>()?;
        let change = sqlx::query(CHANGE_USERS).bind(ids).bind(documents);
        change.execute(&mut *self.connection).await.map_err(StoreError::from)?;
        for (statement, keys) in [(LOSE, &lost), (GAIN, &gained)] {
            let write = sqlx::query(statement).bind(&keys.kinds).bind(&keys.values).bind(&keys.users);
            write.execute(&mut *self.connection).await.map_err(StoreError::from)?;
        }
        let departments: BTreeSet<_> = gained.departments().chain(lost.departments()).collect();
        touch_departments(self.connection, &departments.into_iter().collect::<Vec<_>>()).await?;
        Ok(())
    }
}

/// Keys with their users.
#[derive(Default)]
struct KeyColumns {
    kinds: Vec<i16>,
    values: Vec<String>,
    users: Vec<String>,
}

impl KeyColumns {
    fn extend<'k>(&mut self, keys: impl Iterator<Item = &'k LookupKey>, user: &UserId) {
        for key in keys {
            self.kinds.push(key.kind().code());
            self.values.push(key.value().to_owned());
            self.users.push(user.as_str().to_owned());
        }
    }

    fn departments(&self) -> impl Iterator<Item = String> {
        let keys = self.kinds.iter().zip(&self.values);
        keys.filter(|(kind, _)| **kind == KeyKind::Department.code()).map(|(_, value)| value.clone())
    }
}
