//! The sample in the vendor's documentation, with its known errors corrected: `data`, `identities`,
//! `departmentIds` and `originConnIds` are arrays, and the identity has no tokens.

use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;
use userbatch::core::user::{AccountStatus, Gender, Identity, Source, User, WorkStatus};

use super::{Client, identity, object, user};
use crate::plain::Plain;

const AT: OffsetDateTime = datetime!(2022-07-03 03:20:30 UTC);

#[expect(clippy::unnecessary_wraps, reason = "every field it fills is optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn bob() -> User {
    let mut bob = user("6229ffaxxxxxxxxcade3e3d9");
    name(&mut bob);
    place(&mut bob);
    bob.contact.email = text("test@example.com");
    bob.contact.email_verified = true;
    bob.contact.phone = text("188xxxx8888");
    bob.contact.phone_country_code = text("+86");
    bob.contact.phone_verified = true;
    bob.account.status = Some(AccountStatus::Activated);
    bob.account.status_changed_at = Some(AT);
    bob.account.created_at = Some(AT);
    bob.account.updated_at = Some(AT);
    bob.account.source = Some(Source::Register);
    sign_in(&mut bob);
    bob.identities = vec![Identity {
        id: "62299d8b866d2dab79a89dc4".to_owned(),
        origin_connection_ids: vec!["605492ac41xxxxe0362f0707".to_owned()],
        ..identity("wechat", "6076bacxxxxxxxxd80d993b5", "oj7Nq05R-RRaqak0_YlMLnnIwsvg")
    }];
    bob.custom_data = object(json!({ "school": "Peking University", "age": 22 }));
    bob
}

fn name(bob: &mut User) {
    let profile = &mut bob.profile;
    profile.username = text("bob");
    profile.display_name = text("xxxx");
    profile.nickname = text("xxxx");
    profile.photo = text("https://files.authing.co/authing-console/default-user-avatar.png");
    profile.gender = Some(Gender::Male);
    profile.birthdate = text("2022-06-03");
    profile.given_name = text("xx");
    profile.family_name = text("xx");
    profile.middle_name = text("James");
    profile.profile = text("alice");
    profile.preferred_username = text("alice");
    profile.website = text("https://my-website.com");
    profile.zoneinfo = text("GMT-08:00");
    profile.locale = text("af");
    profile.identity_number = text("420421xxxxxxxx1234");
}

fn place(bob: &mut User) {
    let postal = &mut bob.postal;
    postal.country = text("CN");
    postal.province = text("BJ");
    postal.city = text("BJ");
    postal.address = text("xxxxxxx");
    postal.street_address = text("Beijing Chaoyang District xxx Street");
    postal.postal_code = text("438100");
    postal.formatted = text("132, My Street, Kingston, New York 12401.");
    postal.region = text("Xinjiang Uyghur Autonomous Region");
    let employment = &mut bob.employment;
    employment.external_id = text("10010");
    employment.company = text("steamory");
    employment.work_status = Some(WorkStatus::Active);
    employment.department_ids =
        ["624d930c3xxxx5c08dd4986e", "624d93102xxxx012f33cd2fe"].map(str::to_owned).to_vec();
}

fn sign_in(bob: &mut User) {
    let logins = &mut bob.logins;
    logins.count = Some(3);
    logins.last_at = Some(AT);
    logins.last_ip = text("127.0.0.1");
    logins.password_set_at = Some(AT);
    logins.password_security_level = Some(1);
    logins.device = text("iOS");
    logins.browser = text(
        "Mozilla/5.0 (Linux; Android 10; V2001A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
         Chrome/87.0.4280.141 Mobile Safari/537.36 VivoBrowser/10.2.10.0",
    );
}

const EVERYTHING: &str = "withCustomData=true&withIdentities=true&withDepartmentIds=true";

#[tokio::test]
async fn the_sample_is_answered_as_documented() {
    let client = Client::with_users(&[bob()]).await;
    let answer = client.find("user_id", &["6229ffaxxxxxxxxcade3e3d9"], EVERYTHING).await;
    answer.users();
    insta::assert_json_snapshot!(Plain(&answer.body), { ".requestId" => "[request id]" });
}

#[tokio::test]
async fn what_the_sample_leaves_out_is_told_with_its_type() {
    let mut user = bob();
    user.account.source = Some(Source::Sync);
    user.account.source_id = text("task");
    user.account.register_source = vec!["basic:email".to_owned()];
    user.account.signed_up = text("2022-07-03T03:20:30.000Z");
    user.account.organisation_id = text("tenant-1");
    user.logins.last_app = text("app");
    user.logins.last_mfa_at = Some(AT);
    user.logins.reset_password_on_next_login = Some(false);
    user.employment.main_department_id = text("624d930c3xxxx5c08dd4986e");
    user.employment.post_ids = vec!["post".to_owned()];
    user.employment.organisation_ids = vec!["tenant-1".to_owned()];
    user.metadata_source = object(json!({ "name": "import" }));
    user.identities[0].info = object(json!({ "nickname": "b" })).into();
    let client = Client::with_users(&[user]).await;
    let everything = format!("{EVERYTHING}&withTenantIds=true&flatCustomData=true");
    let answer = client.find("username", &["bob"], &everything).await;
    answer.users();
    insta::assert_json_snapshot!(Plain(&answer.body), { ".requestId" => "[request id]" });
}

#[tokio::test]
async fn a_user_without_times_tells_when_it_was_added_and_changed() {
    let app = crate::app::TestApp::start().await;
    let tenant = app.tenant("pool").await;
    let client = Client::of(&app, &tenant).await;
    let times = |answer: super::Answer| {
        let user = answer.users()[0].clone();
        (user["createdAt"].clone(), user["updatedAt"].clone())
    };
    tenant.put_users(&[user("1")]).await;
    let (created, updated) = times(client.find("user_id", &["1"], "").await);
    assert_eq!(created, updated);
    assert_eq!(created.as_str().unwrap().len(), "2022-07-03T03:20:30.000Z".len());
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let mut changed = user("1");
    changed.profile.nickname = text("changed");
    tenant.put_users(&[changed]).await;
    let (still_created, later) = times(client.find("user_id", &["1"], "").await);
    assert_eq!(still_created, created);
    assert!(later.as_str() > updated.as_str(), "{later} {updated}");
}
