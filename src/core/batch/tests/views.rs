//! Views of the users found.

use proptest::prelude::*;

use super::*;
use crate::core::view::{Announcement, Audience, AutoApprovals, Holding, ViewRequest};
use crate::pager::bookmark::Bookmarks;

const SIZE: usize = 2;
const ENTRIES: i64 = 5;

fn bookmarks() -> Bookmarks {
    Bookmarks::new(&[7; 32], &[])
}

fn address(number: u8) -> Address {
    Address::parse(&format!("0x{number:040x}")).unwrap()
}

fn account(number: u8) -> AccountKey {
    address(number).key()
}

/// Entry `n` of a timeline of an account. Every second transfer is outgoing.
fn entry(timeline: Timeline, of: &AccountKey, n: i64) -> TimelineEntry {
    let (id, block) = (format!("{of}-{n}"), n.to_string());
    let (from, text) = ("Mint".to_owned(), String::new());
    match timeline {
        Timeline::Holdings => TimelineEntry::Holding(Holding {
            account: of.clone(),
            collection_id: n,
            balances: Vec::new(),
            on_chain: true,
            uri: None,
            permissions: serde_json::Map::new(),
            auto_approvals: AutoApprovals::default(),
        }),
        Timeline::Transfers => TimelineEntry::Transfer(Transfer {
            id,
            at: n,
            collection_id: 1,
            from: if n % 2 == 0 { from } else { of.to_string() },
            to: vec![if n % 2 == 0 { of.to_string() } else { account(200).to_string() }],
            balances: Vec::new(),
            block,
            memo: text,
            precalculation: None,
            initiated_by: None,
        }),
        Timeline::Announcements => {
            TimelineEntry::Announcement(Announcement { id, at: n, collection_id: 1, from, text, block })
        }
        Timeline::Reviews => {
            let (about, stars) = (of.clone(), "5".to_owned());
            TimelineEntry::Review(Review { id, at: n, from, about, stars, text, block })
        }
        Timeline::Audiences => TimelineEntry::Audience(Audience { account: of.clone(), collection_id: n }),
    }
}

/// Users `user-0` to `user-4`, each with an account that has entries in every timeline.
fn directory(name: &'static str) -> InMemory {
    let with_account = users(5).zip(0..).map(|(mut user, number)| {
        let address = address(number).canonical();
        user.chain_accounts = vec![ChainAccount { address, ..ChainAccount::default() }];
        user
    });
    let mut directory = InMemory { name, ..InMemory::with_users(with_account) };
    for account in (0..5).map(account) {
        for timeline in Timeline::SHOWN {
            directory.entries.extend((0..ENTRIES).map(|n| (account.clone(), entry(timeline, &account, n))));
        }
    }
    directory
}

fn view(timeline: Timeline) -> ViewRequest {
    ViewRequest {
        timeline: Some(timeline),
        direction: Direction::Ascending,
        collections: None,
        incoming_only: false,
        bookmark: None,
        size: SIZE,
    }
}

fn by_id(number: usize, views: Vec<ViewRequest>) -> BatchEntry<AsId> {
    BatchEntry { key: id(number), rendering: AsId, account: None, views }
}

fn read(directory: &InMemory, entries: &[BatchEntry<AsId>]) -> Vec<Found> {
    fetched(directory, BatchQuery::Entries { entries, bookmarks: &bookmarks() }).found
}

fn read_one(directory: &InMemory, number: u8, view: &ViewRequest) -> Result<ViewPage, BookmarkError> {
    let entry =
        BatchEntry { key: None, rendering: AsId, account: Some(account(number)), views: vec![view.clone()] };
    read(directory, &[entry]).remove(0).views.remove(0)
}

fn timelines() -> impl Strategy<Value = Vec<Timeline>> {
    prop::collection::vec(prop::sample::select(Timeline::SHOWN.to_vec()), 0..4)
}

proptest! {
    /// Regardless of the number of entries and views, each view has the page of its own account and timeline, and the
    /// directory is called once for each timeline that any view shows.
    #[test]
    fn each_view_has_its_own_page(asked in prop::collection::vec((0_usize..7, timelines()), 0..20)) {
        let directory = directory("here");
        let entry_of = |(number, timelines): &(usize, Vec<Timeline>)| {
            by_id(*number, timelines.iter().copied().map(view).collect())
        };
        let entries: Vec<_> = asked.iter().map(entry_of).collect();
        let found = read(&directory, &entries);
        prop_assert_eq!(found.len(), asked.len());
        for (found, (number, timelines)) in found.iter().zip(&asked) {
            prop_assert_eq!(found.user().is_some(), *number < 5);
            prop_assert_eq!(found.views.len(), timelines.len());
            for (page, timeline) in found.views.iter().zip(timelines) {
                let account = account(u8::try_from(*number).unwrap());
                let first: Vec<_> = (0..2).map(|n| entry(*timeline, &account, n)).collect();
                let expected = if *number < 5 { first } else { Vec::new() };
                let page = page.as_ref().unwrap();
                prop_assert_eq!(&page.entries, &expected);
                prop_assert_eq!(page.has_more, *number < 5);
            }
        }
        let shown: HashSet<Timeline> =
            asked.iter().filter(|(number, _)| *number < 5).flat_map(|(_, views)| views.clone()).collect();
        let asked: HashSet<String> = directory.asked().into_iter().filter(|what| !what.ends_with("keys")).collect();
        prop_assert_eq!(asked, shown.iter().map(|timeline| timeline.as_str().to_owned()).collect::<HashSet<_>>());
    }

    /// Page by page, in either direction, every entry once and in order.
    #[test]
    fn a_walk_shows_each_entry_once(
        timeline in prop::sample::select(Timeline::SHOWN.to_vec()),
        descending in any::<bool>(),
        incoming_only in any::<bool>(),
    ) {
        let directory = directory("here");
        let direction = if descending { Direction::Descending } else { Direction::Ascending };
        let mut view = ViewRequest { direction, incoming_only, ..view(timeline) };
        let mut seen = Vec::new();
        loop {
            let page = read_one(&directory, 1, &view).unwrap();
            seen.extend(page.entries);
            view.bookmark = page.bookmark;
            if !page.has_more { break }
        }
        let is_shown = |n: &i64| !incoming_only || timeline != Timeline::Transfers || n % 2 == 0;
        let mut expected: Vec<_> = (0..ENTRIES).filter(is_shown).map(|n| entry(timeline, &account(1), n)).collect();
        if descending { expected.reverse() }
        prop_assert_eq!(seen, expected);
        let after_the_end = read_one(&directory, 1, &view).unwrap();
        prop_assert_eq!(after_the_end, ViewPage { bookmark: view.bookmark, ..ViewPage::default() });
    }
}

#[test]
fn a_bookmark_is_bound_to_directory_account_timeline_parties_and_direction() {
    let (here, there) = (directory("here"), directory("there"));
    for timeline in Timeline::SHOWN {
        let first = view(timeline);
        let bookmark = read_one(&here, 1, &first).unwrap().bookmark;
        let next = ViewRequest { bookmark, ..first };
        assert!(read_one(&here, 1, &next).is_ok());
        assert_eq!(read_one(&there, 1, &next), Err(BookmarkError));
        assert_eq!(read_one(&here, 2, &next), Err(BookmarkError));
        for other in Timeline::SHOWN.into_iter().filter(|other| *other != timeline) {
            let elsewhere = ViewRequest { timeline: Some(other), ..next.clone() };
            assert_eq!(read_one(&here, 1, &elsewhere), Err(BookmarkError));
        }
        let backwards = ViewRequest { direction: Direction::Descending, ..next.clone() };
        assert_eq!(read_one(&here, 1, &backwards), Err(BookmarkError));
        let incoming = ViewRequest { incoming_only: true, ..next.clone() };
        assert_eq!(read_one(&here, 1, &incoming).is_ok(), timeline != Timeline::Transfers);
    }
}

#[test]
fn a_wrong_bookmark_spoils_its_own_view_alone() {
    let directory = directory("here");
    let wrong = ViewRequest { bookmark: Some("wrong".to_owned()), ..view(Timeline::Reviews) };
    let found = read(
        &directory,
        &[by_id(0, vec![wrong, view(Timeline::Reviews)]), by_id(1, vec![view(Timeline::Reviews)])],
    );
    assert_eq!(found[0].views[0], Err(BookmarkError));
    for (page, number) in [(&found[0].views[1], 0), (&found[1].views[0], 1)] {
        let first = entry(Timeline::Reviews, &account(number), 0);
        assert_eq!(page.as_ref().unwrap().entries.first(), Some(&first));
    }
}

#[test]
fn an_account_has_views_before_anyone_is_its_user() {
    let mut directory = directory("here");
    directory.users.clear();
    let page = read_one(&directory, 3, &view(Timeline::Holdings)).unwrap();
    assert_eq!(page.entries.first(), Some(&entry(Timeline::Holdings, &account(3), 0)));
}

#[test]
fn without_an_account_every_page_is_empty_and_its_bookmark_that_of_the_request() {
    let directory = directory("here");
    let next = ViewRequest { bookmark: Some("any".to_owned()), ..view(Timeline::Reviews) };
    let found = read(&directory, &[by_id(9, vec![view(Timeline::Reviews), next])]);
    let empty =
        |bookmark: Option<&str>| ViewPage { bookmark: bookmark.map(str::to_owned), ..ViewPage::default() };
    assert_eq!(found[0].views, [Ok(empty(None)), Ok(empty(Some("any")))]);
    assert_eq!(directory.asked(), ["1 keys"]);
}

#[test]
fn a_view_of_what_is_not_kept_is_empty_and_has_no_bookmark() {
    let directory = directory("here");
    let first = ViewRequest { timeline: None, ..view(Timeline::Reviews) };
    let next = ViewRequest { bookmark: Some("any".to_owned()), ..first.clone() };
    let found = read(&directory, &[by_id(0, vec![first, next])]);
    assert_eq!(found[0].views, [Ok(ViewPage::default()), Err(BookmarkError)]);
    assert_eq!(directory.asked(), ["1 keys"]);
}
