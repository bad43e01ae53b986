//! Views of every version of the vendor's API, in both forms.

use serde_json::{Value, json};
use userbatch::core::user::JsonObject;
use userbatch::core::view::{AutoApprovals, Holding, Review, TimelineEntry, Transfer};

use super::{Client, announcement, holding, ids, nth_address, review, transfer};
use crate::app::TestApp;

const EMPTY: [(&str, &str); 34] = [
    ("addressMappings", "Address Mappings"),
    ("latestAddressMappings", "Address Mappings"),
    ("explicitlyIncludedAddressMappings", "Address Mappings"),
    ("explicitlyExcludedAddressMappings", "Address Mappings"),
    ("allLists", "Address Lists"),
    ("allowlists", "Address Lists"),
    ("blocklists", "Address Lists"),
    ("whitelists", "Address Lists"),
    ("blacklists", "Address Lists"),
    ("createdLists", "Address Lists"),
    ("privateLists", "Address Lists"),
    ("listsActivity", "ListActivity"),
    ("listActivity", "ListActivity"),
    ("latestClaimAlerts", "Claim Alerts"),
    ("claimAlerts", "Claim Alerts"),
    ("sentClaimAlerts", "Claim Alerts"),
    ("createdBy", "Collections"),
    ("managing", "Collections"),
    ("createdBadges", "Collections"),
    ("managingBadges", "Collections"),
    ("createdTokens", "Collections"),
    ("managingTokens", "Collections"),
    ("authCodes", "Auth Codes"),
    ("siwbbRequests", "Siwbb Requests"),
    ("createdSecrets", "Secrets"),
    ("receivedSecrets", "Secrets"),
    ("attestations", "Attestations"),
    ("createdAttestations", "Attestations"),
    ("receivedAttestations", "Attestations"),
    ("attestationProofs", "Attestation Proofs"),
    ("publicAttestationProofs", "Attestation Proofs"),
    ("publicClaimActivity", "Claim Activity"),
    ("allClaimActivity", "Claim Activity"),
    ("pointsActivity", "Points Activity"),
];

async fn client_with(entries: &[TimelineEntry]) -> Client {
    let app = TestApp::start().await;
    let tenant = app.tenant("views").await;
    tenant.put_entries(entries).await;
    Client::of(&app, &tenant).await
}

async fn views(client: &Client, views: Value) -> Value {
    client.account(json!({ "address": nth_address(1), "viewsToFetch": views })).await
}

/// Account 1 got two transfers, sent one, holds collections 1 and 2, got an announcement and a review.
fn little_of_everything() -> Vec<TimelineEntry> {
    let me = nth_address(1);
    let transfers = [
        transfer("in-1", 1, 1, "Mint", &me),
        transfer("out-2", 2, 1, &me, &nth_address(2)),
        transfer("in-3", 3, 2, &nth_address(2), &me),
    ];
    let announcements = [("told-1", 1), ("told-2", 2), ("not-3", 3)];
    let announcements = announcements.map(|(id, n)| announcement(id, n, n));
    let reviews = [review("said-1", 1, &me), review("said-2", 2, &me), review("of-2", 3, &nth_address(2))];
    let holdings = [holding(&me, 1), holding(&me, 2), holding(&nth_address(2), 3)];
    let mut entries: Vec<TimelineEntry> = transfers.map(TimelineEntry::Transfer).into();
    entries.extend(announcements.map(TimelineEntry::Announcement));
    entries.extend(reviews.map(TimelineEntry::Review));
    entries.extend(holdings.map(TimelineEntry::Holding));
    entries
}

#[tokio::test]
async fn by_view_key_it_is_what_came_in_oldest_first_and_by_view_id_everything_newest_first() {
    let client = client_with(&little_of_everything()).await;
    let cosmos = super::account_key(&nth_address(1));
    let account = views(
        &client,
        json!([
            { "viewKey": "latestActivity", "bookmark": "" },
            { "viewId": "all", "viewType": "transferActivity", "bookmark": "" },
            { "viewId": "from the start", "viewType": "transferActivity", "oldestFirst": true },
            { "viewKey": "latestAnnouncements", "bookmark": "" },
            { "viewId": "told", "viewType": "announcements" },
            { "viewKey": "latestReviews", "oldestFirst": false },
            { "viewId": "said", "viewType": "reviews", "bookmark": null },
            { "viewKey": "badgesCollected" },
            { "viewId": "held", "viewType": "badgesCollected" },
            { "viewKey": "tokensCollected" },
            { "viewId": "tokens", "viewType": "tokensCollected" },
        ]),
    )
    .await;
    let held = |n: i64| format!("{n}:{cosmos}");
    for (name, expected) in [
        ("latestActivity", vec!["in-1", "in-3"]),
        ("all", vec!["in-3", "out-2", "in-1"]),
        ("from the start", vec!["in-1", "out-2", "in-3"]),
        ("latestAnnouncements", vec!["told-1", "told-2"]),
        ("told", vec!["told-2", "told-1"]),
        ("latestReviews", vec!["said-1", "said-2"]),
        ("said", vec!["said-2", "said-1"]),
        ("badgesCollected", vec![&*held(1), &*held(2)]),
        ("held", vec![&*held(2), &*held(1)]),
        ("tokensCollected", vec![&*held(1), &*held(2)]),
        ("tokens", vec![&*held(2), &*held(1)]),
    ] {
        assert_eq!(ids(&account["views"][name]), expected, "{name}");
        assert_eq!(account["views"][name]["pagination"]["hasMore"], false);
    }
    assert_eq!(account["views"].as_object().unwrap().keys().next().unwrap(), "latestActivity");
    // Each document is there once, however many views show it, and under both of its ids.
    for (list, expected) in [
        ("activity", vec!["in-1", "in-3", "out-2"]),
        ("announcements", vec!["told-1", "told-2"]),
        ("reviews", vec!["said-1", "said-2"]),
    ] {
        for id in ["_id", "_docId"] {
            let found: Vec<_> =
                account[list].as_array().unwrap().iter().map(|document| &document[id]).collect();
            assert_eq!(found, expected, "{list}");
        }
    }
    assert_eq!(account["collected"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_view_is_narrowed_to_collections_named_as_text_or_number() {
    let client = client_with(&little_of_everything()).await;
    let asked = |kind: &str, filter: &str, collections: Value| json!({ "viewId": format!("{kind}{filter}{collections}"), "viewType": kind, filter: collections });
    for filter in ["specificCollections", "filteredCollections"] {
        for (collections, activity, told, held) in [
            (json!([{ "collectionId": "1", "badgeIds": [{ "start": "1", "end": "5" }] }]), 2, 1, 1),
            (json!([{ "collectionId": "1", "tokenIds": [{ "start": "1", "end": "5" }] }]), 2, 1, 1),
            (json!([{ "collectionId": 2 }]), 1, 1, 1),
            (json!([{ "collectionId": 2 }, { "collectionId": "1" }, { "collectionId": "2" }]), 3, 2, 2),
            (json!([{ "collectionId": "3" }, { "collectionId": "99999999999999999999999" }]), 0, 0, 0),
            (json!([]), 0, 0, 0),
        ] {
            let kinds = [
                ("transferActivity", activity),
                ("announcements", told),
                ("badgesCollected", held),
                ("tokensCollected", held),
                ("reviews", 2),
            ];
            let views_asked: Vec<_> =
                kinds.iter().map(|(kind, _)| asked(kind, filter, collections.clone())).collect();
            let account = views(&client, json!(views_asked)).await;
            for ((kind, count), view) in kinds.iter().zip(account["views"].as_object().unwrap().values()) {
                assert_eq!(ids(view).len(), *count, "{kind} {filter} {collections}");
            }
        }
    }
}

#[tokio::test]
async fn views_without_data_here_are_empty_pages_of_their_type() {
    let client = client_with(&little_of_everything()).await;
    for (name, type_name) in EMPTY {
        let account = views(
            &client,
            json!([{ "viewKey": name, "bookmark": "" }, { "viewId": "later", "viewType": name }]),
        )
        .await;
        let page = |bookmark| json!({ "ids": [], "type": type_name, "pagination": { "bookmark": bookmark, "hasMore": false } });
        assert_eq!(account["views"], json!({ name: page("nil"), "later": page("") }));
    }
}

#[tokio::test]
async fn the_name_of_a_view_is_the_callers_and_of_one_name_the_first_counts() {
    let client = client_with(&little_of_everything()).await;
    let odd = "\u{0} \"quoted\" __proto__ 活动";
    let account = views(
        &client,
        json!([
            { "viewId": odd, "viewType": "reviews", "viewKey": "latestActivity" },
            { "viewId": odd, "viewType": "transferActivity", "bookmark": "not looked at" },
            { "viewKey": "latestActivity", "viewId": "alone" },
            { "viewId": "", "viewType": "transferActivity" },
        ]),
    )
    .await;
    let names: Vec<_> = account["views"].as_object().unwrap().keys().collect();
    assert_eq!(names, [odd, "latestActivity", ""]);
    assert_eq!(account["views"][odd]["type"], "Reviews");
    assert_eq!(ids(&account["views"]["latestActivity"]), ["in-1", "in-3"]);
}

#[tokio::test]
async fn what_is_written_again_replaces_what_was_there() {
    let app = TestApp::start().await;
    let tenant = app.tenant("again").await;
    let (me, other) = (nth_address(1), nth_address(2));
    let before = [transfer("moved", 1, 1, "Mint", &me), transfer("gone", 2, 1, "Mint", &me)];
    tenant.put_entries(&before.map(TimelineEntry::Transfer)).await;
    let held = |uri: &str| Holding { uri: Some(uri.to_owned()), ..holding(&me, 1) };
    let after = [
        TimelineEntry::Transfer(transfer("moved", 9, 2, "Mint", &me)),
        TimelineEntry::Transfer(transfer("gone", 2, 1, "Mint", &other)),
        TimelineEntry::Holding(held("a")),
        TimelineEntry::Holding(held("b")),
    ];
    tenant.put_entries(&after).await;
    let client = Client::of(&app, &tenant).await;
    let account =
        views(&client, json!([{ "viewKey": "latestActivity" }, { "viewKey": "badgesCollected" }])).await;
    assert_eq!(ids(&account["views"]["latestActivity"]), ["moved"]);
    assert_eq!(account["activity"][0]["timestamp"], "9");
    assert_eq!(account["collected"][0]["uri"], "b");
}

#[tokio::test]
async fn documents_have_every_member_that_some_sdk_needs() {
    let me = nth_address(1);
    let mut permissions = JsonObject::new();
    permissions.insert(
        "canUpdateIncomingApprovals".to_owned(),
        json!([{ "some": "rule", "badgeIds": [{ "start": "1", "end": "5" }] }]),
    );
    let thanked = Transfer {
        memo: "thanks".to_owned(),
        initiated_by: Some(me.clone()),
        ..transfer("t", 5, 1, "Mint", &me)
    };
    let off_chain = Holding {
        uri: Some("ipfs://x".to_owned()),
        on_chain: false,
        permissions,
        auto_approvals: AutoApprovals { all_incoming: true, ..AutoApprovals::default() },
        ..holding(&me, 1)
    };
    let client = client_with(&[
        TimelineEntry::Transfer(thanked),
        TimelineEntry::Announcement(announcement("a", 6, 1)),
        TimelineEntry::Review(Review { stars: "4".to_owned(), ..review("r", 7, &me) }),
        TimelineEntry::Holding(off_chain),
    ])
    .await;
    let shown = async |asked: Value| {
        let account = views(&client, asked).await;
        let lists = ["activity", "announcements", "reviews", "collected"];
        lists.map(|list| (list.to_owned(), account[list].clone())).into_iter().collect::<JsonObject>()
    };
    let early = ["latestActivity", "latestAnnouncements", "latestReviews", "badgesCollected"];
    let early = early.map(|key| json!({ "viewKey": key }));
    insta::assert_json_snapshot!("documents", shown(json!(early)).await);
    let later = ["transferActivity", "announcements", "reviews", "tokensCollected"];
    let later = later.map(|kind| json!({ "viewId": kind, "viewType": kind }));
    let documents = shown(json!(later)).await;
    insta::assert_json_snapshot!("later_documents", documents);
    // One view of the later form, or of the newest name, and all documents are for later clients.
    for other in
        [json!({ "viewId": "x", "viewType": "badgesCollected" }), json!({ "viewKey": "createdTokens" })]
    {
        let mixed: Vec<Value> = early.iter().cloned().chain([other]).collect();
        assert_eq!(shown(json!(mixed)).await, documents);
    }
}
