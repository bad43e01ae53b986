use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use time::OffsetDateTime;

use super::*;
use crate::core::directory::Window;
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::rendering::Fragment;
use crate::core::user::User;
use crate::core::view::{Announcement, Holding, Review, Transfer, ViewQuery};
use crate::pager::keyset::Page;
use crate::pager::offset::PageWindow;

/// Writes a user as its id.
#[derive(Debug, Clone)]
struct IdAlone;

impl Rendering for IdAlone {
    fn key(&self) -> RenderingKey {
        RenderingKey { face: Face::GenAuth, options: 0, address: None }
    }

    fn render(&self, user: &User, _: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        let json = user.id.as_str().as_bytes().into();
        Ok(Fragment { json, splice: 0, account: None, valid_until: None })
    }
}

/// A directory in memory. It counts how often it was asked.
struct InMemory {
    named: HashMap<LookupKey, Vec<usize>>,
    asked: Mutex<usize>,
}

impl Directory for InMemory {
    type Error = Infallible;

    async fn find<R: Rendering>(&self, wanted: &[Wanted<R>]) -> Result<Vec<Vec<Rendered>>, Infallible> {
        *self.asked.lock().unwrap() += 1;
        let users = |wanted: &Wanted<R>| {
            let numbers = self.named.get(&wanted.key).into_iter().flatten();
            numbers.map(|number| rendered(*number, &wanted.rendering)).collect()
        };
        Ok(wanted.iter().map(users).collect())
    }

    async fn window<R: Rendering>(&self, _: PageWindow, _: &R) -> Result<Window, Infallible> {
        unreachable!("a batch by keys asks for no page")
    }

    async fn window_of<R: Rendering>(
        &self,
        _: &[UserId],
        _: PageWindow,
        _: &R,
    ) -> Result<Window, Infallible> {
        unreachable!("a batch by keys asks for no page")
    }

    async fn transfers(&self, _: &[ViewQuery]) -> Result<Vec<Page<Transfer>>, Infallible> {
        unreachable!("no view is asked for")
    }

    async fn announcements(&self, _: &[ViewQuery]) -> Result<Vec<Page<Announcement>>, Infallible> {
        unreachable!("no view is asked for")
    }

    async fn reviews(&self, _: &[ViewQuery]) -> Result<Vec<Page<Review>>, Infallible> {
        unreachable!("no view is asked for")
    }

    async fn holdings(&self, _: &[ViewQuery]) -> Result<Vec<Page<Holding>>, Infallible> {
        unreachable!("no view is asked for")
    }
}

fn rendered<R: Rendering>(number: usize, rendering: &R) -> Rendered {
    let user = User::new(UserId::new(format!("user-{number}")));
    let fragment = Arc::new(rendering.render(&user, OffsetDateTime::UNIX_EPOCH).unwrap());
    Rendered { ordinal: i64::try_from(number).unwrap(), fragment }
}

/// Users `user-0` to `user-(n - 1)`, the first `shared` of which share the phone number 123.
fn directory(n: usize, shared: usize) -> InMemory {
    let mut named: HashMap<LookupKey, Vec<usize>> =
        (0..n).filter_map(|number| Some((LookupKey::id(&format!("user-{number}"))?, vec![number]))).collect();
    named.insert(LookupKey::phone("123").unwrap(), (0..shared.min(n)).collect());
    InMemory { named, asked: Mutex::default() }
}

fn wanted(key: Option<LookupKey>) -> Option<Wanted<IdAlone>> {
    Some(Wanted { key: key?, rendering: IdAlone })
}

fn id_of(found: &Rendered) -> String {
    String::from_utf8(found.fragment.json.to_vec()).unwrap()
}

fn resolved(directory: &InMemory, keys: impl IntoIterator<Item = Option<LookupKey>>) -> Batch {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let keys: Vec<_> = keys.into_iter().map(wanted).collect();
    runtime.block_on(resolve(directory, &keys)).unwrap()
}

proptest! {
    /// Every key is answered at its own place: hits, repeated hits, misses, and names that can name nobody.
    #[test]
    fn each_key_is_answered_in_its_place(asked in prop::collection::vec(prop::option::of(0_usize..12), 0..40)) {
        let directory = directory(8, 0);
        let keys = asked.iter().map(|n| n.and_then(|n| LookupKey::id(&format!("user-{n}"))));
        let batch = resolved(&directory, keys);
        for (index, asked) in asked.iter().enumerate() {
            let expected = asked.filter(|n| *n < 8).map(|n| format!("user-{n}"));
            prop_assert_eq!(batch.get(index).map(id_of), expected);
        }
        prop_assert!(batch.get(asked.len()).is_none());
    }

    /// Each user once, in the order in which the keys first found it.
    #[test]
    fn distinct_users_come_in_the_order_asked(asked in prop::collection::vec(0_usize..12, 0..40)) {
        let directory = directory(8, 0);
        let batch = resolved(&directory, asked.iter().map(|n| LookupKey::id(&format!("user-{n}"))));
        let found: Vec<String> = batch.distinct().map(id_of).collect();
        let mut expected: Vec<String> = Vec::new();
        for name in asked.iter().filter(|n| **n < 8).map(|n| format!("user-{n}")) {
            if !expected.contains(&name) { expected.push(name) }
        }
        prop_assert_eq!(found, expected);
    }

    /// However many keys: the directory is asked once.
    #[test]
    fn a_batch_asks_once(keys in 1_usize..200) {
        let directory = directory(200, 0);
        resolved(&directory, (0..keys).map(|n| LookupKey::id(&format!("user-{n}"))));
        prop_assert_eq!(directory.asked.into_inner().unwrap(), 1);
    }
}

#[test]
fn a_shared_name_finds_all_who_share_it() {
    let directory = directory(5, 3);
    let batch = resolved(&directory, [LookupKey::phone("123")]);
    assert_eq!(batch.distinct().count(), 3);
    assert_eq!(batch.get(0).map(id_of).unwrap(), "user-0");
}

#[test]
fn a_batch_of_nothing_asks_nothing() {
    let directory = directory(2, 0);
    assert_eq!(resolved(&directory, [None, None]).distinct().count(), 0);
    assert_eq!(directory.asked.into_inner().unwrap(), 0);
}
