//! Combines a user of the directory with the records about it, in their order.

use super::MergeOptions;
use super::records::RecordError;
use crate::core::key::LookupKey;
use crate::core::user::User;

/// A record about a user that is in the directory, or about which there are several records.
pub(super) struct MatchedRecord {
    /// Id of the user.
    pub(super) target: String,
    pub(super) place: i64,
    pub(super) record: User,
    /// The user in the directory, if any.
    pub(super) stored: Option<User>,
}

/// The results of combining, as columns.
#[derive(Default)]
pub(super) struct Combined {
    pub(super) users: UserColumns,
    pub(super) gained: KeyColumns,
    pub(super) lost: KeyColumns,
    pub(super) rejected: RejectColumns,
    /// Number of records that changed nothing.
    pub(super) unchanged: u64,
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
    stored: Option<User>,
    user: User,
    /// Whether any record was accepted.
    has_records: bool,
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
        let MatchedRecord { target, place, record, stored } = matched;
        if self.open.as_ref().is_some_and(|open| open.user.id.as_str() != target) {
            self.finish_user()?;
        }
        let open = match (self.open.take(), stored) {
            (Some(open), _) => self.absorb(open, record, place),
            (None, Some(user)) => {
                let open = OpenUser { stored: Some(user.clone()), user, has_records: false, place };
                self.absorb(open, record, place)
            }
            (None, None) => OpenUser { stored: None, user: record, has_records: true, place },
        };
        self.open = Some(open);
        Ok(())
    }

    fn absorb(&mut self, mut open: OpenUser, mut record: User, place: i64) -> OpenUser {
        let issuer = self.options.issuer;
        if record.id != open.user.id {
            record.issued_ids.entry(issuer.to_owned()).or_insert_with(|| record.id.as_str().to_owned());
        }
        let (known, claimed) = (open.user.issued_ids.get(issuer), record.issued_ids.get(issuer));
        // Found by its e-mail address or another key, but the same source has another id for that user.
        if known.is_some() && claimed.is_some() && known != claimed && record.id != open.user.id {
            let reason =
                "its e-mail address, external id or chain account belongs to another user of the same source";
            self.combined.rejected.push(place, "id".to_owned(), reason.to_owned());
            return open;
        }
        open.place = place;
        open.has_records = true;
        open.user.absorb(record);
        open
    }

    /// Compares the open user, if any, with the one in the directory.
    pub(super) fn finish_user(&mut self) -> Result<(), serde_json::Error> {
        let Some(OpenUser { stored, user, has_records, place }) = self.open.take() else {
            return Ok(());
        };
        let combined = &mut self.combined;
        if stored.as_ref() == Some(&user) {
            combined.unchanged += u64::from(has_records);
            return Ok(());
        }
        // Each record was checked; a combination that is invalid all the same is rejected, not written without keys.
        let keys = match user.keys() {
            Ok(keys) => keys,
            Err(error) => {
                let error = RecordError::from(error);
                combined.rejected.push(place, error.field(), error.to_string());
                return Ok(());
            }
        };
        let old = stored.and_then(|stored| stored.keys().ok()).unwrap_or_default();
        let id = user.id.as_str();
        combined.gained.extend(keys.difference(&old), place, id);
        combined.lost.extend(old.difference(&keys), place, id);
        combined.users.documents.push(serde_json::to_string(&user)?);
        combined.users.ids.push(id.to_owned());
        combined.users.places.push(place);
        Ok(())
    }

    /// The results for users finished since the last call.
    pub(super) fn take(&mut self) -> Combined {
        std::mem::take(&mut self.combined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::UserId;

    fn options() -> MergeOptions {
        MergeOptions { match_by: Vec::new(), issuer: "avepoint", strict: false, dry_run: false }
    }

    fn user(id: &str, email: Option<&str>) -> User {
        let mut user = User::new(UserId::new(id));
        user.contact.email = email.map(str::to_owned);
        user
    }

    fn matched(place: i64, record: User, stored: Option<&User>) -> MatchedRecord {
        let target = stored.map_or_else(|| record.id.clone(), |stored| stored.id.clone());
        MatchedRecord { target: target.as_str().to_owned(), place, record, stored: stored.cloned() }
    }

    #[test]
    fn records_of_one_user_are_combined_and_the_last_stands_for_all() {
        let options = options();
        let mut combiner = Combiner::new(&options);
        combiner.add(matched(1, user("u", Some("a@example.com")), None)).unwrap();
        combiner.add(matched(4, user("u", Some("b@example.com")), None)).unwrap();
        combiner.add(matched(2, user("v", None), None)).unwrap();
        let outcome = combiner.take();
        assert_eq!(outcome.users.places, [4]);
        assert_eq!(outcome.gained.values, ["u", "b@example.com"]);
        combiner.finish_user().unwrap();
        assert_eq!(combiner.take().users.ids, ["v"]);
    }

    #[test]
    fn a_record_that_changes_nothing_is_unchanged() {
        let stored = user("u", Some("a@example.com"));
        let options = options();
        let mut combiner = Combiner::new(&options);
        combiner.add(matched(1, user("u", None), Some(&stored))).unwrap();
        combiner.finish_user().unwrap();
        let outcome = combiner.take();
        assert_eq!((outcome.unchanged, outcome.users.ids.len()), (1, 0));
    }

    #[test]
    fn a_user_that_the_source_knows_by_another_id_is_left_alone() {
        let mut stored = user("u", Some("a@example.com"));
        stored.issued_ids.insert("avepoint".to_owned(), "first".to_owned());
        let options = options();
        let mut combiner = Combiner::new(&options);
        combiner.add(matched(7, user("second", Some("a@example.com")), Some(&stored))).unwrap();
        combiner.finish_user().unwrap();
        let outcome = combiner.take();
        assert_eq!((outcome.rejected.places, outcome.unchanged), (vec![7], 0));
        assert!(outcome.users.ids.is_empty());
    }
}
