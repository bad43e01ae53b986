//! Users found by the beginnings of their words.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{AdminTransaction, PlacedUser, StoredUser};
use crate::store::{StoreError, TenantId};

/// Words that are looked at for a page at most, in steps: the first suffices where most users match.
const STEPS: [u32; 3] = [200, 800, 2_000];
/// How far words are counted to tell the rarest beginning.
const COUNTED: i64 = 2_000;

/// How many words begin so, up to a number.
const COUNT: &str = "
    SELECT (SELECT count(*) FROM (
                   SELECT FROM user_word w
                    WHERE w.tenant_id = bound_tenant() AND w.ordinal >= 0 AND w.word >= b.first AND w.word < b.past
                    ORDER BY w.word, w.ordinal LIMIT $3) c)
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS b (first, past, place) ORDER BY b.place";

/// The next words with a beginning, each with all words of its user.
const SCAN: &str = "
    WITH scanned AS MATERIALIZED (
        SELECT w.tenant_id, w.word, w.ordinal FROM user_word w
         WHERE w.tenant_id = bound_tenant() AND w.ordinal >= 0 AND w.word >= $1 AND w.word < $2
           AND (w.word, w.ordinal) > ($3, $4)
         ORDER BY w.word, w.ordinal LIMIT $5)
    SELECT s.word, s.ordinal, ARRAY (
           SELECT x.word FROM user_word x WHERE x.tenant_id = s.tenant_id AND x.ordinal = s.ordinal) AS words
      FROM scanned s";

const READ: &str = r#"
    SELECT u.ordinal, u.id, u.version, u.created_at, u.updated_at, u.document
      FROM unnest($1::bigint[]) AS o (ordinal)
     CROSS JOIN LATERAL (
           SELECT n.* FROM "user" n
            WHERE n.tenant_id = bound_tenant() AND n.ordinal >= 0 AND n.ordinal = o.ordinal OFFSET 0) u"#;

/// A word of a user, in the order of the words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WordPlace {
    /// The word.
    pub word: String,
    /// The user's place in the directory.
    pub ordinal: i64,
}

/// A page of users found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundUsers {
    /// In the order of the words by which they were found.
    pub users: Vec<StoredUser>,
    /// After which word there may be more; `None` if there are none.
    pub next: Option<WordPlace>,
}

#[derive(FromRow)]
struct Scanned {
    word: String,
    ordinal: i64,
    words: Vec<String>,
}

impl Scanned {
    /// Whether the user has words with all of `beginnings`, and this is the first that has the one at `by`.
    fn is_found(&self, beginnings: &[&str], by: usize) -> bool {
        let has = |beginning: &str| self.words.iter().any(|word| word.starts_with(beginning));
        let beginning = beginnings.get(by).copied().unwrap_or_default();
        let first = self.words.iter().filter(|word| word.starts_with(beginning)).min();
        first == Some(&self.word) && beginnings.iter().copied().all(has)
    }
}

/// The words that begin with `beginning` are those from it on, below this one.
fn past(beginning: &str) -> String {
    format!("{beginning}{}", char::MAX)
}

impl AdminTransaction {
    /// Which of `beginnings` the fewest words of `tenant` have.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn rarest_beginning(
        &mut self,
        tenant: TenantId,
        beginnings: &[&str],
    ) -> Result<usize, StoreError> {
        self.open_words(tenant).await?;
        let past: Vec<String> = beginnings.iter().copied().map(past).collect();
        let count = sqlx::query_scalar(COUNT).bind(beginnings).bind(past).bind(COUNTED);
        let counts: Vec<i64> = count.fetch_all(self.transaction.connection()?).await?;
        let lengths = beginnings.iter().map(|beginning| std::cmp::Reverse(beginning.len()));
        let rarest = counts.into_iter().zip(lengths).enumerate().min_by_key(|(_, rarity)| *rarity);
        Ok(rarest.map_or(0, |(place, _)| place))
    }

    /// Up to `most` users of `tenant` who have words with all of `beginnings`, in the order of the first words that have
    /// the one at `by`, after the word `after`. A page may have fewer users, or none, and be followed by more: what is
    /// read for one is limited.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn users_with_words(
        &mut self,
        tenant: TenantId,
        beginnings: &[&str],
        by: usize,
        after: Option<WordPlace>,
        most: u32,
    ) -> Result<FoundUsers, StoreError> {
        self.open_words(tenant).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let beginning = beginnings.get(by).copied().unwrap_or_default();
        let mut next = after;
        let mut found: Vec<i64> = Vec::new();
        for step in STEPS {
            let scanned = self.scan(beginning, next.as_ref(), step).await?;
            let is_last = scanned.len() < usize::try_from(step).unwrap_or(usize::MAX);
            let mut scanned = scanned.into_iter();
            for row in scanned.by_ref() {
                if row.is_found(beginnings, by) {
                    found.push(row.ordinal);
                }
                next = Some(WordPlace { word: row.word, ordinal: row.ordinal });
                if found.len() == most {
                    break;
                }
            }
            if is_last && !scanned.any(|row| row.is_found(beginnings, by)) {
                next = None;
                break;
            }
            if found.len() == most {
                break;
            }
        }
        Ok(FoundUsers { users: self.users_at(found).await?, next })
    }

    /// The next `step` words with `beginning`, in order.
    async fn scan(
        &mut self,
        beginning: &str,
        after: Option<&WordPlace>,
        step: u32,
    ) -> Result<Vec<Scanned>, StoreError> {
        let (word, ordinal) = after.map_or((beginning, -1), |after| (after.word.as_str(), after.ordinal));
        let scan = sqlx::query_as(SCAN).bind(beginning).bind(past(beginning)).bind(word).bind(ordinal);
        let mut scanned: Vec<Scanned> =
            scan.bind(i64::from(step)).fetch_all(self.transaction.connection()?).await?;
        scanned.sort_unstable_by(|a, b| (&a.word, a.ordinal).cmp(&(&b.word, b.ordinal)));
        Ok(scanned)
    }

    /// The users with these ordinals, in their order.
    async fn users_at(&mut self, ordinals: Vec<i64>) -> Result<Vec<StoredUser>, StoreError> {
        if ordinals.is_empty() {
            return Ok(Vec::new());
        }
        let read = sqlx::query_as(READ).bind(&ordinals).fetch_all(self.transaction.connection()?).await?;
        let mut users: BTreeMap<i64, StoredUser> =
            read.into_iter().map(|PlacedUser { place, user }| (place, user)).collect();
        Ok(ordinals.into_iter().filter_map(|ordinal| users.remove(&ordinal)).collect())
    }
}
