//! A user's accounts, here and elsewhere.

use proptest::array::{uniform4, uniform5, uniform7};
use proptest::option;
use proptest::prelude::*;

use super::value::{maybe_text, maybe_time, object, text, texts};
use crate::core::address::Address;
use crate::core::user::{
    AccessFlag, Account, AccountStatus, ChainAccount, Coin, Community, Identity, Logins, Source,
};

pub(super) fn account() -> impl Strategy<Value = Account> {
    let status = prop_oneof![
        Just(AccountStatus::Activated),
        Just(AccountStatus::Suspended),
        Just(AccountStatus::Deactivated),
        Just(AccountStatus::Resigned),
        Just(AccountStatus::Archived),
    ];
    let source = prop_oneof![
        Just(Source::Excel),
        Just(Source::Register),
        Just(Source::AdminCreated),
        Just(Source::Sync),
    ];
    let closed = (option::of(status), flags(), option::of(source));
    (uniform4(maybe_text()), uniform5(maybe_time()), closed, texts()).prop_map(
        |(texts, times, (status, flags, source), register_source)| {
            let [user_principal_name, source_id, signed_up, organisation_id] = texts;
            let [status_changed_at, created_at, updated_at, starts_at, ends_at] = times;
            Account {
                user_principal_name,
                status,
                status_changed_at,
                created_at,
                updated_at,
                starts_at,
                ends_at,
                flags,
                source,
                source_id,
                register_source,
                signed_up,
                organisation_id,
            }
        },
    )
}

/// Any flags, without duplicates, in order.
fn flags() -> impl Strategy<Value = Vec<AccessFlag>> {
    proptest::sample::subsequence(AccessFlag::ALL.to_vec(), 0..=AccessFlag::ALL.len())
}

pub(super) fn logins() -> impl Strategy<Value = Logins> {
    let numbers = (option::of(any::<i64>()), option::of(any::<i64>()), option::of(any::<bool>()));
    let times = [maybe_time(), maybe_time(), maybe_time()];
    (uniform4(maybe_text()), times, numbers).prop_map(
        |([last_ip, last_app, browser, device], [last_at, last_mfa_at, password_set_at], numbers)| {
            let (count, password_security_level, reset_password_on_next_login) = numbers;
            Logins {
                count,
                last_at,
                last_ip,
                last_app,
                last_mfa_at,
                browser,
                device,
                password_set_at,
                password_security_level,
                reset_password_on_next_login,
            }
        },
    )
}

pub(super) fn identity() -> impl Strategy<Value = Identity> {
    (uniform5(text()), object(), texts()).prop_map(
        |([id, connection_id, provider, kind, id_there], info, origin_connection_ids)| Identity {
            id,
            connection_id,
            provider,
            kind,
            id_there,
            info: info.into(),
            origin_connection_ids,
        },
    )
}

pub(super) fn chain_account() -> impl Strategy<Value = ChainAccount> {
    let decimal = || option::of("0|[1-9][0-9]{0,24}");
    let coin = || ("0|[1-9][0-9]{0,24}", "[a-z]{3,8}").prop_map(|(amount, denom)| Coin { amount, denom });
    let keys = (maybe_text(), maybe_text());
    let balances = (option::of(coin()), proptest::collection::vec(coin(), 0..3));
    (address(), keys, decimal(), decimal(), balances, option::of(any::<bool>())).prop_map(
        |(address, (public_key, public_key_type), account_number, sequence, balances, airdropped)| {
            let (balance, other_balances) = balances;
            ChainAccount {
                address,
                public_key,
                public_key_type,
                account_number,
                sequence,
                balance,
                other_balances,
                airdropped,
            }
        },
    )
}

/// An address in any supported format.
fn address() -> impl Strategy<Value = String> {
    let forms: [fn(&Address) -> String; 5] =
        [Address::ethereum, Address::cosmos, Address::bitbadges, Address::thorchain, Address::bitcoin];
    let account = "0x[0-9a-f]{40}".prop_filter_map("an address", |text| Address::parse(&text).ok());
    let account =
        (account, proptest::sample::select(forms.to_vec())).prop_map(|(address, form)| form(&address));
    let solana = any::<[u8; 32]>().prop_map(|key| bs58::encode(key).into_string());
    prop_oneof![4 => account, 1 => solana]
}

pub(super) fn community() -> impl Strategy<Value = Community> {
    let [seen_activity, joined_at] = [option::of(any::<i64>()), option::of(any::<i64>())];
    (uniform7(maybe_text()), seen_activity, joined_at).prop_map(|(texts, seen_activity, joined_at)| {
        let [discord, twitter, github, telegram, readme, avatar, resolved_name] = texts;
        Community {
            discord,
            twitter,
            github,
            telegram,
            readme,
            avatar,
            resolved_name,
            seen_activity,
            joined_at,
        }
    })
}
