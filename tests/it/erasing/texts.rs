//! Accounts of erased people in what others wrote: an erasure replaces them, and so does the next import.

use serde_json::json;
use userbatch::core::address::AccountKey;
use userbatch::core::id::UserId;
use userbatch::core::user::User;
use userbatch::core::view::{Review, TimelineEntry};

use super::{ADDRESS, COSMOS, OTHER, TRACES, dump, erase, import, lines, two_tenants};
use crate::admin_api::Api;
use crate::importing::{Admin, CANONICAL};

const SOLANA: &str = "6H2af68Yyg6j7N4XeQKmkZFocYQgv6yYoU3Xk491efa5";

/// The person stands in texts only.
fn texts() -> String {
    let balances = json!([{ "amount": "1", "badgeIds": [], "ownershipTimes": [] }]);
    let memo = format!("paid{ADDRESS}and\n{} \"{SOLANA}\"", COSMOS.to_uppercase());
    [
        json!({ "id": "zz-sol", "chainAccounts": [{ "address": SOLANA }] }),
        json!({ "id": "bob", "customData": { "note": format!("ask {ADDRESS}") },
            "scim": { "attributes": { "urn": { "department": "Ops",
                "manager": { "value": "zz-ann-id", "displayName": "Zzann" } } } } }),
        json!({ "transfer": { "id": format!("t-{ADDRESS}"), "at": 1, "collectionId": 1, "from": OTHER, "to": [OTHER],
            "balances": balances, "block": "1", "memo": memo } }),
        json!({ "announcement": { "id": "a9", "at": 1, "collectionId": 1, "from": OTHER, "text": memo, "block": "1" } }),
        json!({ "review": { "id": "r9", "at": 1, "from": OTHER, "about": OTHER, "stars": "5",
            "text": SOLANA.to_uppercase(), "block": "1" } }),
        json!({ "holding": { "account": OTHER, "collectionId": 7, "balances": [], "onChain": false,
            "uri": format!("https://example.com/{}", ADDRESS.to_lowercase()) } }),
    ]
    .map(|line| line.to_string() + "\n")
    .concat()
}

async fn assert_no_trace(api: &Api) {
    let text = dump(&api.app).await;
    let solana = SOLANA.to_lowercase();
    for line in text.lines() {
        for trace in TRACES.into_iter().chain([solana.as_str(), "zz-sol"]) {
            assert!(!line.contains(trace), "{trace}: {line}");
        }
    }
}

#[tokio::test]
async fn an_account_in_a_text_does_not_come_back_with_the_next_import() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    admin.import("a", texts(), CANONICAL).await;
    let counts = erase(&api, "a", "zz-ann-id").await["counts"].clone();
    erase(&api, "a", "zz-sol").await;
    for (what, count) in [("reports", 1), ("transfers", 2), ("announcements", 2), ("holdingsOfOthers", 1)] {
        assert_eq!(counts[what], count, "{what}: {counts}");
    }
    api.call(reqwest::Method::DELETE, "/tenants/b?confirm=b", None).await;
    assert_no_trace(&api).await;
    let before = admin.export("a").await;
    assert!(before.contains("\"department\":\"Ops\"") && before.contains("t-0x0000"), "{before}");
    let (erased, added, _) = import(&api, &(lines() + &texts()), CANONICAL).await;
    assert_eq!((erased, added), (2, 0));
    assert_eq!(admin.export("a").await, before, "what an erasure left and an import makes is the same");
    assert_no_trace(&api).await;
}

#[tokio::test]
async fn whoever_is_erased_while_records_are_staged_is_left_out_under_the_lock() {
    let api = Api::start().await;
    let tenant = api.app.tenant("a").await;
    Admin::of(&api.app).import("a", lines(), CANONICAL).await;
    let mut merge = tenant.start_merge().await;
    let mut ann = User::new(UserId::new("new-id"));
    ann.employment.external_id = Some("zz-ann-external".to_owned());
    let mut bob = User::new(UserId::new("bob"));
    bob.custom_data.insert("note".to_owned(), format!("ask {ADDRESS}").into());
    merge.push_user(&ann).await.unwrap();
    merge.push_user(&bob).await.unwrap();
    let about = AccountKey::try_from(OTHER.to_owned()).unwrap();
    let [id, from, text, block, stars] = ["r9", OTHER, ADDRESS, "1", "5"].map(str::to_owned);
    let review = Review { id, at: 1, from, about, stars, text, block };
    merge.push_entry(&TimelineEntry::Review(review)).await.unwrap();
    erase(&api, "a", "zz-ann-id").await;
    assert_eq!(tenant.run(merge, false).await.unwrap().erased, 1);
    let left = Admin::of(&api.app).export("a").await.to_lowercase();
    assert!(left.contains("r9") && left.contains("ask 0x0000"), "{left}");
    assert!(TRACES.iter().all(|trace| !left.contains(trace)), "{left}");
}
