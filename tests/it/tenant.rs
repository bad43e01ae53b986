//! A tenant under test, filled through the product's own writer.

use serde_json::{Value, json};
use sqlx::PgConnection;
use userbatch::core::face::{Api, Face};
use userbatch::core::id::UserId;
use userbatch::core::user::merge::Extent;
use userbatch::core::user::{DataSource, User};
use userbatch::core::view::TimelineEntry;
use userbatch::store::{
    Act, Actor, Join, Merge, MergeObserver, MergeOptions, MergeReject, MergeReport, NewCredential, NewTenant,
    PushError, StoreError, TenantId, UsersWritten, Via,
};

use crate::app::{TestApp, new_credential};

/// A tenant of the gateway under test.
#[derive(Debug, Clone)]
pub struct TestTenant {
    pub app: TestApp,
    pub id: TenantId,
    /// Its public names.
    pub new: NewTenant,
}

impl TestTenant {
    /// Merges `users` into the directory, as every writer does: what is there and not in `users` stays.
    pub async fn put_users(&self, users: &[User]) {
        self.try_put_users(users).await.unwrap();
    }

    /// The same, of a database that may fail meanwhile.
    pub async fn try_put_users(&self, users: &[User]) -> Result<(), PushError> {
        let mut merge = self.app.admin.start_merge(self.id).await?;
        for user in users {
            let mut user = user.clone();
            user.set_by.claim(DataSource::Userbatch);
            merge.push_user(&user).await?;
        }
        self.run(merge, false).await?;
        Ok(())
    }

    /// Merges timeline entries into the directory; one with the key of another replaces it.
    pub async fn put_entries(&self, entries: &[TimelineEntry]) {
        let mut merge = self.start_merge().await;
        for entry in entries {
            merge.push_entry(entry).await.unwrap();
        }
        self.run(merge, false).await.unwrap();
    }

    pub async fn start_merge(&self) -> Merge {
        self.app.admin.start_merge(self.id).await.unwrap()
    }

    /// Runs a merge that rejects nothing.
    pub async fn run(&self, merge: Merge, dry_run: bool) -> Result<MergeReport, StoreError> {
        let (source, extent) = (DataSource::Userbatch, Extent::Patch);
        let match_by = Vec::new();
        let options = MergeOptions { match_by, source, extent, replace: None, strict: true, dry_run };
        let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
        let act = Act { act: "users.import", tenant: Some(&self.new.slug), subject: "", detail: json!({}) };
        let mut rejects = Rejects::default();
        let outcome = merge.run(&options, (&actor, act), &mut rejects).await;
        assert_eq!(rejects.0, []);
        outcome
    }

    /// Deletes users, as their deletion will have to: their keys too, under the directory's lock. The product has no
    /// deletion of single users yet.
    pub async fn delete_users(&self, transaction: &mut PgConnection, ids: &[UserId]) {
        self.try_delete_users(transaction, ids).await.unwrap();
    }

    /// The same, of a database that may fail meanwhile.
    pub async fn try_delete_users(
        &self,
        transaction: &mut PgConnection,
        ids: &[UserId],
    ) -> Result<(), sqlx::Error> {
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let tenant = self.id.to_string();
        let bind = "SELECT set_config('userbatch.tenant', $1, true)";
        sqlx::query(bind).bind(&tenant).execute(&mut *transaction).await?;
        sqlx::query("SELECT FROM directory FOR UPDATE").execute(&mut *transaction).await?;
        for statement in [
            "DELETE FROM user_key WHERE user_id = ANY ($1)",
            "DELETE FROM user_shared_key WHERE user_id = ANY ($1)",
            r#"DELETE FROM "user" WHERE id = ANY ($1)"#,
        ] {
            sqlx::query(statement).bind(ids.as_slice()).execute(&mut *transaction).await?;
        }
        Ok(())
    }

    /// An API key for `x-api-key`.
    pub async fn bitbadges_key(&self) -> String {
        self.issue(Face::BitBadges).await.1
    }

    /// An access key id and its secret.
    pub async fn genauth_key(&self) -> (String, String) {
        self.issue(Face::GenAuth).await
    }

    /// A management token.
    pub async fn genauth_token(&self) -> String {
        let (id, secret) = self.genauth_key().await;
        let pair = json!({ "accessKeyId": id, "accessKeySecret": secret });
        let url = self.app.url("/api/v3/get-management-token");
        let response = self.app.http.post(url).json(&pair).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        answer["data"]["access_token"].as_str().unwrap().to_owned()
    }

    /// The public id of a credential for SCIM, and its token.
    pub async fn scim_token(&self) -> (String, String) {
        self.issue(Api::Scim).await
    }

    async fn issue(&self, api: impl Into<Api>) -> (String, String) {
        let api = api.into();
        let credential = NewCredential { tenant_id: Some(self.id), ..new_credential(api) };
        self.app.issue(api, credential).await
    }

    /// Path of the AvePoint batch call of this tenant.
    pub fn avepoint_path(&self) -> String {
        format!(
            "/partner/external/v3/um/customers/{}/tenants/{}/users/batch",
            self.new.customer_id, self.new.tenant_id
        )
    }
}

/// Rejects, which a test's own records must not have.
#[derive(Default)]
struct Rejects(Vec<MergeReject>);

impl MergeObserver for Rejects {
    fn rejected(&mut self, reject: MergeReject) {
        self.0.push(reject);
    }

    fn joined(&mut self, _: &Join) {}

    fn written(&mut self, _: UsersWritten) {}
}
