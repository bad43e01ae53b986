//! Paging through a view returns each entry once and in order, even if entries are added meanwhile.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use userbatch::core::view::{Holding, TimelineEntry};

use super::{Client, SEED_COSMOS, announcement, holding, ids, nth_address, only_view, review, transfer};
use crate::app::{TestApp, TestTenant};

pub const PAGE: usize = 25;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shows {
    Transfers,
    Holdings,
    Announcements,
    Reviews,
}

/// A view in one of its forms.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub shows: Shows,
    pub first_era: bool,
    pub oldest_first: bool,
    pub narrowed: bool,
}

impl Form {
    pub fn request(self) -> Value {
        let (first, later) = match self.shows {
            Shows::Transfers => ("latestActivity", "transferActivity"),
            Shows::Holdings => ("badgesCollected", "badgesCollected"),
            Shows::Announcements => ("latestAnnouncements", "announcements"),
            Shows::Reviews => ("latestReviews", "reviews"),
        };
        let mut view = if self.first_era {
            json!({ "viewKey": first })
        } else {
            json!({ "viewId": "v", "viewType": later, "oldestFirst": self.oldest_first })
        };
        if self.narrowed {
            view["specificCollections"] = json!([{ "collectionId": "1" }, { "collectionId": 3 }]);
        }
        view
    }

    pub const fn is_ascending(self) -> bool {
        self.first_era || self.oldest_first
    }

    fn shows(self, item: Item) -> bool {
        let wanted = !self.narrowed || self.shows == Shows::Reviews || item.collection != 2;
        wanted && (item.incoming || !self.first_era || self.shows != Shows::Transfers)
    }
}

/// Something that happens: few times and few collections, so that ties are many.
#[derive(Debug, Clone, Copy)]
struct Item {
    at: i64,
    collection: i64,
    incoming: bool,
}

fn items(most: usize) -> impl Strategy<Value = Vec<Item>> {
    let item = (0_i64..9, 1_i64..4, any::<bool>());
    let item = item.prop_map(|(at, collection, incoming)| Item { at, collection, incoming });
    prop::collection::vec(item, 0..most)
}

fn forms() -> impl Strategy<Value = Form> {
    let shows = prop_oneof![
        Just(Shows::Transfers),
        Just(Shows::Transfers),
        Just(Shows::Holdings),
        Just(Shows::Announcements),
        Just(Shows::Reviews)
    ];
    (shows, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(shows, first_era, oldest_first, narrowed)| Form { shows, first_era, oldest_first, narrowed },
    )
}

/// An account's timeline, in the database and as it must be seen: position to id.
struct Timeline<'a> {
    tenant: &'a TestTenant,
    account: String,
    case: usize,
    form: Form,
    serial: usize,
    expected: BTreeMap<(i64, String), String>,
}

impl Timeline<'_> {
    async fn add(&mut self, items: &[Item]) {
        let mut entries = Vec::new();
        for &item in items {
            self.serial += 1;
            let place = self.put(item, &mut entries);
            if self.form.shows(item) {
                let id = place.1.clone();
                let position =
                    if self.form.shows == Shows::Holdings { (place.0, String::new()) } else { place };
                self.expected.insert(position, id);
            }
        }
        self.tenant.put_entries(&entries).await;
    }

    /// Writes one item. Its ids run against the order of arrival, so that ties are not broken by chance.
    fn put(&self, item: Item, entries: &mut Vec<TimelineEntry>) -> (i64, String) {
        let Item { at, collection, incoming } = item;
        let id = format!("{}-{:04}", self.case, 9_999 - self.serial);
        // Each case has collections of its own, which the account holds.
        match self.form.shows {
            Shows::Transfers => {
                let (from, to) = if incoming {
                    ("Mint", self.account.as_str())
                } else {
                    (self.account.as_str(), SEED_COSMOS)
                };
                entries.push(TimelineEntry::Transfer(transfer(&id, at, collection, from, to)));
            }
            Shows::Holdings => {
                let held: Holding = holding(&self.account, self.held_collection(item));
                let place = (held.collection_id, format!("{}:{}", held.collection_id, held.account));
                entries.push(TimelineEntry::Holding(held));
                return place;
            }
            Shows::Announcements => {
                entries.push(TimelineEntry::Holding(holding(&self.account, collection)));
                entries.push(TimelineEntry::Announcement(announcement(&id, at, collection)));
            }
            Shows::Reviews => entries.push(TimelineEntry::Review(review(&id, at, &self.account))),
        }
        (at, id)
    }

    fn held_collection(&self, item: Item) -> i64 {
        if self.form.narrowed {
            item.collection
        } else {
            item.at * 10_000 + i64::try_from(self.serial).unwrap()
        }
    }

    /// What the next page after `after` must show.
    fn page(&self, after: Option<&(i64, String)>) -> (Vec<(i64, String)>, bool) {
        let ascending = self.form.is_ascending();
        let beyond = |position: &&(i64, String)| {
            after.is_none_or(|after| if ascending { *position > after } else { *position < after })
        };
        let mut positions: Vec<_> = self.expected.keys().filter(beyond).cloned().collect();
        if !ascending {
            positions.reverse();
        }
        let more = positions.len() > PAGE;
        positions.truncate(PAGE);
        (positions, more)
    }
}

/// Pages to the end, adding something between the pages, and compares every page with what it must be.
async fn walk(client: &Client, timeline: &mut Timeline<'_>, mut arrivals: Vec<Vec<Item>>) {
    let request = timeline.form.request();
    let (mut bookmark, mut after) = (String::new(), None);
    loop {
        let answer = client.page(&timeline.account, &request, &bookmark).await;
        let view = only_view(&answer);
        let (positions, more) = timeline.page(after.as_ref());
        let expected: Vec<_> = positions.iter().map(|position| timeline.expected[position].clone()).collect();
        assert_eq!(ids(view), expected);
        assert_eq!(view["pagination"]["hasMore"], more);
        view["pagination"]["bookmark"].as_str().unwrap().clone_into(&mut bookmark);
        after = positions.last().cloned().or(after);
        match arrivals.pop() {
            // Newcomers may be behind the reader or ahead; either way the next page is known.
            Some(items) => timeline.add(&items).await,
            None if !more => break,
            None => {}
        }
    }
}

#[test]
fn each_entry_is_shown_once_and_in_order_whatever_arrives_meanwhile() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (client, tenant) = runtime.block_on(async {
        let app = TestApp::start().await;
        let tenant = app.tenant("paging").await;
        (Client::of(&app, &tenant).await, tenant)
    });
    let case = Cell::new(0);
    let strategy = (forms(), items(90), prop::collection::vec(items(12), 0..4));
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |(form, items, arrivals)| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            // Announcements reach all holders of a collection: a tenant of its own keeps the cases apart.
            let (client, tenant) = match form.shows {
                Shows::Announcements => fresh(&client, case.get()).await,
                _ => (client.clone(), tenant.clone()),
            };
            let mut timeline = Timeline {
                tenant: &tenant,
                account: nth_address(case.get()),
                case: case.get(),
                form,
                serial: 0,
                expected: BTreeMap::new(),
            };
            timeline.add(&items).await;
            walk(&client, &mut timeline, arrivals).await;
        });
        Ok(())
    });
    outcome.unwrap();
}

async fn fresh(client: &Client, case: usize) -> (Client, TestTenant) {
    let tenant = client.app.tenant(&format!("paging-{case}")).await;
    (Client::of(&client.app, &tenant).await, tenant)
}
