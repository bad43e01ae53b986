//! Paging a view yields each entry once and in order, whatever arrives in between.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use userbatch::core::view::Holding;
use userbatch::store::Activity;

use super::{
    Client, SEED_COSMOS, announcement, holding, ids, nth_address, only_view, review, transfer,
};
use crate::app::{TestApp, TestTenant};

const PAGE: usize = 25;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shows {
    Transfers,
    Holdings,
    Announcements,
    Reviews,
}

/// A view in one of its forms.
#[derive(Debug, Clone, Copy)]
struct Form {
    shows: Shows,
    first_era: bool,
    oldest_first: bool,
    narrowed: bool,
}

impl Form {
    fn request(self) -> Value {
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

    const fn is_ascending(self) -> bool {
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
    let item = item.prop_map(|(at, collection, incoming)| Item {
        at,
        collection,
        incoming,
    });
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
        |(shows, first_era, oldest_first, narrowed)| Form {
            shows,
            first_era,
            oldest_first,
            narrowed,
        },
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
        let mut activity = Activity::default();
        for &item in items {
            self.serial += 1;
            let place = self.put(item, &mut activity);
            if self.form.shows(item) {
                let id = place.1.clone();
                let position = if self.form.shows == Shows::Holdings {
                    (place.0, String::new())
                } else {
                    place
                };
                self.expected.insert(position, id);
            }
        }
        self.tenant.put_activity(&activity).await;
    }

    /// Writes one item. Its ids run against the order of arrival, so that ties are not broken by chance.
    fn put(&self, item: Item, activity: &mut Activity) -> (i64, String) {
        let Item {
            at,
            collection,
            incoming,
        } = item;
        let id = format!("{}-{:04}", self.case, 9_999 - self.serial);
        // Each case has collections of its own, which the account holds.
        match self.form.shows {
            Shows::Transfers => {
                let (from, to) = if incoming {
                    ("Mint", self.account.as_str())
                } else {
                    (self.account.as_str(), SEED_COSMOS)
                };
                activity
                    .transfers
                    .push(transfer(&id, at, collection, from, to));
            }
            Shows::Holdings => {
                let held: Holding = holding(&self.account, self.held_collection(item));
                let place = (
                    held.collection_id,
                    format!("{}:{}", held.collection_id, held.account),
                );
                activity.holdings.push(held);
                return place;
            }
            Shows::Announcements => {
                activity.holdings.push(holding(&self.account, collection));
                activity
                    .announcements
                    .push(announcement(&id, at, collection));
            }
            Shows::Reviews => activity.reviews.push(review(&id, at, &self.account)),
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
            after.is_none_or(|after| {
                if ascending {
                    *position > after
                } else {
                    *position < after
                }
            })
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
        let expected: Vec<_> = positions
            .iter()
            .map(|position| timeline.expected[position].clone())
            .collect();
        assert_eq!(ids(view), expected);
        assert_eq!(view["pagination"]["hasMore"], more);
        view["pagination"]["bookmark"]
            .as_str()
            .unwrap()
            .clone_into(&mut bookmark);
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
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
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

/// A tenant where two accounts have thirty of everything.
async fn two_accounts(app: &TestApp, slug: &str) -> Client {
    let tenant = app.tenant(slug).await;
    let mut activity = Activity::default();
    for account in [nth_address(1), nth_address(2)] {
        for n in 0..30 {
            activity
                .transfers
                .push(transfer(&format!("{account}-{n}"), n, 1, "Mint", &account));
            activity
                .reviews
                .push(review(&format!("{account}-{n}"), n, &account));
            activity.holdings.push(holding(&account, n));
        }
    }
    activity.announcements = (0..30)
        .map(|n| announcement(&format!("a-{n}"), n, 1))
        .collect();
    tenant.put_activity(&activity).await;
    Client::of(app, &tenant).await
}

const FORMS: [(&str, bool, bool); 3] = [
    ("first", true, true),
    ("newest", false, false),
    ("oldest", false, true),
];

fn every_form() -> impl Iterator<Item = Form> {
    let shows = [
        Shows::Transfers,
        Shows::Holdings,
        Shows::Announcements,
        Shows::Reviews,
    ];
    shows.into_iter().flat_map(|shows| {
        FORMS.map(|(_, first_era, oldest_first)| Form {
            shows,
            first_era,
            oldest_first,
            narrowed: false,
        })
    })
}

async fn bookmark_of(client: &Client, address: &str, form: Form) -> String {
    let answer = client.page(address, &form.request(), "").await;
    assert_eq!(ids(only_view(&answer)).len(), PAGE, "{form:?}");
    only_view(&answer)["pagination"]["bookmark"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn assert_refused(client: &Client, address: &str, form: Form, bookmark: &str) {
    let answer = client.page(address, &form.request(), bookmark).await;
    let message = answer.refusal(400);
    assert!(
        message.contains("accountsToFetch[0].viewsToFetch[0].bookmark: "),
        "{form:?} {message}"
    );
}

#[tokio::test]
async fn a_bookmark_counts_only_for_its_tenant_account_view_and_direction() {
    let app = TestApp::start().await;
    let (client, stranger) = (
        two_accounts(&app, "here").await,
        two_accounts(&app, "there").await,
    );
    let (mine, other) = (nth_address(1), nth_address(2));
    for form in every_form() {
        let bookmark = bookmark_of(&client, &mine, form).await;
        let next = client.page(&mine, &form.request(), &bookmark).await;
        assert_eq!(ids(only_view(&next)).len(), 5, "{form:?}");
        assert_refused(&stranger, &mine, form, &bookmark).await;
        assert_refused(&client, &other, form, &bookmark).await;
        for elsewhere in every_form() {
            let (a, b) = (form, elsewhere);
            // What one view shows in both forms in one direction is one order; of activity the parties differ.
            let same_parties = a.shows != Shows::Transfers || a.first_era == b.first_era;
            if !(a.shows == b.shows && a.is_ascending() == b.is_ascending() && same_parties) {
                assert_refused(&client, &mine, elsewhere, &bookmark).await;
            }
        }
    }
}

#[tokio::test]
async fn a_bookmark_with_one_byte_changed_is_refused() {
    let app = TestApp::start().await;
    let client = two_accounts(&app, "here").await;
    for form in every_form().filter(|form| form.first_era) {
        let bookmark = bookmark_of(&client, &nth_address(1), form).await;
        for index in 0..bookmark.len() {
            let mut altered = bookmark.clone().into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            assert_refused(
                &client,
                &nth_address(1),
                form,
                std::str::from_utf8(&altered).unwrap(),
            )
            .await;
        }
        assert_refused(&client, &nth_address(1), form, &bookmark[1..]).await;
        assert_refused(&client, &nth_address(1), form, &format!("{bookmark}A")).await;
    }
}

#[tokio::test]
async fn an_empty_page_can_be_asked_for_again_and_shows_what_has_arrived() {
    let app = TestApp::start().await;
    let tenant = app.tenant("waiting").await;
    let client = Client::of(&app, &tenant).await;
    let account = nth_address(1);
    for (view, empty) in [
        (json!({ "viewKey": "latestActivity" }), "nil"),
        (
            json!({ "viewId": "v", "viewType": "transferActivity", "oldestFirst": true }),
            "",
        ),
    ] {
        let first = client.page(&account, &view, "").await;
        assert_eq!(
            only_view(&first)["pagination"],
            json!({ "bookmark": empty, "hasMore": false })
        );
        for sent_back in ["nil", ""] {
            let again = client.page(&account, &view, sent_back).await;
            assert_eq!(only_view(&again), only_view(&first));
        }
    }
    let put = async |n: i64| {
        let transfers = vec![transfer(&format!("t-{n}"), n, 1, "Mint", &account)];
        tenant
            .put_activity(&Activity {
                transfers,
                ..Activity::default()
            })
            .await;
    };
    put(1).await;
    let view = json!({ "viewKey": "latestActivity" });
    let one = client.page(&account, &view, "nil").await;
    assert_eq!(ids(only_view(&one)), ["t-1"]);
    let bookmark = only_view(&one)["pagination"]["bookmark"].as_str().unwrap();
    let none = client.page(&account, &view, bookmark).await;
    assert_eq!(only_view(&none)["ids"], json!([]));
    assert_eq!(
        only_view(&none)["pagination"],
        json!({ "bookmark": bookmark, "hasMore": false })
    );
    put(2).await;
    assert_eq!(
        ids(only_view(&client.page(&account, &view, bookmark).await)),
        ["t-2"]
    );
}
