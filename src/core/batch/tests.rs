//! The laws of a batch, over a directory in memory.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::core::directory::{Match, Window};
use crate::core::id::UserRef;
use crate::core::user::User;
use crate::core::view::{Announcement, Holding, Review, Transfer, ViewQuery};
use crate::pager::keyset::Page;
use crate::pager::offset::PageWindow;

/// Users by the names that find them; counts what it is asked.
#[derive(Default)]
struct InMemory {
    named: HashMap<LookupKey, Vec<UserId>>,
    gone: Vec<UserId>,
    asked: Mutex<Vec<&'static str>>,
}

impl Directory for InMemory {
    type Error = Infallible;

    async fn resolve(&self, keys: &[LookupKey]) -> Result<Vec<Match>, Infallible> {
        self.asked.lock().unwrap().push("resolve");
        let hits = keys.iter().enumerate().flat_map(|(key, name)| {
            let users = self.named.get(name).into_iter().flatten();
            users.map(move |id| Match { key, user: UserRef { id: id.clone(), version: 1 } })
        });
        Ok(hits.collect())
    }

    async fn load(&self, ids: &[UserId]) -> Result<Vec<StoredUser>, Infallible> {
        self.asked.lock().unwrap().push("load");
        let there = ids.iter().filter(|id| !self.gone.contains(id));
        // In another order than asked, as a database may.
        Ok(there.rev().map(|id| stored(id.clone())).collect())
    }

    async fn window(&self, _: PageWindow) -> Result<Window, Infallible> {
        unreachable!("a batch reads no window")
    }

    async fn window_of(&self, _: &[UserId], _: PageWindow) -> Result<Window, Infallible> {
        unreachable!("a batch reads no window")
    }

    async fn transfers(&self, _: &[ViewQuery]) -> Result<Vec<Page<Transfer>>, Infallible> {
        unreachable!("a batch reads no view")
    }

    async fn announcements(&self, _: &[ViewQuery]) -> Result<Vec<Page<Announcement>>, Infallible> {
        unreachable!("a batch reads no view")
    }

    async fn reviews(&self, _: &[ViewQuery]) -> Result<Vec<Page<Review>>, Infallible> {
        unreachable!("a batch reads no view")
    }

    async fn holdings(&self, _: &[ViewQuery]) -> Result<Vec<Page<Holding>>, Infallible> {
        unreachable!("a batch reads no view")
    }
}

fn stored(id: UserId) -> StoredUser {
    StoredUser { version: 1, user: User::new(id) }
}

/// Users `0` to `n`, each under its id; those below `shared` also under one phone number.
fn directory(n: usize, shared: usize, gone: &[usize]) -> InMemory {
    let id = |number: usize| UserId::new(format!("user-{number}"));
    let mut named: HashMap<LookupKey, Vec<UserId>> =
        (0..n).filter_map(|number| Some((LookupKey::id(id(number).as_str())?, vec![id(number)]))).collect();
    named.insert(LookupKey::phone("123").unwrap(), (0..shared.min(n)).map(id).collect());
    InMemory { named, gone: gone.iter().copied().map(id).collect(), asked: Mutex::default() }
}

fn resolved(directory: &InMemory, keys: &[Option<LookupKey>]) -> Batch {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(resolve(directory, keys)).unwrap()
}

proptest! {
    /// Every key is answered at its own place: hits, repeated hits, misses, and names that can name nobody.
    #[test]
    fn each_key_is_answered_in_its_place(asked in prop::collection::vec(prop::option::of(0_usize..12), 0..40)) {
        let directory = directory(8, 0, &[]);
        let keys: Vec<_> = asked.iter().map(|n| n.and_then(|n| LookupKey::id(&format!("user-{n}")))).collect();
        let batch = resolved(&directory, &keys);
        for (index, asked) in asked.iter().enumerate() {
            let found = batch.get(index).map(|stored| stored.user.id.as_str().to_owned());
            prop_assert_eq!(found, asked.filter(|n| *n < 8).map(|n| format!("user-{n}")));
        }
        prop_assert_eq!(batch.get(asked.len()), None);
    }

    /// Each user once, in the order in which the keys first found it.
    #[test]
    fn distinct_users_come_in_the_order_asked(asked in prop::collection::vec(0_usize..12, 0..40)) {
        let directory = directory(8, 0, &[]);
        let keys: Vec<_> = asked.iter().map(|n| LookupKey::id(&format!("user-{n}"))).collect();
        let batch = resolved(&directory, &keys);
        let found: Vec<String> = batch.distinct().map(|stored| stored.user.id.as_str().to_owned()).collect();
        let mut expected: Vec<String> = Vec::new();
        for name in asked.iter().filter(|n| **n < 8).map(|n| format!("user-{n}")) {
            if !expected.contains(&name) { expected.push(name) }
        }
        prop_assert_eq!(found, expected);
    }

    /// However many keys: one resolution and one load.
    #[test]
    fn a_batch_costs_two_statements(keys in 1_usize..200) {
        let directory = directory(200, 0, &[]);
        let keys: Vec<_> = (0..keys).map(|n| LookupKey::id(&format!("user-{n}"))).collect();
        resolved(&directory, &keys);
        prop_assert_eq!(directory.asked.into_inner().unwrap(), ["resolve", "load"]);
    }
}

#[test]
fn a_shared_name_finds_all_who_share_it() {
    let directory = directory(5, 3, &[]);
    let batch = resolved(&directory, &[LookupKey::phone("123")]);
    assert_eq!(batch.distinct().count(), 3);
    assert_eq!(batch.get(0).unwrap().user.id.as_str(), "user-0");
}

#[test]
fn a_user_that_goes_between_the_two_steps_is_a_miss() {
    let directory = directory(2, 0, &[1]);
    let batch = resolved(&directory, &[LookupKey::id("user-0"), LookupKey::id("user-1")]);
    assert!(batch.get(0).is_some());
    assert!(batch.get(1).is_none());
}

#[test]
fn a_batch_of_nothing_asks_nothing() {
    let directory = directory(2, 0, &[]);
    assert_eq!(resolved(&directory, &[None, None]).distinct().count(), 0);
    assert!(directory.asked.into_inner().unwrap().is_empty());
}
