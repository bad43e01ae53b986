//! Users by keys and by page.

use proptest::prelude::*;

use super::*;

proptest! {
    /// Hits, repeated hits, misses, and keys that no user can have.
    #[test]
    fn each_key_is_answered_in_its_place(asked in prop::collection::vec(prop::option::of(0_usize..12), 0..40)) {
        let directory = InMemory::with_users(users(8));
        let keys: Vec<_> = asked.iter().map(|number| number.and_then(id)).collect();
        let batch = fetched(&directory, BatchQuery::Keys { keys: &keys, rendering: AsId });
        prop_assert_eq!(batch.found.len(), asked.len());
        for (found, asked) in batch.found.iter().zip(asked) {
            let expected = asked.filter(|number| *number < 8).map(|number| format!("user-{number}"));
            prop_assert_eq!(ids(found.user()).first().map(|id| (*id).to_owned()), expected);
        }
    }

    #[test]
    fn distinct_users_come_each_once_in_the_order_asked(asked in prop::collection::vec(0_usize..12, 0..40)) {
        let directory = InMemory::with_users(users(8));
        let keys: Vec<_> = asked.iter().copied().map(id).collect();
        let batch = fetched(&directory, BatchQuery::Keys { keys: &keys, rendering: AsId });
        let mut expected: Vec<String> = Vec::new();
        for name in asked.iter().filter(|number| **number < 8).map(|number| format!("user-{number}")) {
            if !expected.contains(&name) { expected.push(name) }
        }
        prop_assert_eq!(ids(batch.distinct()), expected);
    }

    /// The directory is called once, with each key once, however often a key is requested.
    #[test]
    fn a_batch_is_one_question(asked in prop::collection::vec(0_usize..12, 1..40)) {
        let directory = InMemory::with_users(users(8));
        let keys: Vec<_> = asked.iter().copied().map(id).collect();
        fetched(&directory, BatchQuery::Keys { keys: &keys, rendering: AsId });
        let distinct: HashSet<_> = asked.iter().collect();
        prop_assert_eq!(directory.asked(), [format!("{} keys", distinct.len())]);
    }
}

#[test]
fn a_shared_key_finds_all_who_share_it() {
    let sharing = users(3).map(|mut user| {
        user.contact.phone = Some("123".to_owned());
        user
    });
    let directory = InMemory::with_users(sharing);
    let batch =
        fetched(&directory, BatchQuery::Keys { keys: &[LookupKey::phone("123"), id(2)], rendering: AsId });
    assert_eq!(ids(&batch.found[0].users), ["user-0", "user-1", "user-2"]);
    assert_eq!(ids(batch.found[0].user()), ["user-0"]);
    assert_eq!(batch.distinct().count(), 3, "user-2 was found twice");
}

#[test]
fn a_batch_of_nothing_asks_nothing() {
    let directory = InMemory::with_users(users(2));
    let batch = fetched(&directory, BatchQuery::Keys { keys: &[None, None], rendering: AsId });
    assert_eq!(batch, Batch { found: vec![Found::default(), Found::default()], total: None });
    assert!(directory.asked().is_empty());
}

#[test]
fn a_page_has_its_users_and_the_count_of_all() {
    let directory = InMemory::with_users(users(7));
    let window = PageWindow::new(2, 3, 10).unwrap();
    let page = fetched(&directory, BatchQuery::Page { ids: None, window, rendering: AsId });
    assert_eq!((ids(page.distinct()), page.total), (vec!["user-3", "user-4", "user-5"], Some(7)));
    let some = [0, 1, 1, 5, 6, 9].map(|number| UserId::new(format!("user-{number}")));
    let page = fetched(&directory, BatchQuery::Page { ids: Some(&some), window, rendering: AsId });
    assert_eq!((ids(page.distinct()), page.total), (vec!["user-6"], Some(4)));
    let page = fetched(&directory, BatchQuery::Page { ids: Some(&[]), window, rendering: AsId });
    assert_eq!((page.found.len(), page.total), (0, Some(0)));
}
