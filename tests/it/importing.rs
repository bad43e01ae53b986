//! Helpers that import and export like the commands and the admin API.

use std::io::Cursor;

use serde_json::Value;
use userbatch::admin::{
    AdminError, Administration, ErasureOptions, ErasureReceipt, FeedPage, FoundPage, ImportObserver,
    ImportOptions, ImportReport, Progress, Reject, SourceFormat,
};
use userbatch::core::clock::Clock;
use userbatch::core::id::Slug;
use userbatch::store::{Actor, Join, OwnerStore, Via};

use crate::app::TestApp;

#[derive(Default)]
struct Watched {
    rejects: Vec<Reject>,
    joins: Vec<Join>,
}

impl ImportObserver for Watched {
    fn rejected(&mut self, reject: &Reject) {
        self.rejects.push(reject.clone());
    }

    fn joined(&mut self, join: &Join) {
        self.joins.push(join.clone());
    }

    fn progress(&mut self, _: Progress) {}
}

pub struct Admin(Administration);

impl Admin {
    pub fn of(app: &TestApp) -> Self {
        let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
        Self(Administration::new(app.admin.clone(), actor, Clock::system()))
    }

    /// On a store of the test's own.
    pub fn on(store: OwnerStore) -> Self {
        let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
        Self(Administration::new(store, actor, Clock::system()))
    }

    pub async fn erase(&self, slug: &str, id: &str) -> Result<ErasureReceipt, AdminError> {
        self.0.erase_user(&Slug::new(slug), id, ErasureOptions::default()).await
    }

    /// Erases a person of whom nothing need be found.
    pub async fn erase_unknown(&self, slug: &str, name: &str) -> ErasureReceipt {
        let options = ErasureOptions { unknown: true, ..ErasureOptions::default() };
        self.0.erase_user(&Slug::new(slug), name, options).await.unwrap()
    }

    pub async fn try_import(
        &self,
        slug: &str,
        text: impl Into<Vec<u8>>,
        options: &ImportOptions,
    ) -> (Result<ImportReport, AdminError>, Vec<Reject>) {
        let (outcome, watched) = self.watch(slug, text, options).await;
        (outcome, watched.rejects)
    }

    async fn watch(
        &self,
        slug: &str,
        text: impl Into<Vec<u8>>,
        options: &ImportOptions,
    ) -> (Result<ImportReport, AdminError>, Watched) {
        let mut watched = Watched::default();
        let source = Cursor::new(text.into());
        let outcome = self.0.import(&Slug::new(slug), source, options, &mut watched).await;
        (outcome, watched)
    }

    pub async fn import(
        &self,
        slug: &str,
        text: impl Into<Vec<u8>>,
        from: SourceFormat,
    ) -> (ImportReport, Vec<Reject>) {
        let options = ImportOptions { from, ..ImportOptions::default() };
        let (outcome, rejects) = self.try_import(slug, text, &options).await;
        (outcome.unwrap(), rejects)
    }

    /// Imports what has no rejects. Returns the joins.
    pub async fn joins(&self, slug: &str, text: impl Into<Vec<u8>>, from: SourceFormat) -> Vec<Join> {
        let options = ImportOptions { from, ..ImportOptions::default() };
        let (outcome, Watched { rejects, joins }) = self.watch(slug, text, &options).await;
        assert_eq!(rejects, []);
        assert_eq!(outcome.unwrap().merged.joined, u64::try_from(joins.len()).unwrap());
        joins
    }

    pub async fn export(&self, slug: &str) -> String {
        let mut bytes = Vec::new();
        self.0.export(&Slug::new(slug), &mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Changes of the tenant's users, up to a thousand.
    pub async fn changes(&self, slug: &str, since: Option<&str>) -> FeedPage {
        let mut feed = self.0.feed(&Slug::new(slug), since).await.unwrap();
        feed.next_page(1_000).await.unwrap()
    }

    pub async fn find(&self, slug: &str, text: &str, most: u32) -> FoundPage {
        self.0.find_users(&Slug::new(slug), text, most, None).await.unwrap()
    }

    /// The users changed since a cursor, and the lines about those removed.
    pub async fn export_since(&self, slug: &str, since: &str) -> String {
        let mut bytes = Vec::new();
        let export = self.0.start_export(&Slug::new(slug), Some(since)).await.unwrap();
        export.write(&mut bytes, None::<tokio::io::Sink>).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    pub async fn users(&self, slug: &str) -> Vec<Value> {
        let text = self.export(slug).await;
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub const CANONICAL: SourceFormat = SourceFormat::Canonical;
