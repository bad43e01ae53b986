//! What an import would do, shown by its first records of each kind.

use serde::Serialize;

use super::{ImportObserver, Progress, Reject, UnusedColumns};
use crate::store::{ChangedFields, Join, MergeObserver, MergeReject, UsersWritten};

/// Records shown of each kind.
const SHOWN: usize = 5;

/// What a dry run would do: the first records of each kind. Names fields, never their values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportPreview {
    /// Ids of users that would be added.
    pub added: Vec<String>,
    /// Users that would change, field by field.
    pub changed: Vec<ChangedFields>,
    /// Ids of users that would be deleted.
    pub removed: Vec<String>,
    /// Records that would join a user by another key than its id.
    pub joined: Vec<Join>,
    /// Records that are rejected.
    pub rejected: Vec<Reject>,
    /// Where the source contradicts others.
    pub contradictions: Contradictions,
}

/// Fields that another source had set to another value, which the import would replace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contradictions {
    /// Number of fields, of all users.
    pub fields: u64,
    /// The first users, with those fields.
    pub users: Vec<ChangedFields>,
}

/// Passes on what happens in an import, and keeps the first of each kind if it is a dry run.
pub(super) struct Previewer<'a> {
    observer: &'a mut dyn ImportObserver,
    pub(super) preview: Option<ImportPreview>,
}

impl<'a> Previewer<'a> {
    pub(super) fn new(observer: &'a mut dyn ImportObserver, is_dry_run: bool) -> Self {
        Self { observer, preview: is_dry_run.then(ImportPreview::default) }
    }

    /// Keeps `item` if it is one of the first.
    fn keep<T>(&mut self, list: fn(&mut ImportPreview) -> &mut Vec<T>, item: impl FnOnce() -> T) {
        let list = self.preview.as_mut().map(list);
        if let Some(list) = list.filter(|list| list.len() < SHOWN) {
            list.push(item());
        }
    }
}

impl ImportObserver for Previewer<'_> {
    fn rejected(&mut self, reject: &Reject) {
        self.keep(|preview| &mut preview.rejected, || reject.clone());
        self.observer.rejected(reject);
    }

    fn joined(&mut self, join: &Join) {
        self.keep(|preview| &mut preview.joined, || join.clone());
        self.observer.joined(join);
    }

    fn progress(&mut self, progress: Progress) {
        self.observer.progress(progress);
    }

    fn columns(&mut self, unused: &UnusedColumns) {
        self.observer.columns(unused);
    }
}

impl MergeObserver for Previewer<'_> {
    fn rejected(&mut self, reject: MergeReject) {
        let MergeReject { number, line, field, reason } = reject;
        ImportObserver::rejected(self, &Reject { line, record: number, field, reason });
    }

    fn joined(&mut self, join: &Join) {
        ImportObserver::joined(self, join);
    }

    fn written(&mut self, users: UsersWritten) {
        self.observer.progress(Progress::Writing(users));
    }

    fn added(&mut self, id: &str) {
        self.keep(|preview| &mut preview.added, || id.to_owned());
    }

    fn changed(&mut self, change: &ChangedFields) {
        self.keep(|preview| &mut preview.changed, || change.clone());
        let contradicting = change.fields.iter().filter(|field| !field.contradicts.is_empty());
        let fields: Vec<_> = contradicting.cloned().collect();
        let Some(preview) = self.preview.as_mut().filter(|_| !fields.is_empty()) else { return };
        preview.contradictions.fields += fields.len() as u64;
        self.keep(
            |preview| &mut preview.contradictions.users,
            || ChangedFields { id: change.id.clone(), fields },
        );
    }

    fn removed(&mut self, id: &str) {
        self.keep(|preview| &mut preview.removed, || id.to_owned());
    }
}
