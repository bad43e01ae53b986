//! What the database has in the end, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::PgConnection;
use userbatch::core::user::User;
use userbatch::store::Change;

use super::{Edit, Names, SHARED, Scene, Told, id};

/// A row of a table of keys: its kind, its value and whose it is.
type Key = (i16, String, String);

pub struct Truth {
    /// The version and the document of each user.
    users: BTreeMap<String, (i64, Value)>,
    keys: BTreeSet<Key>,
    generation: i64,
    /// Every change of whatever kind: its subject, its generation, whom it is about, and how.
    log: Vec<(i16, i64, String, i16)>,
}

/// The number of users in the table of changes.
const USERS: i16 = 1;

async fn rows<T>(owner: &mut PgConnection, statement: &'static str) -> Vec<T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    sqlx::query_as(statement).fetch_all(owner).await.unwrap()
}

impl Truth {
    pub async fn read(scene: &Scene) -> Self {
        let mut owner = scene.api.app.database.owner_connection().await;
        let bind = sqlx::query("SELECT set_config('userbatch.tenant', $1, false)");
        bind.bind(scene.provider.tenant.id.to_string()).execute(&mut owner).await.unwrap();
        let owner = &mut owner;
        let users: Vec<(String, i64, Value)> =
            rows(owner, r#"SELECT id, version, document FROM "user""#).await;
        let all_keys = "SELECT kind, value, user_id FROM user_key
            UNION ALL SELECT kind, value, user_id FROM user_shared_key";
        let keys: Vec<Key> = rows(owner, all_keys).await;
        let generation = sqlx::query_scalar("SELECT generation FROM directory").fetch_one(&mut *owner).await;
        let log =
            "SELECT subject, generation, id, change FROM directory_change ORDER BY generation, subject, id";
        Self {
            users: users.into_iter().map(|(id, version, document)| (id, (version, document))).collect(),
            keys: keys.into_iter().collect(),
            generation: generation.unwrap(),
            log: rows(owner, log).await,
        }
    }

    fn value(&self, id: &str, field: &str) -> &Value {
        self.users[id].1.pointer(field).unwrap_or(&Value::Null)
    }

    /// Each field of a shared user has what the last edit of it set.
    pub fn has_the_last_of_each(&self, edits: &[Edit]) {
        let mut last: BTreeMap<(usize, &str), &Edit> = BTreeMap::new();
        for edit in edits {
            let known = last.entry((edit.user, edit.field)).or_insert(edit);
            if edit.version > known.version {
                *known = edit;
            }
        }
        for ((user, field), edit) in last {
            assert_eq!(*self.value(&id(user), field), edit.value, "{edit:?}");
        }
    }

    /// Shared users have the last titles of merged files, and their names from the last whole file or none.
    pub fn has_what_was_imported(&self, titles: &Names, listed: &Names) {
        for user in (0..SHARED).map(id) {
            let expected = |names: &Names| names.get(&user).map_or(Value::Null, |name| name.clone().into());
            assert_eq!(*self.value(&user, "/employment/jobTitle"), expected(titles), "{user}");
            assert_eq!(*self.value(&user, "/profile/displayName"), expected(listed), "{user}");
        }
    }

    /// Besides the shared users, there are those of the last whole file and those of the provider.
    pub fn has_exactly(&self, listed: &Names, own: &Names) {
        let names =
            |id: &String| (id.clone(), self.value(id, "/profile/displayName").as_str().map(str::to_owned));
        let is_shared = |id: &str| (0..SHARED).any(|user| super::id(user) == id);
        let found: Vec<_> = self.users.keys().filter(|id| !is_shared(id)).map(names).collect();
        let expected: Names = listed.iter().chain(own).map(|(id, name)| (id.clone(), name.clone())).collect();
        let expected = expected.into_iter().filter(|(id, _)| !is_shared(id));
        assert_eq!(found, expected.map(|(id, name)| (id, Some(name))).collect::<Vec<_>>());
    }

    /// The tables of keys have what the documents say, and nothing else.
    pub fn every_user_has_its_keys(&self) {
        let mut expected = BTreeSet::new();
        for (id, (_, document)) in &self.users {
            let user: User = serde_json::from_value(document.clone()).unwrap();
            let keys = user.keys().unwrap();
            expected.extend(keys.iter().map(|key| (key.kind().code(), key.value().to_owned(), id.clone())));
        }
        assert_eq!(self.keys, expected);
    }

    pub fn generations_are_dense(&self) {
        let generations: BTreeSet<i64> = self.log.iter().map(|(_, generation, ..)| *generation).collect();
        assert_eq!(generations, (1..=self.generation).collect());
    }

    /// The generations in which a user changed, one for each of its versions.
    fn generations_of(&self, user: &str) -> Vec<i64> {
        let of_user = self.log.iter().filter(|(subject, _, id, _)| (*subject, id.as_str()) == (USERS, user));
        of_user.map(|(_, generation, ..)| *generation).collect()
    }

    /// An edit that began after another had been acknowledged has a later generation. Edits of e-mail addresses may change
    /// nothing and so have none.
    pub fn commits_are_in_order(&self, edits: &[Edit]) {
        let generations: Vec<_> = (0..SHARED).map(|user| self.generations_of(&id(user))).collect();
        for (user, generations) in generations.iter().enumerate() {
            assert_eq!(i64::try_from(generations.len()), Ok(self.users[&id(user)].0), "one for each version");
        }
        let generation = |edit: &Edit| generations[edit.user][usize::try_from(edit.version - 1).unwrap()];
        let edits = || edits.iter().filter(|edit| edit.field != "/contact/email");
        for earlier in edits() {
            for later in edits().filter(|later| later.began > earlier.ended) {
                assert!(generation(earlier) < generation(later), "{earlier:?} {later:?}");
            }
        }
    }

    /// What the log has of each user.
    pub fn changes(&self) -> Told {
        let mut changes = Told::new();
        for (_, _, id, change) in self.log.iter().filter(|(subject, ..)| *subject == USERS) {
            let known = [Change::Added, Change::Changed, Change::Removed];
            let change = known[usize::try_from(change - 1).unwrap()];
            changes.entry(id.clone()).or_default().push(change);
        }
        changes
    }
}

/// Of the edits that named a version of a user one was made, on that version.
pub fn one_wins(edits: &[Edit]) {
    let mut won = BTreeSet::new();
    for edit in edits {
        let Some(base) = edit.base else { continue };
        assert!(won.insert((edit.user, base)), "{edit:?}");
        assert_eq!(edit.version, base + 1, "{edit:?}");
    }
    assert!(!won.is_empty());
}
