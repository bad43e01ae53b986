//! Accounts as BitBadges answers them, and what their views show.

mod document;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::document::{Collected, Decimal, Document};
use super::collect::Collector;
use super::reader::SourceFault;
use super::vendor::{ItemShape, Vendor, read_item};
use crate::core::address::Address;
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::user::{ChainAccount, Coin, User};
use crate::core::view::TimelineEntry;
use crate::wire::read::{FieldError, filled};

/// BitBadges' answers.
pub(super) struct BitBadges;

/// An account of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default, deserialize_with = "filled")]
    cosmos_address: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    address: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    username: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    public_key: Option<String>,
    #[serde(default)]
    account_number: Option<Decimal>,
    #[serde(default)]
    sequence: Option<Decimal>,
    #[serde(default)]
    balance: Option<CoinItem>,
    #[serde(default)]
    airdropped: Option<bool>,
    #[serde(default)]
    seen_activity: Option<Decimal>,
    #[serde(default)]
    created_at: Option<Decimal>,
    #[serde(default, deserialize_with = "filled")]
    discord: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    twitter: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    github: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    telegram: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    readme: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    avatar: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    resolved_name: Option<String>,
    // Each document is read on its own, so that a faulty one is rejected alone.
    #[serde(default)]
    collected: Vec<Box<RawValue>>,
    #[serde(default)]
    activity: Vec<Box<RawValue>>,
    #[serde(default)]
    announcements: Vec<Box<RawValue>>,
    #[serde(default)]
    reviews: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct CoinItem {
    amount: Decimal,
    denom: String,
}

impl Item {
    /// The address the account goes by: as it was written if that says more than the Cosmos form.
    fn address(&self) -> Result<Address, FieldError> {
        let (field, text) = match (&self.address, &self.cosmos_address) {
            (Some(address), _) => ("address", address),
            (None, Some(address)) => ("cosmosAddress", address),
            (None, None) => return Err(FieldError::missing("cosmosAddress")),
        };
        Address::parse(text)
            .map_err(|error| FieldError { field: field.to_owned(), reason: error.to_string() })
    }

    fn user(&mut self, address: &Address) -> Result<User, FieldError> {
        let id = address.cosmos();
        let mut user = User::new(UserId::new(&id));
        user.issued_ids.insert("bitbadges".to_owned(), id);
        user.profile.username = self.username.take();
        // -1 stands for an account that is not on chain.
        let number = self.account_number.take().map(|number| number.0);
        user.chain_accounts.push(ChainAccount {
            address: address.canonical(),
            public_key: self.public_key.take(),
            account_number: number.filter(|number| !number.starts_with('-')),
            sequence: self
                .sequence
                .take()
                .map(|sequence| sequence.0)
                .filter(|sequence| !sequence.starts_with('-')),
            balance: self.balance.take().map(|coin| Coin { amount: coin.amount.0, denom: coin.denom }),
            airdropped: self.airdropped,
        });
        let community = &mut user.community;
        community.discord = self.discord.take();
        community.twitter = self.twitter.take();
        community.github = self.github.take();
        community.telegram = self.telegram.take();
        community.readme = self.readme.take();
        community.avatar = self.avatar.take();
        community.resolved_name = self.resolved_name.take();
        let number = |number: &Option<Decimal>, field: &str| {
            number.as_ref().map(|number| number.to_i64(field)).transpose()
        };
        community.seen_activity = number(&self.seen_activity, "seenActivity")?;
        community.joined_at = number(&self.created_at, "createdAt")?;
        Ok(user)
    }
}

/// Takes in each document of a view, or rejects it.
fn take_documents<T: serde::de::DeserializeOwned>(
    (line, view): (i64, &str),
    documents: &[Box<RawValue>],
    make: impl Fn(T) -> Result<TimelineEntry, FieldError>,
    collector: &mut Collector,
) -> Result<(), SourceFault> {
    for (index, document) in documents.iter().enumerate() {
        match read_item::<T>(document).and_then(&make) {
            Ok(entry) => collector.entry(line, &entry)?,
            Err(fault) => {
                let field = format!("{view}[{index}].{}", fault.field);
                collector.reject(line, field.trim_end_matches('.'), fault.reason)?;
            }
        }
    }
    Ok(())
}

impl Vendor for BitBadges {
    const FACE: Face = Face::BitBadges;
    const MEMBER: &'static str = "accounts";

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        let read = read_item::<Item>(item).and_then(|mut item| {
            let address = item.address()?;
            let user = item.user(&address)?;
            Ok((item, address, user))
        });
        let (item, address, user) = match read {
            Ok(read) => read,
            Err(fault) => return collector.reject(line, fault.field, fault.reason),
        };
        collector.user(line, &user)?;
        let account = address.key();
        let transfer = Document::into_transfer;
        take_documents((line, "activity"), &item.activity, transfer, collector)?;
        let announcement = Document::into_announcement;
        take_documents((line, "announcements"), &item.announcements, announcement, collector)?;
        let review = |document: Document| document.into_review(&account);
        take_documents((line, "reviews"), &item.reviews, review, collector)?;
        let holding = |collected: Collected| collected.into_holding(&account);
        take_documents((line, "collected"), &item.collected, holding, collector)
    }

    fn owns(item: &ItemShape) -> bool {
        item.cosmos_address.is_some() || (item.address.is_some() && item.id.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strings_or_numbers_and_nothing_else() {
        let read = |text: &str| serde_json::from_str::<Decimal>(text).map(|number| number.0);
        assert_eq!(
            read("\"115792089237316195423570985008687907853\"").unwrap(),
            "115792089237316195423570985008687907853"
        );
        assert_eq!(read("25").unwrap(), "25");
        assert!(read("\"1.5\"").is_err() && read("1.5").is_err() && read("\"\"").is_err());
    }

    #[test]
    fn an_account_that_is_not_on_chain_has_no_number() {
        let mut item: Item = serde_json::from_str(
            r#"{"address":"0xb246a3764d642BABbd6b075bca3e77E1cD563d78","accountNumber":"-1","username":""}"#,
        )
        .unwrap();
        let address = item.address().unwrap();
        let user = item.user(&address).unwrap();
        assert_eq!(user.id.as_str(), "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x");
        assert_eq!(user.chain_accounts[0].account_number, None);
        assert_eq!(user.profile.username, None);
    }
}
