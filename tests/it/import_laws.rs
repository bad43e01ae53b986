//! Properties of imports with any content in any order: lookup keys are those of the documents, no record is
//! lost or reported twice, and counts are correct.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use userbatch::admin::{
    Administration, ImportObserver, ImportOptions, ImportReport, MatchBy, Progress, Reject,
};
use userbatch::core::clock::Clock;
use userbatch::core::id::Slug;
use userbatch::core::user::User;
use userbatch::store::{Actor, Join, TenantId, Via};

use crate::app::TestApp;

/// A record of few possible names, so that most of them collide.
#[derive(Debug, Clone)]
struct Record {
    id: u8,
    username: Option<u8>,
    email: Option<u8>,
    external_id: Option<u8>,
    phone: Option<u8>,
}

impl Record {
    fn id(&self) -> String {
        format!("u{}", self.id)
    }

    fn line(&self) -> String {
        let group = |field: &str, name: Option<String>| -> Map<String, Value> {
            name.map(|name| (field.to_owned(), Value::from(name))).into_iter().collect()
        };
        let mut contact = group("email", self.email.map(|n| format!("e{n}@example.com")));
        contact.extend(group("phone", self.phone.map(|n| format!("555 000{n}"))));
        let record = json!({
            "id": self.id(),
            "profile": group("username", self.username.map(|n| format!("name{n}"))),
            "contact": contact,
            "employment": group("externalId", self.external_id.map(|n| format!("x{n}"))),
        });
        format!("{record}\n")
    }
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let name = |most| prop::option::weighted(0.6, 0_u8..most);
    let record = (0_u8..8, name(8), name(8), name(6), name(3)).prop_map(
        |(id, username, email, external_id, phone)| Record { id, username, email, external_id, phone },
    );
    prop::collection::vec(record, 1..14)
}

fn options() -> impl Strategy<Value = ImportOptions> {
    let by_names = Some(vec![MatchBy::Email, MatchBy::ExternalId]);
    prop_oneof![Just(None), Just(by_names)]
        .prop_map(|match_by| ImportOptions { match_by, ..ImportOptions::default() })
}

#[derive(Default)]
struct Rejected(BTreeSet<i64>);

impl ImportObserver for Rejected {
    fn rejected(&mut self, reject: &Reject) {
        assert!(self.0.insert(reject.record), "record {} was rejected twice", reject.record);
    }

    fn joined(&mut self, _: &Join) {}

    fn progress(&mut self, _: Progress) {}
}

struct Directory {
    admin: Administration,
    slug: Slug,
    tenant: TenantId,
    owner: PgConnection,
}

type Names = BTreeSet<(i16, String, String)>;

impl Directory {
    async fn import(
        &self,
        records: &[Record],
        options: &ImportOptions,
    ) -> Result<(ImportReport, BTreeSet<i64>), TestCaseError> {
        let text: String = records.iter().map(Record::line).collect();
        let mut rejected = Rejected::default();
        let outcome =
            self.admin.import(&self.slug, Cursor::new(text.into_bytes()), options, &mut rejected).await;
        let report = outcome.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        Ok((report, rejected.0))
    }

    async fn users(&self) -> BTreeMap<String, User> {
        let mut bytes = Vec::new();
        self.admin.export(&self.slug, &mut bytes).await.unwrap();
        let users = serde_json::Deserializer::from_slice(&bytes).into_iter::<User>();
        users.map(|user| user.unwrap()).map(|user| (user.id.as_str().to_owned(), user)).collect()
    }

    /// The names by which users are found, as they are stored.
    async fn names(&mut self) -> Names {
        sqlx::query("SELECT set_config('userbatch.tenant', $1, false)")
            .bind(self.tenant.to_string())
            .execute(&mut self.owner)
            .await
            .unwrap();
        let statement = "SELECT kind, value, user_id FROM user_key
                         UNION ALL SELECT kind, value, user_id FROM user_shared_key";
        sqlx::query_as(statement).fetch_all(&mut self.owner).await.unwrap().into_iter().collect()
    }

    /// How many users the numbered pages would tell of.
    async fn counted(&mut self) -> i64 {
        sqlx::query_scalar("SELECT coalesce(sum(users), 0)::bigint FROM user_count WHERE width = 16")
            .fetch_one(&mut self.owner)
            .await
            .unwrap()
    }

    async fn take(&mut self, records: &[Record], options: &ImportOptions) -> Result<(), TestCaseError> {
        let before = self.users().await;
        let (report, rejected) = self.import(records, options).await?;
        let after = self.users().await;
        prop_assert_eq!(self.names().await, names_of(&after));
        prop_assert_eq!(self.counted().await, i64::try_from(after.len()).unwrap());
        prop_assert_eq!(report.records, records.len() as u64);
        prop_assert_eq!(report.rejected, rejected.len() as u64);
        prop_assert_eq!(report.merged.added, (after.len() - before.len()) as u64);
        let changed = before.iter().filter(|(id, user)| after.get(*id) != Some(*user));
        prop_assert_eq!(report.merged.changed, changed.count() as u64);
        if options.match_by.is_none() {
            told(records, &rejected, &after)?;
        }
        Ok(())
    }
}

/// What the documents say the names are.
fn names_of(users: &BTreeMap<String, User>) -> Names {
    let names = users.iter().flat_map(|(id, user)| {
        let keys = user.keys().unwrap().into_iter();
        keys.map(|key| (key.kind().code(), key.value().to_owned(), id.clone()))
    });
    names.collect()
}

/// Of each user, the last record that was not rejected and has an e-mail address says what it is.
fn told(
    records: &[Record],
    rejected: &BTreeSet<i64>,
    after: &BTreeMap<String, User>,
) -> Result<(), TestCaseError> {
    let names = names_of(after);
    let mut emails = BTreeMap::new();
    for (number, record) in (1..).zip(records).filter(|(number, _)| !rejected.contains(number)) {
        // Its own id, or one from another import.
        let about = names.iter().find(|(kind, value, _)| *kind == 1 && *value == record.id());
        prop_assert!(about.is_some(), "record {} was taken, but {} is not there", number, record.id());
        if let Some(email) = record.email {
            emails.insert(&about.unwrap().2, format!("e{email}@example.com"));
        }
    }
    for (id, email) in emails {
        prop_assert_eq!(&after[id].contact.email, &Some(email), "{}", id);
    }
    Ok(())
}

#[test]
fn whatever_is_imported_names_and_counts_are_those_of_the_documents() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let case = std::cell::Cell::new(0);
    let strategy = prop::collection::vec((records(), options()), 1..4);
    let config = Config { cases: 32, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |imports| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let slug = format!("laws-{}", case.get());
            let tenant = app.tenant(&slug).await.id;
            let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
            let admin = Administration::new(app.admin.clone(), actor, Clock::system());
            let owner = app.database.owner_connection().await;
            let mut directory = Directory { admin, slug: Slug::new(slug), tenant, owner };
            for (records, options) in &imports {
                directory.take(records, options).await?;
            }
            Ok(())
        })
    });
    outcome.unwrap();
}
