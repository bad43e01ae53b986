//! Lists from clients, of which no more is kept than a batch may have.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// A list that keeps its first `KEPT` items and only counts the others, so that reading it takes bounded memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<T, const KEPT: usize> {
    items: Vec<T>,
    count: usize,
}

impl<T, const KEPT: usize> Counted<T, KEPT> {
    /// The number of items, including those that are not kept.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The items kept: all of them, unless there are more than `KEPT`.
    #[must_use]
    pub fn kept(&self) -> &[T] {
        &self.items
    }

    /// All items, if there are at most `limit`.
    ///
    /// # Errors
    /// The limit: `KEPT` if `limit` is higher.
    pub fn at_most(self, limit: usize) -> Result<Vec<T>, usize> {
        let limit = limit.min(KEPT);
        if self.count > limit { Err(limit) } else { Ok(self.items) }
    }
}

impl<T, const KEPT: usize> Default for Counted<T, KEPT> {
    fn default() -> Self {
        Self { items: Vec::new(), count: 0 }
    }
}

impl<T, const KEPT: usize> From<Vec<T>> for Counted<T, KEPT> {
    fn from(mut items: Vec<T>) -> Self {
        let count = items.len();
        items.truncate(KEPT);
        Self { items, count }
    }
}

impl<T: Serialize, const KEPT: usize> Serialize for Counted<T, KEPT> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const KEPT: usize> Deserialize<'de> for Counted<T, KEPT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CountingVisitor(PhantomData))
    }
}

struct CountingVisitor<T, const KEPT: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const KEPT: usize> Visitor<'de> for CountingVisitor<T, KEPT> {
    type Value = Counted<T, KEPT>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut counted = Counted::default();
        while counted.items.len() < KEPT {
            let Some(item) = list.next_element()? else { break };
            counted.items.push(item);
        }
        counted.count = counted.items.len();
        while counted.count >= KEPT && list.next_element::<IgnoredAny>()?.is_some() {
            counted.count += 1;
        }
        Ok(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_limit_is_counted() {
        let read = |json| serde_json::from_str::<Counted<u8, 2>>(json).unwrap();
        for (json, kept, count) in [("[]", &[][..], 0), ("[1]", &[1], 1), ("[1,2]", &[1, 2], 2)] {
            assert_eq!((read(json).kept(), read(json).count()), (kept, count));
            assert_eq!(read(json).at_most(2), Ok(kept.to_vec()));
        }
        let long = read(r#"[1,2,"x",{},[3]]"#);
        assert_eq!((long.count(), long.kept()), (5, &[1, 2][..]));
        assert_eq!(long.at_most(9), Err(2));
        assert_eq!(read("[1,2]").at_most(1), Err(1));
        assert!(serde_json::from_str::<Counted<u8, 2>>(r#"[1,"x"]"#).is_err());
    }
}
