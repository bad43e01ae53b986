mod vectors;

use proptest::prelude::*;

use self::vectors::{EIP55, SAME_ACCOUNT, SOLANA, THORCHAIN};
use super::{AccountKey, Address, AddressError, Chain};

fn parse(text: &str) -> Address {
    Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn assert_refused(text: &str, error: AddressError) {
    assert_eq!(Address::parse(text), Err(error), "{text}");
}

fn ethereum_form(account: [u8; 20]) -> String {
    account.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn forms(address: &Address) -> [String; 4] {
    [address.ethereum(), address.cosmos(), address.bitcoin(), address.bitbadges()]
}

#[test]
fn every_form_of_an_account_converts_as_in_the_sdk() {
    for same in SAME_ACCOUNT {
        for form in same {
            let address = parse(form);
            assert_eq!(forms(&address), same);
            assert_eq!(address.solana(), None);
            assert_eq!(address.canonical(), form);
            assert_eq!(address.key().as_str(), same[1]);
        }
    }
}

#[test]
fn the_thorchain_form_is_that_of_the_newest_sdk() {
    for (form, thorchain) in THORCHAIN {
        let address = parse(form);
        assert_eq!(address.thorchain(), thorchain);
        let thorchain_address = parse(thorchain);
        assert_eq!(thorchain_address.key(), address.key());
        assert_eq!(thorchain_address.canonical(), thorchain);
        assert_eq!(thorchain_address.chain().as_str(), "Thorchain");
    }
}

#[test]
fn a_solana_key_is_hashed_as_in_the_sdk() {
    for [solana, cosmos, bitbadges, ethereum] in SOLANA {
        let address = parse(solana);
        assert_eq!(address.cosmos(), cosmos);
        assert_eq!(address.bitbadges(), bitbadges);
        assert_eq!(address.ethereum(), ethereum);
        assert_eq!(address.key(), parse(cosmos).key());
        assert_eq!(address.canonical(), solana);
        assert_eq!(address.solana().as_deref(), Some(solana));
    }
}

#[test]
fn the_chain_is_that_of_the_form() {
    let [ethereum, cosmos, bitcoin, bitbadges] = SAME_ACCOUNT[0];
    assert_eq!(parse(ethereum).chain().as_str(), "Ethereum");
    assert_eq!(parse(cosmos).chain().as_str(), "Cosmos");
    assert_eq!(parse(bitbadges).chain().as_str(), "Cosmos");
    assert_eq!(parse(bitcoin).chain().as_str(), "Bitcoin");
    assert_eq!(parse(SOLANA[0][0]).chain().as_str(), "Solana");
}

#[test]
fn ethereum_case_is_a_checksum() {
    for canonical in EIP55 {
        let lower = canonical.to_ascii_lowercase();
        let upper = format!("0x{}", canonical[2..].to_ascii_uppercase());
        for text in [canonical, &lower, &upper] {
            assert_eq!(parse(text).canonical(), canonical);
        }
    }
    assert_refused("0xb246a3764d642bABbd6b075bca3e77E1cD563d78", AddressError::Checksum);
}

#[test]
fn ethereum_needs_its_prefix_and_forty_digits() {
    let [ethereum, ..] = SAME_ACCOUNT[0];
    assert_refused(&ethereum.to_ascii_uppercase(), AddressError::UnknownForm);
    assert_refused(&ethereum[2..], AddressError::UnknownForm);
    assert_refused(&ethereum[..41], AddressError::Length);
    assert_refused(&format!("{ethereum}0"), AddressError::Length);
    assert_refused("0x", AddressError::Length);
    assert_refused(&ethereum.replace("78", "7g"), AddressError::Character);
    assert_refused(&ethereum.replace("0xb2", "0x+2"), AddressError::Character);
    assert_refused(&format!(" {ethereum}"), AddressError::UnknownForm);
}

#[test]
fn bech32_is_taken_in_either_case_but_not_in_both() {
    let [_, cosmos, bitcoin, bitbadges] = SAME_ACCOUNT[0];
    for form in [cosmos, bitcoin, bitbadges] {
        let address = parse(&form.to_ascii_uppercase());
        assert_eq!(address, parse(form));
        assert_eq!(address.canonical(), form);
        let (prefix, data) = form.split_at(form.find('1').unwrap());
        assert_refused(&format!("{}{data}", prefix.to_ascii_uppercase()), AddressError::MixedCase);
        assert_refused(&format!("{prefix}{}", data.to_ascii_uppercase()), AddressError::MixedCase);
    }
}

#[test]
fn cosmos_data_must_be_exactly_an_account() {
    use bech32::{Bech32, Bech32m, Fe32, Fe32IterExt, Hrp};
    let hrp = Hrp::parse_unchecked("cosmos");
    for length in [0, 19, 21, 32] {
        let text = bech32::encode::<Bech32>(hrp, &vec![7; length]).unwrap();
        assert_refused(&text, AddressError::Length);
    }
    let padded: String = [Fe32::Q; 33].into_iter().with_checksum::<Bech32>(&hrp).chars().collect();
    assert_refused(&padded, AddressError::Length);
    let bech32m = bech32::encode::<Bech32m>(hrp, &[7; 20]).unwrap();
    assert_refused(&bech32m, AddressError::Checksum);
    let longer = Hrp::parse_unchecked("cosmos1x");
    let other = bech32::encode::<Bech32>(longer, &[7; 20]).unwrap();
    assert_refused(&other, AddressError::UnknownForm);
    assert_refused("cosmos1", AddressError::Length);
    assert_refused("cosmos1b", AddressError::Character);
}

/// The test cases of BIP-173 and BIP-350 that begin with `bc1` or `tb1`.
#[test]
fn bitcoin_takes_only_mainnet_p2wpkh() {
    let p2wpkh = parse("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4");
    assert_eq!(p2wpkh.ethereum().to_lowercase(), "0x751e76e8199196d454941c45d1b3a323f1433bd6");
    for (text, error) in [
        ("bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", AddressError::WitnessProgram),
        (
            "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
            AddressError::WitnessProgram,
        ),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", AddressError::WitnessProgram),
        ("BC1SW50QGDZ25J", AddressError::WitnessProgram),
        ("BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", AddressError::WitnessProgram),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", AddressError::Checksum),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", AddressError::Checksum),
        ("bc1rw5uspcuh", AddressError::Checksum),
        ("bc1pw5dgrnzv", AddressError::Length),
        ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", AddressError::Length),
        ("bc1gmk9yu", AddressError::Checksum),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", AddressError::TestNetwork),
        ("TB1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KXPJZSX", AddressError::TestNetwork),
    ] {
        assert_refused(text, error);
    }
}

#[test]
fn twenty_bytes_of_another_witness_version_or_prefix_are_no_account() {
    use bech32::{Hrp, segwit};
    let version_1 = segwit::encode_v1(bech32::hrp::BC, &[7; 20]).unwrap();
    assert_refused(&version_1, AddressError::WitnessProgram);
    let longer_prefix = segwit::encode_v0(Hrp::parse_unchecked("bc1x"), &[7; 20]).unwrap();
    assert_refused(&longer_prefix, AddressError::UnknownForm);
}

#[test]
fn solana_keys_of_every_text_length_are_taken() {
    for text in [
        "11111111111111111111111111111111",
        "So11111111111111111111111111111111111111112",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    ] {
        assert_eq!(parse(text).canonical(), text);
    }
    assert_refused("1111111111111111111111111111111", AddressError::UnknownForm);
    assert_refused("111111111111111111111111111111111", AddressError::UnknownForm);
    assert_refused(&"z".repeat(44), AddressError::UnknownForm);
}

#[test]
fn a_solana_key_that_begins_like_bech32_is_still_one() {
    for text in [
        "BC1ATqesFJcnJzpeWdGLYeddKv53S1GtAMkMfZqCRRPU",
        "Bc1BA6z3DNz3LUBLRi5PpmY9kjpqrNx8RNG3nhaGaHku",
        "BB1FtvLpvcuYe1FkrXhaA1EC9Lmat8hWfGrQ8Kz3aSn9",
    ] {
        assert_eq!(parse(text).chain(), Chain::Solana, "{text}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for text in ["", "Mint", "bob", "\0", "0", "cosmos", "1", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"] {
        assert_refused(text, AddressError::UnknownForm);
    }
    assert_refused(&"1".repeat(129), AddressError::TooLong);
    assert_refused(&"é".repeat(65), AddressError::TooLong);
    assert_refused(&"é".repeat(64), AddressError::UnknownForm);
    assert_refused("0xé", AddressError::Character);
    assert_refused("cosmos1é", AddressError::Character);
}

#[test]
fn a_key_is_read_from_any_form_and_written_as_cosmos() {
    let [ethereum, cosmos, ..] = SAME_ACCOUNT[0];
    let key: AccountKey = serde_json::from_value(ethereum.into()).unwrap();
    assert_eq!(key.to_string(), cosmos);
    assert_eq!(serde_json::to_value(&key).unwrap(), cosmos);
    let refused = serde_json::from_value::<AccountKey>("cosmos1qqq".into()).unwrap_err();
    assert!(!refused.to_string().contains("qqq"), "{refused}");
}

/// Texts that reach the decoders: a known prefix before anything.
fn near_address() -> impl Strategy<Value = String> {
    let beginning = prop::sample::select(vec!["", "0x", "cosmos1", "bb1", "bc1", "BC1", "tb1"]);
    let rest = prop_oneof!["\\PC{0,60}", "[02-9ac-hj-np-z]{0,60}", "[0-9a-fA-F]{38,42}", ".{0,40}"];
    (beginning, rest).prop_map(|(beginning, rest)| format!("{beginning}{rest}"))
}

proptest! {
    #[test]
    fn all_forms_lead_back_to_one_key(account: [u8; 20]) {
        let address = parse(&ethereum_form(account));
        for form in forms(&address) {
            let again = parse(&form);
            prop_assert_eq!(again.canonical(), form);
            prop_assert_eq!(again.key(), address.key());
            prop_assert_eq!(forms(&again), forms(&address));
        }
    }

    #[test]
    fn different_accounts_have_different_keys(one: [u8; 20], other: [u8; 20]) {
        prop_assume!(one != other);
        prop_assert_ne!(parse(&ethereum_form(one)).key(), parse(&ethereum_form(other)).key());
    }

    #[test]
    fn every_solana_key_leads_to_its_account(key: [u8; 32]) {
        let text = bs58::encode(key).into_string();
        let address = parse(&text);
        prop_assert_eq!(address.chain(), Chain::Solana);
        prop_assert_eq!(address.canonical(), text);
        prop_assert_eq!(parse(&address.cosmos()).key(), address.key());
    }

    #[test]
    fn no_text_panics_and_what_parses_is_stable(text in prop_oneof![any::<String>(), near_address()]) {
        if let Ok(address) = Address::parse(&text) {
            prop_assert_eq!(parse(&address.canonical()), address);
        }
    }

    #[test]
    fn a_changed_bech32_character_is_refused(
        account: [u8; 20],
        form in 1..4_usize,
        place: prop::sample::Index,
        replacement in prop::char::range('!', '~'),
    ) {
        let mut characters: Vec<char> = forms(&parse(&ethereum_form(account)))[form].chars().collect();
        let place = place.index(characters.len());
        prop_assume!(characters[place] != replacement);
        characters[place] = replacement;
        let changed: String = characters.into_iter().collect();
        prop_assert!(Address::parse(&changed).is_err(), "{}", changed);
    }

    #[test]
    fn a_changed_ethereum_case_is_refused_or_the_same_account(
        account: [u8; 20],
        place in 2..42_usize,
    ) {
        let address = parse(&ethereum_form(account));
        let mut digits = address.canonical().into_bytes();
        digits[place] ^= if digits[place].is_ascii_alphabetic() { 0x20 } else { 0 };
        let changed = String::from_utf8(digits).unwrap();
        if changed != address.canonical() {
            let single_case = changed[2..].to_lowercase() == changed[2..] || changed[2..].to_uppercase() == changed[2..];
            prop_assert_eq!(Address::parse(&changed).ok(), single_case.then_some(address));
        }
    }
}
