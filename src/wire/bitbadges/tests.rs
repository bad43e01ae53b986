//! Properties: written data reads back the same, and the output of every version of the vendor's API is accepted.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::core::address::{AccountKey, Address};
use crate::core::id::UserId;
use crate::core::user::{Coin, Community, User, arbitrary};
use crate::core::view::arbitrary::{account, entry};
use crate::core::view::{Timeline, TimelineEntry, Transfer};
use crate::wire::read::FieldError;

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn read<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

/// The account read from `written`.
fn account_of(written: &str) -> (Address, User) {
    let info: AccountInfo<'_> = read(written);
    let address = info.address().unwrap();
    (address, info.into_user(&address))
}

/// The part of `user` that BitBadges' JSON can represent, for a request of its account at `address`.
fn said_of(user: &User, address: &Address, fetch_sequence: bool) -> User {
    let mut said = User::new(UserId::new(address.cosmos()));
    said.issued_ids.insert("bitbadges".to_owned(), address.cosmos());
    said.profile.username.clone_from(&user.profile.username);
    said.community.clone_from(&user.community);
    let mut chain = user.addresses().find(|(_, own)| own.key() == address.key()).unwrap().0.clone();
    chain.address = address.canonical();
    chain.sequence = chain.sequence.or(fetch_sequence.then(|| "0".to_owned()));
    chain.balance.get_or_insert_with(|| Coin { amount: "0".to_owned(), denom: "badge".to_owned() });
    chain.airdropped.get_or_insert(false);
    said.chain_accounts.push(chain);
    said
}

/// An entry that has a document.
fn shown_entry() -> impl Strategy<Value = TimelineEntry> {
    proptest::sample::select(Timeline::SHOWN.to_vec()).prop_flat_map(entry)
}

/// What is read from the document of `entry` in a response about `account`.
fn document_of(entry: TimelineEntry, account: &AccountKey) -> (String, TimelineEntry) {
    match entry {
        TimelineEntry::Holding(holding) => {
            let written = text(&HoldingDocument::new(holding, Members::All));
            let document: HoldingDocument = read(&written);
            (written, TimelineEntry::Holding(document.into_holding(account)))
        }
        TimelineEntry::Transfer(transfer) => {
            let written = text(&TransferDocument::new(transfer, Members::All));
            let document: TransferDocument = read(&written);
            (written, TimelineEntry::Transfer(document.try_into().unwrap()))
        }
        TimelineEntry::Announcement(announcement) => {
            let written = text(&AnnouncementDocument::from(announcement));
            let document: AnnouncementDocument = read(&written);
            (written, TimelineEntry::Announcement(document.try_into().unwrap()))
        }
        TimelineEntry::Review(review) => {
            let written = text(&ReviewDocument::from(review));
            let document: ReviewDocument = read(&written);
            (written, TimelineEntry::Review(document.into_review(account).unwrap()))
        }
        TimelineEntry::Audience(_) => panic!("no view shows it"),
    }
}

proptest! {
    #[test]
    fn an_account_reads_back_the_same(
        user in arbitrary::user().prop_filter("on a chain", |user| user.addresses().next().is_some()),
        fetch_sequence in any::<bool>(),
    ) {
        let borrowed = user.borrowed();
        let named = NamedAccount::by_user(Some(&borrowed));
        let written = text(&AccountInfo::new(&named, fetch_sequence));
        let (address, read) = account_of(&written);
        prop_assert_eq!(&read, &said_of(&user, &address, fetch_sequence));
        let read = read.borrowed();
        let again = NamedAccount::by_address(Some(&read), address);
        prop_assert_eq!(text(&AccountInfo::new(&again, fetch_sequence)), written);
    }

    #[test]
    fn a_document_reads_back_the_same(entry in shown_entry(), other in account()) {
        let account = match &entry {
            TimelineEntry::Holding(holding) => holding.account.clone(),
            TimelineEntry::Transfer(_)
            | TimelineEntry::Announcement(_)
            | TimelineEntry::Review(_)
            | TimelineEntry::Audience(_) => other,
        };
        let (written, read) = document_of(entry.clone(), &account);
        prop_assert_eq!(&read, &entry);
        prop_assert_eq!(document_of(read, &account).0, written);
    }

    #[test]
    fn the_parts_of_an_answer_read_as_they_do_alone(
        user in arbitrary::user(),
        entries in proptest::collection::vec(shown_entry(), 0..4),
        fetch_sequence in any::<bool>(),
    ) {
        let mut views = ViewsBuilder::default();
        views.add("mine", "Activity", entries, Pagination { bookmark: "b".to_owned(), has_more: true });
        let borrowed = user.borrowed();
        let (named, shown) = (NamedAccount::by_user(Some(&borrowed)), views.build());
        let alone = (text(&AccountInfo::new(&named, fetch_sequence)), text(&shown));
        let answer = AccountResponse::new(&named, fetch_sequence, shown);
        let (written, place) = answer.to_json().unwrap();
        let written = String::from_utf8(written).unwrap();
        prop_assert_eq!(&format!("{{{}}}", &written[place]), &alone.1);
        prop_assert_eq!(&written, &text(&answer));
        prop_assert_eq!(read::<AccountInfo<'_>>(&written), read(&alone.0));
        prop_assert_eq!(read::<ShownViews<'_>>(&written), read(&alone.1));
    }
}

#[test]
fn an_account_that_is_not_on_chain_has_no_number() {
    let (_, user) = account_of(
        r#"{"address":"0xb246a3764d642BABbd6b075bca3e77E1cD563d78","accountNumber":"-1","sequence":-1,"username":""}"#,
    );
    assert_eq!(user.id.as_str(), "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x");
    assert_eq!((&user.chain_accounts[0].account_number, &user.chain_accounts[0].sequence), (&None, &None));
    assert_eq!(user.profile.username, None);
}

#[test]
fn what_an_account_does_not_say_is_not_known() {
    let (_, user) =
        account_of(r#"{"cosmosAddress":"cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x","publicKey":null}"#);
    let chain = &user.chain_accounts[0];
    assert_eq!((&chain.public_key, &chain.balance, chain.airdropped), (&None, &None, None));
    assert_eq!(user.community, Community::default());
}

#[test]
fn an_account_without_an_address_is_refused() {
    let error = |json| read::<AccountInfo<'_>>(json).address().unwrap_err();
    assert_eq!(error(r#"{"address":" ","cosmosAddress":null}"#), FieldError::missing("cosmosAddress"));
    assert_eq!(error(r#"{"cosmosAddress":"cosmos1"}"#).field, "cosmosAddress");
    assert_eq!(error(r#"{"address":"Mint"}"#).field, "address");
}

#[test]
fn a_document_has_either_id_and_its_numbers_in_either_form() {
    let transfer = |json: &str| Transfer::try_from(read::<TransferDocument>(json));
    let first = r#"{"_id":"t","from":"Mint","collectionId":"5","timestamp":"7","block":null,"memo":null}"#;
    let later =
        r#"{"_id":"","_docId":"t","from":"Mint","collectionId":5,"timestamp":7,"method":null,"updates":[1]}"#;
    assert_eq!(transfer(first).unwrap(), transfer(later).unwrap());
    assert_eq!(transfer(first).unwrap().block, "0");
    let nameless = r#"{"from":"Mint","collectionId":5,"timestamp":7}"#;
    assert_eq!(transfer(nameless), Err(FieldError::missing("_id")));
}

#[test]
fn what_this_gateway_does_not_keep_is_read_over() {
    let account = AccountKey::try_from("cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x".to_owned()).unwrap();
    let json = r#"{"collectionId":"5","balances":[],"incomingApprovals":[{"a":1}],"updateHistory":{},"uri":" ",
        "userPermissions":{"canUpdateIncomingApprovals":[],"canUpdateOutgoingApprovals":[1]}}"#;
    let holding = read::<HoldingDocument>(json).into_holding(&account);
    assert!(holding.on_chain && holding.uri.is_none());
    assert_eq!(holding.permissions.keys().collect::<Vec<_>>(), ["canUpdateOutgoingApprovals"]);
}

#[test]
fn the_newest_versions_tell_the_native_balance_among_all() {
    let account = |balances: &str| {
        let address = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
        let (_, user) =
            account_of(&format!(r#"{{"address":"{address}","pubKeyType":"secp256k1",{balances}}}"#));
        let chain = user.chain_accounts[0].clone();
        assert_eq!(chain.public_key_type.as_deref(), Some("secp256k1"));
        (chain.balance, chain.other_balances)
    };
    let coin = |amount: &str, denom: &str| Coin { amount: amount.to_owned(), denom: denom.to_owned() };
    let both = r#""balances":[{"amount":"7","denom":"uosmo"},{"amount":5,"denom":"ubadge"}]"#;
    assert_eq!(account(both), (Some(coin("5", "ubadge")), vec![coin("7", "uosmo")]));
    let no_native = r#""balances":[{"amount":"7","denom":"uosmo"}]"#;
    assert_eq!(account(no_native), (None, vec![coin("7", "uosmo")]));
    assert_eq!(account(r#""balances":null"#), (None, vec![]));
    let older = r#""balance":{"amount":"1","denom":"badge"},"balances":[]"#;
    assert_eq!(account(older), (Some(coin("1", "badge")), vec![]));
}

#[test]
fn ids_of_badges_are_read_and_written_under_the_oldest_and_the_newest_name() {
    let balance = |ids: &str| {
        let range = r#"[{"start":"1","end":"5"}]"#;
        let ids = ids.replace("IDS", range);
        serde_json::from_str::<HeldBalance>(&format!(r#"{{"amount":"1",{ids}"ownershipTimes":{range}}}"#))
    };
    let oldest = balance(r#""badgeIds":IDS,"#).unwrap();
    assert_eq!(balance(r#""tokenIds":IDS,"#).unwrap(), oldest);
    assert_eq!(balance(r#""badgeIds":IDS,"tokenIds":[],"#).unwrap(), oldest);
    let written = serde_json::to_value(&oldest).unwrap();
    assert_eq!(written["badgeIds"], written["tokenIds"]);
    assert_eq!(written["tokenIds"][0]["end"], "5");
    assert!(balance("").unwrap_err().to_string().starts_with("needs badgeIds or tokenIds"));
}

#[test]
fn a_holding_of_the_newest_version_keeps_its_rules_and_what_is_approved_without() {
    let account = AccountKey::try_from("cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x".to_owned()).unwrap();
    let json = r#"{"_docId":"5:bb1","collectionId":"5","balances":[],"autoApproveAllIncomingTransfers":true,
        "autoApproveSelfInitiatedIncomingTransfers":null,"userPermissions":
        {"canUpdateAutoApproveAllIncomingTransfers":[],"canUpdateOutgoingApprovals":[{"tokenIds":[7]}]}}"#;
    let holding = read::<HoldingDocument>(json).into_holding(&account);
    let approvals = &holding.auto_approvals;
    assert!(
        approvals.all_incoming && !approvals.self_initiated_incoming && !approvals.self_initiated_outgoing
    );
    assert_eq!(text(&holding.permissions), r#"{"canUpdateOutgoingApprovals":[{"badgeIds":[7]}]}"#);
    let written = serde_json::to_value(HoldingDocument::new(holding, Members::All)).unwrap();
    let permissions = &written["userPermissions"];
    assert_eq!(
        permissions["canUpdateOutgoingApprovals"][0],
        serde_json::json!({ "badgeIds": [7], "tokenIds": [7] })
    );
    assert_eq!(permissions["canUpdateAutoApproveAllIncomingTransfers"], serde_json::json!([]));
    assert_eq!(written["bitbadgesAddress"], "bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh");
    assert_eq!(written["autoApproveAllIncomingTransfers"], true);
}

#[test]
fn who_initiated_a_transfer_is_kept_and_empty_if_unknown() {
    let transfer = |initiator: &str| {
        let json = format!(r#"{{"_id":"t","from":"Mint","collectionId":5,"timestamp":7{initiator}}}"#);
        Transfer::try_from(read::<TransferDocument>(&json)).unwrap()
    };
    let known = transfer(r#","initiatedBy":"bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh""#);
    assert_eq!(known.initiated_by.as_deref(), Some("bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh"));
    for unknown in ["", r#","initiatedBy":null"#, r#","initiatedBy":" ""#] {
        let unknown = transfer(unknown);
        assert_eq!(unknown.initiated_by, None);
        assert!(text(&TransferDocument::new(unknown, Members::All)).contains(r#""initiatedBy":"""#));
    }
}

#[test]
fn a_name_by_which_somebody_can_be_reached_is_not_public() {
    for name in ["trevormil", "bob.lee", "007", "123-456", "agent-1234567", "張三"] {
        assert!(is_public_name(name), "{name}");
    }
    for name in
        ["bob@example.com", "bob\u{ff20}example.com", "+86 188-1234-8888", "18812348888", "(030) 1234567"]
    {
        assert!(!is_public_name(name), "{name}");
    }
}
