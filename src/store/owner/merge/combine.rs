//! Combines a user of the directory with the records about it, in their order.

use serde_json::Value;

use super::records::RecordError;
use super::{ChangedFields, MergeOptions};
use crate::core::key::LookupKey;
use crate::core::user::merge::{Statement, differences, merge};
use crate::core::user::{JsonObject, User};

const ISSUED_IDS: &str = "issuedIds";

/// A record about a user that is in the directory, or about which there are several records.
pub(super) struct MatchedRecord {
    /// Id of the user.
    pub(super) target: String,
    pub(super) place: i64,
    pub(super) said: Statement,
    /// The document in the directory, if any.
    pub(super) stored: Option<JsonObject>,
}

/// The results of combining, as columns.
#[derive(Default)]
pub(super) struct Combined {
    pub(super) users: UserColumns,
    pub(super) gained: KeyColumns,
    pub(super) lost: KeyColumns,
    pub(super) rejected: RejectColumns,
    /// How existing users change; only in a dry run.
    pub(super) changes: Vec<ChangedFields>,
    /// Number of records that changed nothing.
    pub(super) unchanged: u64,
}

impl Combined {
    /// Adds the user that one in the directory, if there was one, becomes; `place` is that of the record.
    pub(super) fn put(
        &mut self,
        place: i64,
        stored: Option<&User>,
        user: &User,
    ) -> Result<(), serde_json::Error> {
        // Each record was checked; a combination that is invalid all the same is rejected, not written without keys.
        let keys = match user.keys() {
            Ok(keys) => keys,
            Err(error) => {
                let error = RecordError::from(error);
                self.rejected.push(place, error.field(), error.to_string());
                return Ok(());
            }
        };
        let old = stored.and_then(|stored| stored.keys().ok()).unwrap_or_default();
        let id = user.id.as_str();
        self.gained.extend(keys.difference(&old), place, id);
        self.lost.extend(old.difference(&keys), place, id);
        self.users.documents.push(serde_json::to_string(user)?);
        self.users.ids.push(id.to_owned());
        self.users.places.push(place);
        Ok(())
    }

    /// Adds the keys of a user that is deleted.
    pub(super) fn lose_all(&mut self, place: i64, user: &User) {
        self.lost.extend(user.keys().unwrap_or_default().iter(), place, user.id.as_str());
    }
}

/// New or changed users.
#[derive(Default)]
pub(super) struct UserColumns {
    pub(super) places: Vec<i64>,
    pub(super) ids: Vec<String>,
    pub(super) documents: Vec<String>,
}

/// Keys of those users.
#[derive(Default)]
pub(super) struct KeyColumns {
    pub(super) places: Vec<i64>,
    pub(super) kinds: Vec<i16>,
    pub(super) values: Vec<String>,
    pub(super) users: Vec<String>,
}

impl KeyColumns {
    fn extend<'a>(&mut self, keys: impl Iterator<Item = &'a LookupKey>, place: i64, user: &str) {
        for key in keys {
            self.places.push(place);
            self.kinds.push(key.kind().code());
            self.values.push(key.value().to_owned());
            self.users.push(user.to_owned());
        }
    }
}

/// Rejected records.
#[derive(Default)]
pub(super) struct RejectColumns {
    pub(super) places: Vec<i64>,
    pub(super) fields: Vec<String>,
    pub(super) reasons: Vec<String>,
}

impl RejectColumns {
    fn push(&mut self, place: i64, field: String, reason: String) {
        self.places.push(place);
        self.fields.push(field);
        self.reasons.push(reason);
    }
}

/// A user with some of its records combined.
struct OpenUser {
    /// Its id.
    target: String,
    stored: Option<JsonObject>,
    document: JsonObject,
    /// Number of records that were accepted.
    records: u64,
    /// The last accepted record, which represents all of them.
    place: i64,
}

/// Combines records sorted by user.
pub(super) struct Combiner<'a> {
    options: &'a MergeOptions,
    open: Option<OpenUser>,
    combined: Combined,
}

impl<'a> Combiner<'a> {
    pub(super) fn new(options: &'a MergeOptions) -> Self {
        Self { options, open: None, combined: Combined::default() }
    }

    pub(super) fn add(&mut self, matched: MatchedRecord) -> Result<(), serde_json::Error> {
        let MatchedRecord { target, place, said, stored } = matched;
        if self.open.as_ref().is_some_and(|open| open.target != target) {
            self.finish_user()?;
        }
        let open = match (self.open.take(), stored) {
            (Some(open), _) => self.absorb(open, said, place),
            (None, Some(stored)) => {
                let document = stored.clone();
                let open = OpenUser { target, stored: Some(stored), document, records: 0, place };
                self.absorb(open, said, place)
            }
            (None, None) => OpenUser { target, stored: None, document: said.document, records: 1, place },
        };
        self.open = Some(open);
        Ok(())
    }

    fn absorb(&mut self, mut open: OpenUser, mut said: Statement, place: i64) -> OpenUser {
        let issuer = self.options.source.as_str();
        let id = said.document.get("id").cloned().unwrap_or_default();
        let is_joined = id != *open.target;
        if is_joined {
            issue(&mut said.document, issuer, id);
        }
        let (known, claimed) = (issued_id(&open.document, issuer), issued_id(&said.document, issuer));
        // Found by its e-mail address or another key, but the same source has another id for that user.
        if is_joined && known.is_some() && claimed.is_some() && known != claimed {
            let reason =
                "its e-mail address, external id or chain account belongs to another user of the same source";
            self.combined.rejected.push(place, "id".to_owned(), reason.to_owned());
            return open;
        }
        open.place = place;
        open.records += 1;
        open.document = merge(open.document, said, self.options.source, self.options.extent);
        open
    }

    /// Compares the open user, if any, with the one in the directory.
    pub(super) fn finish_user(&mut self) -> Result<(), serde_json::Error> {
        let Some(OpenUser { target, stored, document, records, place }) = self.open.take() else {
            return Ok(());
        };
        let user: User = serde_json::from_value(document.clone().into())?;
        let Some(before) = stored else {
            return self.combined.put(place, None, &user);
        };
        let stored: User = serde_json::from_value(before.clone().into())?;
        if stored == user {
            self.combined.unchanged += records;
            return Ok(());
        }
        if self.options.dry_run {
            let fields = differences(before, document, self.options.source);
            self.combined.changes.push(ChangedFields { id: target, fields });
        }
        self.combined.put(place, Some(&stored), &user)
    }

    /// The results for users finished since the last call.
    pub(super) fn take(&mut self) -> Combined {
        std::mem::take(&mut self.combined)
    }
}

/// The id that `issuer` issued for the user.
fn issued_id<'a>(document: &'a JsonObject, issuer: &str) -> Option<&'a Value> {
    document.get(ISSUED_IDS)?.get(issuer)
}

/// Adds the id that `issuer` issued, unless there is one.
fn issue(document: &mut JsonObject, issuer: &str, id: Value) {
    let ids = document.entry(ISSUED_IDS).or_insert_with(|| JsonObject::new().into());
    if let Some(ids) = ids.as_object_mut() {
        ids.entry(issuer).or_insert(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::UserId;
    use crate::core::user::merge::Extent;
    use crate::core::user::{DataSource, SetBy};

    fn options() -> MergeOptions {
        let (source, extent) = (DataSource::AvePoint, Extent::Whole { unasked: &[] });
        MergeOptions { match_by: Vec::new(), source, extent, replace: None, strict: false, dry_run: false }
    }

    fn user(id: &str, email: Option<&str>) -> User {
        let mut user = User::new(UserId::new(id));
        user.contact.email = email.map(str::to_owned);
        user
    }

    fn matched(place: i64, record: &User, stored: Option<&User>) -> MatchedRecord {
        let target = stored.map_or_else(|| record.id.clone(), |stored| stored.id.clone());
        let document = |user: &User| match serde_json::to_value(user).unwrap() {
            Value::Object(document) => document,
            other => panic!("{other}"),
        };
        let said = Statement { document: document(record), ..Statement::default() };
        MatchedRecord { target: target.as_str().to_owned(), place, said, stored: stored.map(document) }
    }

    #[test]
    fn records_of_one_user_are_combined_and_the_last_stands_for_all() {
        let options = options();
        let mut combiner = Combiner::new(&options);
        combiner.add(matched(1, &user("u", Some("a@example.com")), None)).unwrap();
        combiner.add(matched(4, &user("u", Some("b@example.com")), None)).unwrap();
        combiner.add(matched(2, &user("v", None), None)).unwrap();
        let outcome = combiner.take();
        assert_eq!(outcome.users.places, [4]);
        assert_eq!(outcome.gained.values, ["u", "b@example.com"]);
        combiner.finish_user().unwrap();
        assert_eq!(combiner.take().users.ids, ["v"]);
    }

    #[test]
    fn a_record_that_changes_nothing_is_unchanged() {
        let mut stored = user("u", Some("a@example.com"));
        stored.set_by = SetBy::only(DataSource::AvePoint);
        let options = options();
        for (email, unchanged, changed) in [(Some("a@example.com"), 1, 0), (None, 0, 1)] {
            let mut combiner = Combiner::new(&options);
            combiner.add(matched(1, &user("u", email), Some(&stored))).unwrap();
            combiner.finish_user().unwrap();
            let outcome = combiner.take();
            assert_eq!((outcome.unchanged, outcome.users.ids.len()), (unchanged, changed));
        }
    }

    #[test]
    fn a_user_that_the_source_knows_by_another_id_is_left_alone() {
        let mut stored = user("u", Some("a@example.com"));
        stored.issued_ids.insert("avepoint".to_owned(), "first".to_owned());
        let options = options();
        let mut combiner = Combiner::new(&options);
        combiner.add(matched(7, &user("second", Some("a@example.com")), Some(&stored))).unwrap();
        combiner.finish_user().unwrap();
        let outcome = combiner.take();
        assert_eq!((outcome.rejected.places, outcome.unchanged), (vec![7], 0));
        assert!(outcome.users.ids.is_empty());
    }
}
