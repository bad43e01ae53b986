//! A bookmark is valid only where it was issued.

use serde_json::json;
use userbatch::core::view::TimelineEntry;

use super::paging::{Form, PAGE, Shows};
use super::{Client, announcement, holding, ids, nth_address, only_view, review, transfer};
use crate::app::TestApp;

/// A tenant where two accounts have thirty of everything.
async fn two_accounts(app: &TestApp, slug: &str) -> Client {
    let tenant = app.tenant(slug).await;
    let mut entries = Vec::new();
    for account in [nth_address(1), nth_address(2)] {
        for n in 0..30 {
            let id = format!("{account}-{n}");
            entries.push(TimelineEntry::Transfer(transfer(&id, n, 1, "Mint", &account)));
            entries.push(TimelineEntry::Review(review(&id, n, &account)));
            entries.push(TimelineEntry::Holding(holding(&account, n)));
        }
    }
    let announcements = (0..30).map(|n| announcement(&format!("a-{n}"), n, 1));
    entries.extend(announcements.map(TimelineEntry::Announcement));
    tenant.put_entries(&entries).await;
    Client::of(app, &tenant).await
}

const FORMS: [(&str, bool, bool); 3] =
    [("first", true, true), ("newest", false, false), ("oldest", false, true)];

fn every_form() -> impl Iterator<Item = Form> {
    let shows = [Shows::Transfers, Shows::Holdings, Shows::Announcements, Shows::Reviews];
    shows.into_iter().flat_map(|shows| {
        FORMS.map(|(_, first_era, oldest_first)| Form { shows, first_era, oldest_first, narrowed: false })
    })
}

async fn bookmark_of(client: &Client, address: &str, form: Form) -> String {
    let answer = client.page(address, &form.request(), "").await;
    assert_eq!(ids(only_view(&answer)).len(), PAGE, "{form:?}");
    only_view(&answer)["pagination"]["bookmark"].as_str().unwrap().to_owned()
}

async fn assert_refused(client: &Client, address: &str, form: Form, bookmark: &str) {
    let answer = client.page(address, &form.request(), bookmark).await;
    let message = answer.refusal(400);
    assert!(message.contains("accountsToFetch[0].viewsToFetch[0].bookmark: "), "{form:?} {message}");
}

#[tokio::test]
async fn a_bookmark_counts_only_for_its_tenant_account_view_and_direction() {
    let app = TestApp::start().await;
    let (client, stranger) = (two_accounts(&app, "here").await, two_accounts(&app, "there").await);
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
async fn a_bookmark_counts_under_any_name_and_filter_of_its_view() {
    let app = TestApp::start().await;
    let client = two_accounts(&app, "here").await;
    let account = nth_address(1);
    let view = |name: &str| json!({ "viewId": name, "viewType": "badgesCollected" });
    let first = client.page(&account, &view("one"), "").await;
    let bookmark = only_view(&first)["pagination"]["bookmark"].as_str().unwrap();
    let second = client.page(&account, &view("another"), bookmark).await;
    assert_eq!(ids(only_view(&second)).len(), 5);
    let mut narrowed = view("one");
    narrowed["specificCollections"] =
        json!([{ "collectionId": 29 }, { "collectionId": 3 }, { "collectionId": 1 }]);
    let second = client.page(&account, &narrowed, bookmark).await;
    assert_eq!(ids(only_view(&second)).len(), 2, "29 is on the first page");
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
            assert_refused(&client, &nth_address(1), form, std::str::from_utf8(&altered).unwrap()).await;
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
        (json!({ "viewId": "v", "viewType": "transferActivity", "oldestFirst": true }), ""),
    ] {
        let first = client.page(&account, &view, "").await;
        assert_eq!(only_view(&first)["pagination"], json!({ "bookmark": empty, "hasMore": false }));
        for sent_back in ["nil", ""] {
            let again = client.page(&account, &view, sent_back).await;
            assert_eq!(only_view(&again), only_view(&first));
        }
    }
    let put = async |n: i64| {
        let arrived = transfer(&format!("t-{n}"), n, 1, "Mint", &account);
        tenant.put_entries(&[TimelineEntry::Transfer(arrived)]).await;
    };
    put(1).await;
    let view = json!({ "viewKey": "latestActivity" });
    let one = client.page(&account, &view, "nil").await;
    assert_eq!(ids(only_view(&one)), ["t-1"]);
    let bookmark = only_view(&one)["pagination"]["bookmark"].as_str().unwrap();
    let none = client.page(&account, &view, bookmark).await;
    assert_eq!(only_view(&none)["ids"], json!([]));
    assert_eq!(only_view(&none)["pagination"], json!({ "bookmark": bookmark, "hasMore": false }));
    put(2).await;
    assert_eq!(ids(only_view(&client.page(&account, &view, bookmark).await)), ["t-2"]);
}
