//! What a vendor's response lists under an account is shown under it after the import.

use serde_json::{Value, json};
use userbatch::admin::SourceFormat;
use userbatch::core::face::Face;
use userbatch::core::view::TimelineEntry;

use super::{Client, SEED_COSMOS, holding, ids, nth_address};
use crate::app::TestApp;
use crate::importing::{Admin, CANONICAL};

const OWN: &str = include_str!("../../../docs/samples/own.ndjson");
const RESPONSE: &str = include_str!("../../../docs/samples/bitbadges.json");
const BITBADGES: SourceFormat = SourceFormat::Vendor(Face::BitBadges);

/// The ids of the announcements shown for `address` in either form of request.
async fn announcements(client: &Client, address: &str, filter: Value) -> [Vec<String>; 2] {
    let views = json!([
        { "viewKey": "latestAnnouncements", "specificCollections": filter },
        { "viewId": "told", "viewType": "announcements", "specificCollections": filter },
    ]);
    let account = client.account(json!({ "address": address, "viewsToFetch": views })).await;
    ["latestAnnouncements", "told"].map(|name| ids(&account["views"][name]))
}

#[tokio::test]
async fn the_sample_announcement_is_shown_though_its_account_holds_nothing() {
    let app = TestApp::start().await;
    let (tenant, copy) = (app.tenant("a").await, app.tenant("b").await);
    let admin = Admin::of(&app);
    admin.import("a", OWN, CANONICAL).await;
    let (report, rejects) = admin.import("a", RESPONSE, BITBADGES).await;
    assert_eq!((report.merged.changed, report.merged.entries, rejects), (1, 1, vec![]));
    let (again, _) = admin.import("a", RESPONSE, BITBADGES).await;
    assert_eq!((again.records, again.merged.entries), (report.records, 0));
    let exported = admin.export("a").await;
    admin.import("b", exported.clone(), CANONICAL).await;
    assert_eq!(admin.export("b").await, exported);
    for tenant in [tenant, copy] {
        let client = Client::of(&app, &tenant).await;
        let told = ["collection-6:1".to_owned()];
        let of = |collection: i64| json!([{ "collectionId": collection }]);
        assert_eq!(announcements(&client, SEED_COSMOS, json!(null)).await, [told.clone(), told.clone()]);
        assert_eq!(announcements(&client, SEED_COSMOS, of(6)).await, [told.clone(), told.clone()]);
        assert_eq!(announcements(&client, SEED_COSMOS, of(5)).await, [[""; 0], [""; 0]]);
        assert_eq!(announcements(&client, &nth_address(1), json!(null)).await, [[""; 0], [""; 0]]);
        // It holds some of the collection as well: once is enough.
        tenant.put_entries(&[TimelineEntry::Holding(holding(SEED_COSMOS, 6))]).await;
        assert_eq!(announcements(&client, SEED_COSMOS, json!(null)).await, [told.clone(), told.clone()]);
        assert_eq!(announcements(&client, SEED_COSMOS, of(6)).await, [told.clone(), told]);
    }
}

#[tokio::test]
async fn one_announcement_is_shown_under_each_account_that_lists_it() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let mut response: Value = serde_json::from_str(RESPONSE).unwrap();
    for n in [1, 2] {
        response["accounts"][0]["cosmosAddress"] = super::account_key(&nth_address(n)).to_string().into();
        Admin::of(&app).import("a", response.to_string(), BITBADGES).await;
    }
    let client = Client::of(&app, &tenant).await;
    for n in [1, 2] {
        let [shown, _] = announcements(&client, &nth_address(n), json!(null)).await;
        assert_eq!(shown, ["collection-6:1"]);
    }
}

#[tokio::test]
async fn what_the_newest_response_lists_is_shown() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let range = json!([{ "start": "1", "end": "5" }]);
    let balances = json!([{ "amount": "1", "tokenIds": range, "ownershipTimes": range }]);
    let me = "bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh";
    let response = json!({ "accounts": [{
        "_docId": me, "bitbadgesAddress": me, "address": super::SEED_ADDRESS, "pubKeyType": "ethsecp256k1",
        "publicKey": "AA==", "balances": [{ "amount": "7", "denom": "uosmo" }, { "amount": "5", "denom": "ubadge" }],
        "collected": [{ "_docId": format!("5:{me}"), "collectionId": "5", "bitbadgesAddress": me, "balances": balances,
            "userPermissions": { "canUpdateIncomingApprovals": [{ "tokenIds": range }] },
            "autoApproveAllIncomingTransfers": true }],
        "activity": [{ "_docId": "moved", "from": "Mint", "to": [nth_address(1)], "initiatedBy": me,
            "balances": balances, "collectionId": "5", "timestamp": "7", "block": "1" }],
    }] });
    let (_, rejects) = Admin::of(&app).import("a", response.to_string(), BITBADGES).await;
    assert_eq!(rejects, []);
    let client = Client::of(&app, &tenant).await;
    let views = json!([
        { "viewId": "held", "viewType": "tokensCollected" },
        { "viewId": "moved", "viewType": "transferActivity" },
    ]);
    let account = client.account(json!({ "address": me, "viewsToFetch": views })).await;
    assert_eq!(
        account["balances"],
        json!([{ "amount": "5", "denom": "ubadge" }, { "amount": "7", "denom": "uosmo" }])
    );
    assert_eq!(account["pubKeyType"], "ethsecp256k1");
    let (held, moved) = (&account["collected"][0], &account["activity"][0]);
    for balances in [&held["balances"], &moved["balances"]] {
        assert_eq!((&balances[0]["tokenIds"], &balances[0]["badgeIds"]), (&range, &range));
    }
    assert_eq!(held["userPermissions"]["canUpdateIncomingApprovals"][0]["tokenIds"], range);
    assert_eq!(held["autoApproveAllIncomingTransfers"], true);
    assert_eq!((&moved["_docId"], &moved["initiatedBy"]), (&json!("moved"), &json!(me)));
}
