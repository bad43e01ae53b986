//! The users of the vendors' documentation samples, with masked values filled in.

use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::core::id::UserId;
use crate::core::user::{
    AccessFlag, AccountStatus, ChainAccount, Coin, Gender, Identity, IdentityInfo, Source, User, WorkStatus,
};

pub(super) const CUSTOMER_ID: &str = "966f35cc-7e21-4f0b-9d35-25cdbcf82a07";
pub(super) const TENANT_ID: &str = "0c7715b3-42d8-4a96-b1e0-f3634dcfacec";
pub(super) const USER_POOL_ID: &str = "6229ffa0000000000000a001";
pub(super) const GENAUTH_USER_ID: &str = "6229ffa51c08d34cade3e3d9";
const AVEPOINT_USER_ID: &str = "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff";
const BITBADGES_USER_ID: &str = "64d5d4c83f1b2a0019c7e10a";
pub(super) const ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
pub(super) const COSMOS_ADDRESS: &str = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x";

#[expect(clippy::unnecessary_wraps, reason = "shorthand for optional fields")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The only time in the GenAuth sample.
const SAMPLE_TIME: OffsetDateTime = time::macros::datetime!(2022-07-03 03:20:30 UTC);

/// The user of the AvePoint sample, with a password that is always 12 days old.
pub(super) fn kevin(now: OffsetDateTime) -> User {
    let mut user = User::new(UserId::new(AVEPOINT_USER_ID));
    user.profile.username = some("kevin.mark");
    user.profile.display_name = some("Kevin Mark");
    user.profile.given_name = some("Kevin");
    user.profile.family_name = some("Mark");
    user.contact.email = some("tony@element.onmicrosoft.com");
    user.contact.phone = some("11122");
    user.postal.country = some("Slovenia");
    user.employment.company = some("Organization ABC");
    user.employment.department = some("DEV");
    user.employment.job_title = some("Software developer");
    user.employment.employee_id = some("643477");
    user.employment.office = some("location");
    user.employment.work_status = Some(WorkStatus::Active);
    user.account.user_principal_name = some("tony@element.onmicrosoft.com");
    user.account.status = Some(AccountStatus::Activated);
    user.account.source = Some(Source::Sync);
    user.account.flags = vec![AccessFlag::MfaDisabled, AccessFlag::SignInBlocked];
    // One hour extra, so that it is still 12 days if the clock moves slightly.
    user.logins.password_set_at = Some(now - Duration::days(12) - Duration::HOUR);
    user
}

/// The user of the GenAuth sample.
pub(super) fn bob() -> User {
    let mut user = User::new(UserId::new(GENAUTH_USER_ID));
    name_bob(&mut user);
    user.contact.email = some("test@example.com");
    user.contact.email_verified = true;
    user.contact.phone = some("18812348888");
    user.contact.phone_country_code = some("+86");
    user.contact.phone_verified = true;
    place_bob(&mut user);
    user.account.status = Some(AccountStatus::Activated);
    user.account.status_changed_at = Some(SAMPLE_TIME);
    user.account.created_at = Some(SAMPLE_TIME);
    user.account.updated_at = Some(SAMPLE_TIME);
    user.account.source = Some(Source::Register);
    user.logins.count = Some(3);
    user.logins.last_at = Some(SAMPLE_TIME);
    user.logins.last_ip = some("127.0.0.1");
    user.logins.browser = some(
        "Mozilla/5.0 (Linux; Android 10; V2001A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
         Chrome/87.0.4280.141 Mobile Safari/537.36 VivoBrowser/10.2.10.0",
    );
    user.logins.device = some("iOS");
    user.logins.password_set_at = Some(SAMPLE_TIME);
    user.logins.password_security_level = Some(1);
    user.identities = vec![Identity {
        id: "62299d8b866d2dab79a89dc4".to_owned(),
        connection_id: "6076bac0d1e2f3ad80d993b5".to_owned(),
        provider: "wechat".to_owned(),
        kind: "openid".to_owned(),
        id_there: "oj7Nq05R-RRaqak0_YlMLnnIwsvg".to_owned(),
        info: IdentityInfo::default(),
        origin_connection_ids: vec!["605492ac41b7c8e0362f0707".to_owned()],
    }];
    user.custom_data.insert("school".to_owned(), json!("Peking University"));
    user.custom_data.insert("age".to_owned(), json!(22));
    user
}

fn name_bob(user: &mut User) {
    let profile = &mut user.profile;
    profile.username = some("bob");
    profile.display_name = some("Bob Lee");
    profile.nickname = some("bobby");
    profile.given_name = some("Bob");
    profile.family_name = some("Lee");
    profile.middle_name = some("James");
    profile.profile = some("alice");
    profile.preferred_username = some("alice");
    profile.photo = some("https://files.authing.co/authing-console/default-user-avatar.png");
    profile.website = some("https://my-website.com");
    profile.gender = Some(Gender::Male);
    profile.birthdate = some("2022-06-03");
    profile.zoneinfo = some("GMT-08:00");
    profile.locale = some("af");
    profile.identity_number = some("420421199001011234");
}

fn place_bob(user: &mut User) {
    let postal = &mut user.postal;
    postal.country = some("CN");
    postal.province = some("BJ");
    postal.city = some("BJ");
    postal.address = some("Beijing Chaoyang");
    postal.street_address = some("Beijing Chaoyang District xxx Street");
    postal.postal_code = some("438100");
    postal.formatted = some("132, My Street, Kingston, New York 12401.");
    postal.region = some("Xinjiang Uyghur Autonomous Region");
    let employment = &mut user.employment;
    employment.company = some("steamory");
    employment.external_id = some("10010");
    employment.work_status = Some(WorkStatus::Active);
    employment.department_ids =
        vec!["624d930c3b1a75c08dd4986e".to_owned(), "624d93102c7f5012f33cd2fe".to_owned()];
}

/// The user of the BitBadges sample.
pub(super) fn trevormil() -> User {
    let mut user = User::new(UserId::new(BITBADGES_USER_ID));
    user.profile.username = some("trevormil");
    user.profile.display_name = some("Trevor Miller");
    user.contact.email = some("trevormil@demo.example");
    user.account.status = Some(AccountStatus::Activated);
    user.account.source = Some(Source::Register);
    user.community.discord = some("trevormil#5747");
    user.community.seen_activity = Some(1_691_845_143_945);
    user.chain_accounts = vec![ChainAccount {
        address: ADDRESS.to_owned(),
        public_key: some("Ag3SzcvRj/U4dXwN8APIpLzj5TyiR8OTZJwoThMN7XBt"),
        account_number: some("10"),
        sequence: some("11"),
        balance: Some(Coin { amount: "1000".to_owned(), denom: "badge".to_owned() }),
        airdropped: Some(true),
        ..ChainAccount::default()
    }];
    user
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_genauth_sample_with_the_masked_part_filled_in() {
        let bob = bob();
        let identity = &bob.identities[0];
        for (id, masked) in [
            (bob.id.as_str(), "6229ffaxxxxxxxxcade3e3d9"),
            (&bob.employment.department_ids[0], "624d930c3xxxx5c08dd4986e"),
            (&bob.employment.department_ids[1], "624d93102xxxx012f33cd2fe"),
            (&identity.id, "62299d8b866d2dab79a89dc4"),
            (&identity.connection_id, "6076bacxxxxxxxxd80d993b5"),
            (&identity.origin_connection_ids[0], "605492ac41xxxxe0362f0707"),
        ] {
            assert_eq!(id.len(), masked.len(), "{id}");
            assert!(id.chars().zip(masked.chars()).all(|(c, masked)| masked == 'x' || c == masked), "{id}");
        }
    }
}
