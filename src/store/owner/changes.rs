//! The feed of changes: what happened to a tenant's users, in the order of the commits.

use sqlx::FromRow;

use super::OwnerStore;
use crate::core::id::UserId;
use crate::store::error::StoreError;
use crate::store::id::TenantId;

/// A position in the feed: everything up to it has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedPosition {
    /// The generation of the directory that is being told.
    pub generation: i64,
    /// How far it has been told.
    pub step: FeedStep,
}

/// How far a generation has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedStep {
    /// Of the users that were there, those with ordinals up to `told`, of `last`.
    Listed {
        /// The ordinal of the last user told; -1 for none yet.
        told: i64,
        /// The greatest ordinal at that generation.
        last: i64,
    },
    /// Of what its transaction did to users, what sorts up to this change of the user with this ordinal.
    Partly(Change, i64),
    /// Everything.
    Done,
}

/// What happened to a user. A transaction's changes are told in this order: an id that is removed and added again
/// is there after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The user is no longer there.
    Removed,
    /// The user is new.
    Added,
    /// The user, or what finds it, is another than before.
    Changed,
}

/// What happened to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// The user.
    pub id: UserId,
    /// What happened.
    pub change: Change,
    /// The position after it.
    pub position: FeedPosition,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// What happened, in order.
    pub changes: Vec<UserChange>,
    /// The position after it.
    pub next: FeedPosition,
    /// Whether there was more when the page was read.
    pub has_more: bool,
}

/// The codes in the table `user_change`, and of the steps of the function `user_changes`.
const LISTED: i16 = 0;
const DONE: i16 = 4;

impl Change {
    /// All of them, in the order in which a transaction's are told.
    pub const ALL: [Self; 3] = [Self::Removed, Self::Added, Self::Changed];

    /// Its code in the table `user_change`.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Removed => 1,
            Self::Added => 2,
            Self::Changed => 3,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Changed => "changed",
        }
    }
}

impl FeedPosition {
    /// All of this generation has been told.
    #[must_use]
    pub const fn after(generation: i64) -> Self {
        Self { generation, step: FeedStep::Done }
    }

    /// Whether the feed still has all that follows, if it was trimmed up to the generation `trimmed_to` and the
    /// directory is at `head`. A position ahead of the directory is of one that was restored from a backup since.
    pub(super) const fn is_within(self, trimmed_to: i64, head: i64) -> bool {
        let first_needed = match self.step {
            FeedStep::Partly(..) => self.generation,
            FeedStep::Listed { .. } | FeedStep::Done => self.generation.saturating_add(1),
        };
        first_needed > trimmed_to && self.generation <= head
    }

    /// The position that has these [`columns`](Self::columns).
    pub(super) fn of_columns(generation: i64, step: i16, ordinal: i64, last: i64) -> Self {
        let change = Change::ALL.into_iter().find(|known| known.code() == step);
        let step = match (step, change) {
            (LISTED, _) => FeedStep::Listed { told: ordinal, last },
            (_, Some(change)) => FeedStep::Partly(change, ordinal),
            (_, None) => FeedStep::Done,
        };
        Self { generation, step }
    }

    /// The ordinal of the user told last, unless everything has been.
    pub(super) const fn ordinal(self) -> Option<i64> {
        match self.step {
            FeedStep::Listed { told: ordinal, .. } | FeedStep::Partly(_, ordinal) => Some(ordinal),
            FeedStep::Done => None,
        }
    }

    /// As parameters of statements: generation, step, ordinal, and the last ordinal to list.
    pub(super) const fn columns(self) -> (i64, i16, i64, i64) {
        let (step, ordinal, last) = match self.step {
            FeedStep::Listed { told, last } => (LISTED, told, last),
            FeedStep::Partly(change, ordinal) => (change.code(), ordinal, -1),
            FeedStep::Done => (DONE, 0, -1),
        };
        (self.generation, step, ordinal, last)
    }

    /// The position after a row that was read from this one on.
    fn after_row(self, row: &Row) -> (Change, Self) {
        let (change, step) = match (Change::ALL.into_iter().find(|known| known.code() == row.step), self.step)
        {
            (None, FeedStep::Listed { last, .. }) => {
                (Change::Added, FeedStep::Listed { told: row.ordinal, last })
            }
            (change, _) => {
                let change = change.unwrap_or(Change::Changed);
                (change, FeedStep::Partly(change, row.ordinal))
            }
        };
        (change, Self { generation: row.generation, step })
    }
}

/// A user; or, without an id, the directory's generation and the one up to which the feed was trimmed.
#[derive(FromRow)]
pub(super) struct Row {
    generation: i64,
    step: i16,
    ordinal: i64,
    id: Option<String>,
}

impl Row {
    /// Of the row without an id: sets the generation up to which the feed was trimmed.
    pub(super) const fn trimmed_to(&mut self, generation: i64) {
        self.ordinal = generation;
    }
}

impl OwnerStore {
    /// The directory's generation, and the greatest ordinal of its users, -1 if there is none; `None` if the
    /// tenant was deleted.
    async fn feed_head(&self, tenant: TenantId) -> Result<Option<(i64, i64)>, StoreError> {
        let query = || sqlx::query_as("SELECT generation, last_ordinal FROM feed_head($1)").bind(tenant);
        Ok(self.pool.read("feed_head", query).await?.pop())
    }

    /// The directory's generation; `None` if the tenant was deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn generation(&self, tenant: TenantId) -> Result<Option<i64>, StoreError> {
        Ok(self.feed_head(tenant).await?.map(|(generation, _)| generation))
    }

    /// The position at which all users that are there are still to be told, as added; `None` if the tenant was
    /// deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn feed_start(&self, tenant: TenantId) -> Result<Option<FeedPosition>, StoreError> {
        let start =
            |(generation, last)| FeedPosition { generation, step: FeedStep::Listed { told: -1, last } };
        Ok(self.feed_head(tenant).await?.map(start))
    }

    /// At most `most` changes after `position`; `None` if the feed no longer has them, or the tenant was deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn changes(
        &self,
        tenant: TenantId,
        position: FeedPosition,
        most: u32,
    ) -> Result<Option<ChangePage>, StoreError> {
        let (generation, step, ordinal, last) = position.columns();
        let rows = self.pool.read("user_changes", || {
            sqlx::query_as("SELECT generation, step, ordinal, id FROM user_changes($1, $2, $3, $4, $5, $6)")
                .bind(tenant)
                .bind(generation)
                .bind(step)
                .bind(ordinal)
                .bind(last)
                .bind(i64::from(most) + 1)
        });
        Ok(page(rows.await?, position, most))
    }
}

pub(super) fn page(rows: Vec<Row>, position: FeedPosition, most: u32) -> Option<ChangePage> {
    let mut rows = rows.into_iter();
    let head = rows.next()?;
    if !position.is_within(head.ordinal, head.generation) {
        return None;
    }
    let mut changes: Vec<UserChange> = rows
        .filter_map(|mut row| {
            let id = UserId::new(row.id.take()?);
            let (change, position) = position.after_row(&row);
            Some(UserChange { id, change, position })
        })
        .collect();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let has_more = changes.len() > most;
    changes.truncate(most);
    let last = changes.last().map_or(position, |change| change.position);
    let next = if has_more { last } else { FeedPosition::after(head.generation) };
    Some(ChangePage { changes, next, has_more })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(generation: i64, step: FeedStep) -> FeedPosition {
        FeedPosition { generation, step }
    }

    #[test]
    fn a_position_needs_what_follows_it_and_nothing_before() {
        let partly = FeedStep::Partly(Change::Added, 7);
        let listed = FeedStep::Listed { told: 3, last: 9 };
        for (step, trimmed_to, is_within) in [
            (FeedStep::Done, 5, true),
            (FeedStep::Done, 6, false),
            (listed, 5, true),
            (listed, 6, false),
            (partly, 4, true),
            (partly, 5, false),
        ] {
            assert_eq!(
                position(5, step).is_within(trimmed_to, 100),
                is_within,
                "{step:?} after {trimmed_to}"
            );
        }
        assert!(position(5, FeedStep::Done).is_within(0, 5));
        assert!(!position(6, FeedStep::Done).is_within(0, 5), "ahead of the directory");
    }

    fn row(generation: i64, step: i16, ordinal: i64, id: Option<&str>) -> Row {
        Row { generation, step, ordinal, id: id.map(str::to_owned) }
    }

    #[test]
    fn a_page_goes_on_after_its_last_user_or_after_all() {
        let start = position(2, FeedStep::Listed { told: -1, last: 1 });
        let rows = || vec![row(9, DONE, 0, None), row(2, LISTED, 1, Some("u")), row(4, 3, 1, Some("u"))];
        let told = |most| page(rows(), start, most).unwrap();
        let all = told(2);
        assert_eq!(
            all.changes.iter().map(|change| change.change).collect::<Vec<_>>(),
            [Change::Added, Change::Changed]
        );
        assert_eq!((all.next, all.has_more), (FeedPosition::after(9), false));
        let first = told(1);
        assert_eq!(first.next, position(2, FeedStep::Listed { told: 1, last: 1 }));
        assert!(first.has_more);
        assert_eq!(all.changes[1].position, position(4, FeedStep::Partly(Change::Changed, 1)));
    }
}
