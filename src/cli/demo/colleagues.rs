//! The demo's users: those of the three samples and generated colleagues, identical on every start.

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::samples;
use crate::core::address::Address;
use crate::core::id::UserId;
use crate::core::user::{
    AccessFlag, AccountStatus, ChainAccount, Coin, Gender, Identity, Source, User, WorkStatus,
};

/// Number of users.
pub(super) const COUNT: usize = 400;
/// The account with long timelines, for trying out paging.
pub(super) const COLLECTOR: &str = "marta.collector";

const GIVEN: [&str; 20] = [
    "Ana", "Luka", "Maja", "Jan", "Eva", "Marko", "Nina", "Tine", "Sara", "Jure", "Mei", "Wei", "Chen",
    "Yuki", "Olga", "Ivan", "Fatima", "Omar", "Zoë", "José",
];
const FAMILY: [&str; 20] = [
    "Novak", "Horvat", "Kovač", "Zupan", "Krajnc", "Mlakar", "Kos", "Vidmar", "Golob", "Turk", "Li", "Wang",
    "Zhang", "Sato", "Petrova", "García", "Hassan", "Müller", "Silva", "O'Brien",
];
const DEPARTMENTS: [(&str, &str); 6] = [
    ("624d930c3b1a75c08dd4986e", "DEV"),
    ("624d93102c7f5012f33cd2fe", "Sales"),
    ("624d93150d8e4a51b0f1c2d3", "Finance"),
    ("624d931a2f6b7c8d9e0a1b2c", "Support"),
    ("624d931f4a5b6c7d8e9f0a1b", "Legal"),
    ("624d93243c4d5e6f7a8b9c0d", "People"),
];
const TITLES: [&str; 5] = ["Software developer", "Account manager", "Analyst", "Team lead", "Engineer"];
const OFFICES: [(&str, &str); 5] = [
    ("Ljubljana", "Slovenia"),
    ("Singapore", "Singapore"),
    ("Richmond", "United States"),
    ("München", "Germany"),
    ("北京", "China"),
];
const PROVIDERS: [(&str, &str, &str); 8] = [
    ("6076bac0d1e2f3ad80d993b5", "wechat", "openid"),
    ("62f20932716fbcc10d966ee5", "lark", "open_id"),
    ("6076bac1d1e2f3a4b5d993b6", "wechatwork", "userid"),
    ("6076bac2d1e2f3a4b5d993b7", "dingtalk", "unionid"),
    ("6076bac3d1e2f3a4b5d993b8", "github", "primary"),
    ("6076bac4d1e2f3a4b5d993b9", "google", "primary"),
    ("6076bac5d1e2f3a4b5d993ba", "saml", "nameid"),
    ("6076bac6d1e2f3a4b5d993bb", "azure-ad", "oid"),
];

/// All users of the demo. Only ages depend on `now`.
pub(super) fn users(now: OffsetDateTime) -> Vec<User> {
    let samples = [samples::kevin(now), samples::bob(), samples::trevormil()];
    let colleagues = (samples.len()..COUNT).map(|number| colleague(number, now));
    let mut users: Vec<User> = samples.into_iter().chain(colleagues).collect();
    for (number, user) in users.iter_mut().enumerate().filter(|(_, user)| user.chain_accounts.is_empty()) {
        user.chain_accounts.push(chain_account(number));
    }
    users
}

/// The Ethereum form of user `number`'s chain address.
pub(super) fn address(number: usize) -> String {
    let digest =
        ring::digest::digest(&ring::digest::SHA256, format!("userbatch demo user {number}").as_bytes());
    let account = digest.as_ref().iter().take(20);
    let lower_case = account.fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"));
    Address::parse(&lower_case).map_or(lower_case, |address| address.canonical())
}

/// The item of `list` at index `number`, modulo its length.
fn pick<T: Copy + Default>(list: &[T], number: usize) -> T {
    list.get(number % list.len().max(1)).copied().unwrap_or_default()
}

fn colleague(number: usize, now: OffsetDateTime) -> User {
    let (given, family) = (pick(&GIVEN, number), pick(&FAMILY, number / GIVEN.len()));
    let mut user = User::new(UserId::new(format!("6319a1504f3e{number:04x}f214dd5b")));
    let login = if number == 3 { COLLECTOR.to_owned() } else { format!("user{number}") };
    user.contact.email = Some(format!("{login}@demo.example"));
    user.contact.email_verified = !number.is_multiple_of(3);
    user.contact.phone = Some(format!("131{number:08}"));
    user.contact.phone_country_code = Some("+86".to_owned());
    user.profile.username = Some(login.clone());
    user.profile.display_name = Some(format!("{given} {family}"));
    user.profile.given_name = Some(given.to_owned());
    user.profile.family_name = Some(family.to_owned());
    user.profile.gender =
        Some(pick(&[Some(Gender::Female), Some(Gender::Male)], number).unwrap_or(Gender::Unknown));
    user.profile.birthdate =
        Some(format!("{}-{:02}-{:02}", 1960 + number % 40, 1 + number % 12, 1 + number % 28));
    user.profile.locale = Some(pick(&["en-US", "zh-CN", "sl-SI", "de-DE"], number).to_owned());
    user.account.user_principal_name = Some(format!("{login}@element.onmicrosoft.com"));
    employ(&mut user, number);
    sign_in(&mut user, number, now);
    identify(&mut user, number);
    user.custom_data.insert("costCentre".to_owned(), json!(format!("CC-{:03}", number % 25)));
    user.custom_data.insert("badgeNumber".to_owned(), json!(10_000 + number));
    user.custom_data.insert("remote".to_owned(), json!(number.is_multiple_of(2)));
    user
}

fn employ(user: &mut User, number: usize) {
    let (department_id, department) = pick(&DEPARTMENTS, number);
    let (office, country) = pick(&OFFICES, number);
    let employment = &mut user.employment;
    employment.company = Some("Organization ABC".to_owned());
    employment.department = Some(department.to_owned());
    employment.department_ids = vec![department_id.to_owned()];
    employment.main_department_id = Some(department_id.to_owned());
    employment.job_title = Some(pick(&TITLES, number).to_owned());
    employment.employee_id = Some(format!("{}", 640_000 + number));
    employment.external_id = Some(format!("E{number:05}"));
    employment.office = Some(office.to_owned());
    employment.work_status = Some(if number % 50 == 49 { WorkStatus::Closed } else { WorkStatus::Active });
    user.postal.city = Some(office.to_owned());
    user.postal.country = Some(country.to_owned());
}

fn sign_in(user: &mut User, number: usize, now: OffsetDateTime) {
    const FLAGS: [Option<AccessFlag>; 11] = [
        None,
        Some(AccessFlag::MfaDisabled),
        None,
        Some(AccessFlag::PasswordExpired),
        None,
        Some(AccessFlag::HighRisk),
        Some(AccessFlag::MediumRisk),
        None,
        Some(AccessFlag::Compliance),
        Some(AccessFlag::Inactive),
        Some(AccessFlag::TestUser),
    ];
    let days = i64::try_from(number).unwrap_or(0);
    let account = &mut user.account;
    account.status =
        Some(if number % 37 == 36 { AccountStatus::Suspended } else { AccountStatus::Activated });
    account.flags = pick(&FLAGS, number).into_iter().collect();
    account.source = Some(pick(
        &[Some(Source::AdminCreated), Some(Source::Register), Some(Source::Excel), Some(Source::Sync)],
        number,
    ))
    .flatten();
    account.created_at = Some(time::macros::datetime!(2023-01-01 08:00 UTC) + Duration::days(days));
    account.updated_at = account.created_at;
    account.starts_at = account.created_at;
    user.logins.count = Some(days % 90);
    user.logins.password_set_at = Some(now - Duration::days(days % 200) - Duration::HOUR);
    user.logins.password_security_level = Some(days % 3 + 1);
}

/// Every seventh user has no identity, every fourth two, all others one.
fn identify(user: &mut User, number: usize) {
    let how_many = match number {
        n if n % 7 == 0 => 0,
        n if n % 4 == 0 => 2,
        _ => 1,
    };
    user.identities = (0..how_many).map(|index| identity(number, index)).collect();
}

fn identity(number: usize, index: usize) -> Identity {
    let (connection, provider, kind) = pick(&PROVIDERS, number + index);
    let mut info = crate::core::user::JsonObject::new();
    info.insert("name".to_owned(), json!(format!("user{number}")));
    Identity {
        id: format!("62299d8b866d{number:04x}79a8{index:04x}"),
        connection_id: connection.to_owned(),
        provider: provider.to_owned(),
        kind: kind.to_owned(),
        id_there: format!("{provider}_{number:05}"),
        info: info.into(),
        origin_connection_ids: vec![connection.to_owned()],
    }
}

fn chain_account(number: usize) -> ChainAccount {
    ChainAccount {
        address: address(number),
        account_number: Some(format!("{}", 100 + number)),
        sequence: Some(format!("{}", number % 30)),
        balance: Some(Coin { amount: format!("{}", number * 10), denom: "badge".to_owned() }),
        airdropped: Some(number.is_multiple_of(2)),
        ..ChainAccount::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn exclusive_keys_are_unique_and_every_user_has_a_chain_account() {
        let users = users(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000));
        assert_eq!(users.len(), COUNT);
        let mut exclusive = BTreeSet::new();
        for user in &users {
            for key in user.keys().unwrap().into_iter().filter(|key| key.kind().is_exclusive()) {
                assert!(exclusive.insert(key.clone()), "{key:?} twice");
            }
            assert!(!user.chain_accounts.is_empty());
        }
    }
}
