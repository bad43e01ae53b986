//! Accounts as BitBadges returns them, and the documents of their views.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::SourceFault;
use super::vendor::{Vendor, read_item};
use crate::core::address::{AccountKey, Address};
use crate::core::face::Face;
use crate::core::user::JsonObject;
use crate::core::view::{Announcement, Audience, TimelineEntry};
use crate::wire::bitbadges::{
    AccountInfo, AnnouncementDocument, HoldingDocument, ReviewDocument, ShownViews, TransferDocument,
};
use crate::wire::read::FieldError;

/// Reads BitBadges' responses.
pub(super) struct BitBadges;

/// Unparsed documents: each is parsed separately, so that a faulty one is rejected alone.
type UnreadDocuments<'a> = ShownViews<'a, &'a RawValue, &'a RawValue, &'a RawValue, &'a RawValue>;

impl Vendor for BitBadges {
    const FORMAT: SourceFormat = SourceFormat::Vendor(Face::BitBadges);

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        let (info, address, documents) = match read_account(item) {
            Ok(read) => read,
            Err(error) => return collector.reject(line, error.field, error.reason),
        };
        collector.user(line, info.into_user(&address), &JsonObject::new())?;
        let account = address.key();
        let mut importer = DocumentImporter { line, collector, account: &account };
        importer.documents("activity", &documents.activity, |document: TransferDocument| {
            document.try_into().map(TimelineEntry::Transfer)
        })?;
        importer.documents("announcements", &documents.announcements, |document: AnnouncementDocument| {
            document.try_into().map(TimelineEntry::Announcement)
        })?;
        importer.documents("reviews", &documents.reviews, |document: ReviewDocument| {
            document.into_review(&account).map(TimelineEntry::Review)
        })?;
        importer.documents("collected", &documents.collected, |document: HoldingDocument| {
            Ok(TimelineEntry::Holding(document.into_holding(&account)))
        })
    }
}

fn read_account(item: &RawValue) -> Result<(AccountInfo<'_>, Address, UnreadDocuments<'_>), FieldError> {
    let info: AccountInfo<'_> = read_item(item)?;
    let address = info.address()?;
    Ok((info, address, read_item(item)?))
}

/// Imports the documents of the account on `line`.
struct DocumentImporter<'a> {
    line: i64,
    collector: &'a mut Collector,
    account: &'a AccountKey,
}

impl DocumentImporter<'_> {
    /// Imports or rejects each document of a list.
    fn documents<'de, D: Deserialize<'de>>(
        &mut self,
        list: &str,
        documents: &[&'de RawValue],
        entry_of: impl Fn(D) -> Result<TimelineEntry, FieldError>,
    ) -> Result<(), SourceFault> {
        for (index, document) in documents.iter().enumerate() {
            match read_item::<D>(document).and_then(&entry_of) {
                Ok(entry) => self.entry(&entry)?,
                Err(error) => {
                    let field = format!("{list}[{index}].{}", error.field);
                    self.collector.reject(self.line, field.trim_end_matches('.'), error.reason)?;
                }
            }
        }
        Ok(())
    }

    /// Imports an entry. Who gets an announcement depends on holdings, which the response need not list.
    fn entry(&mut self, entry: &TimelineEntry) -> Result<(), SourceFault> {
        self.collector.entry(self.line, entry)?;
        if let TimelineEntry::Announcement(Announcement { collection_id, .. }) = entry {
            let audience = Audience { account: self.account.clone(), collection_id: *collection_id };
            self.collector.implied(self.line, &TimelineEntry::Audience(audience))?;
        }
        Ok(())
    }
}
