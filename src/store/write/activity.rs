//! Adding what the views show.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::types::Json;

use super::DirectoryWriter;
use crate::core::view::{Announcement, Holding, Review, Transfer};
use crate::store::StoreError;

/// What happened on chain, in any mix. What is there already is replaced: transfers by id; announcements and
/// reviews by id, time and whom they concern; holdings by account and collection. Of two of one kind that are the
/// same by these, the later counts.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    /// Transfers.
    pub transfers: Vec<Transfer>,
    /// Announcements.
    pub announcements: Vec<Announcement>,
    /// Reviews.
    pub reviews: Vec<Review>,
    /// Balances.
    pub holdings: Vec<Holding>,
}

impl DirectoryWriter {
    /// Writes `activity`.
    ///
    /// # Errors
    /// As any statement.
    pub async fn put_activity(&mut self, activity: &Activity) -> Result<(), StoreError> {
        self.put_transfers(&last_of_each(&activity.transfers, |t| &t.id)).await?;
        self.put_announcements(&last_of_each(&activity.announcements, |a| (a.collection_id, a.at, &a.id)))
            .await?;
        self.put_reviews(&last_of_each(&activity.reviews, |r| (&r.about, r.at, &r.id))).await?;
        self.put_holdings(&last_of_each(&activity.holdings, |h| (&h.account, h.collection_id))).await
    }

    async fn put_transfers(&mut self, transfers: &[&Transfer]) -> Result<(), StoreError> {
        let ids: Vec<&str> = transfers.iter().map(|transfer| transfer.id.as_str()).collect();
        self.delete_parties(&ids).await?;
        sqlx::query(
            "INSERT INTO transfer (tenant_id, id, document)
             SELECT $1, a.id, a.document::json FROM unnest($2::text[], $3::text[]) AS a (id, document)
             ON CONFLICT (tenant_id, id) DO UPDATE SET document = excluded.document",
        )
        .bind(self.tenant)
        .bind(ids.as_slice())
        .bind(documents(transfers)?)
        .execute(&mut *self.transaction)
        .await?;
        self.put_parties(transfers).await
    }

    /// Forgets whom the stored transfers with these ids concerned, and when: what replaces them may differ.
    async fn delete_parties(&mut self, ids: &[&str]) -> Result<(), StoreError> {
        let stored: Vec<Json<Transfer>> =
            sqlx::query_scalar("SELECT document FROM transfer WHERE tenant_id = $1 AND id = ANY ($2)")
                .bind(self.tenant)
                .bind(ids)
                .fetch_all(&mut *self.transaction)
                .await?;
        let (mut accounts, mut ats, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for Json(transfer) in &stored {
            for (account, _) in transfer.parties() {
                accounts.push(account.to_string());
                ats.push(transfer.at);
                ids.push(transfer.id.as_str());
            }
        }
        sqlx::query(
            "DELETE FROM transfer_party p USING unnest($2::text[], $3::bigint[], $4::text[]) AS a (account, at, id)
              WHERE p.tenant_id = $1 AND p.account = a.account AND p.at = a.at AND p.transfer_id = a.id",
        )
        .bind(self.tenant)
        .bind(accounts)
        .bind(ats)
        .bind(ids.as_slice())
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn put_parties(&mut self, transfers: &[&Transfer]) -> Result<(), StoreError> {
        let (mut accounts, mut ats, mut ids, mut collections, mut incoming) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for transfer in transfers {
            for (account, receives) in transfer.parties() {
                accounts.push(account.to_string());
                ats.push(transfer.at);
                ids.push(transfer.id.as_str());
                collections.push(transfer.collection_id);
                incoming.push(receives);
            }
        }
        sqlx::query(
            "INSERT INTO transfer_party (tenant_id, account, at, transfer_id, collection_id, incoming)
             SELECT $1, a.* FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[]) AS a
             ON CONFLICT (tenant_id, account, at, transfer_id) DO UPDATE
             SET collection_id = excluded.collection_id, incoming = excluded.incoming",
        )
        .bind(self.tenant)
        .bind(accounts)
        .bind(ats)
        .bind(ids.as_slice())
        .bind(collections)
        .bind(incoming)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn put_announcements(&mut self, announcements: &[&Announcement]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO announcement (tenant_id, collection_id, at, id, document)
             SELECT $1, a.collection_id, a.at, a.id, a.document::json
               FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS a (collection_id, at, id, document)
             ON CONFLICT (tenant_id, collection_id, at, id) DO UPDATE SET document = excluded.document",
        )
        .bind(self.tenant)
        .bind(announcements.iter().map(|a| a.collection_id).collect::<Vec<_>>())
        .bind(announcements.iter().map(|a| a.at).collect::<Vec<_>>())
        .bind(announcements.iter().map(|a| a.id.as_str()).collect::<Vec<_>>().as_slice())
        .bind(documents(announcements)?)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn put_reviews(&mut self, reviews: &[&Review]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO review (tenant_id, account, at, id, document)
             SELECT $1, a.account, a.at, a.id, a.document::json
               FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) AS a (account, at, id, document)
             ON CONFLICT (tenant_id, account, at, id) DO UPDATE SET document = excluded.document",
        )
        .bind(self.tenant)
        .bind(reviews.iter().map(|r| r.about.as_str()).collect::<Vec<_>>().as_slice())
        .bind(reviews.iter().map(|r| r.at).collect::<Vec<_>>())
        .bind(reviews.iter().map(|r| r.id.as_str()).collect::<Vec<_>>().as_slice())
        .bind(documents(reviews)?)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn put_holdings(&mut self, holdings: &[&Holding]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO holding (tenant_id, account, collection_id, document)
             SELECT $1, a.account, a.collection_id, a.document::json
               FROM unnest($2::text[], $3::bigint[], $4::text[]) AS a (account, collection_id, document)
             ON CONFLICT (tenant_id, account, collection_id) DO UPDATE SET document = excluded.document",
        )
        .bind(self.tenant)
        .bind(holdings.iter().map(|h| h.account.as_str()).collect::<Vec<_>>().as_slice())
        .bind(holdings.iter().map(|h| h.collection_id).collect::<Vec<_>>())
        .bind(documents(holdings)?)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

/// Of the items that have the same key the last: one statement cannot write a row twice.
fn last_of_each<'a, T, K: Ord>(items: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    let last: BTreeMap<K, &T> = items.iter().map(|item| (key(item), item)).collect();
    last.into_values().collect()
}

fn documents<T: Serialize>(items: &[T]) -> Result<Vec<String>, serde_json::Error> {
    items.iter().map(serde_json::to_string).collect()
}
