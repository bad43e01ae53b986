//! The response to a batch.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AllOfBuilder, Object, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::EmptyList;
use super::account::AccountInfo;
use super::named::NamedAccount;
use super::views::ShownViews;
use crate::core::address::{Address, Chain};

/// Size of an account of usual size as JSON, in bytes.
const USUAL_BYTES: usize = 2 << 10;

/// The response body.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountsResponse<'a> {
    /// One account for each entry that names one, in the order of the entries.
    pub accounts: Vec<AccountResponse<'a>>,
}

/// The response body for one account.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneAccountResponse<'a> {
    /// The account.
    pub account: AccountResponse<'a>,
}

/// An account. The members that depend on its views are between those that do not.
#[derive(Debug, Serialize)]
pub struct AccountResponse<'a> {
    #[serde(flatten)]
    info: AccountInfo<'a>,
    #[serde(flatten)]
    shown: ShownViews<'a>,
    #[serde(flatten)]
    forms: AddressForms,
}

impl<'a> AccountResponse<'a> {
    /// `account` and its views. For `fetch_sequence` see [`AccountInfo::new`].
    #[must_use]
    pub fn new(account: &NamedAccount<'a, '_>, fetch_sequence: bool, shown: ShownViews<'a>) -> Self {
        let info = AccountInfo::new(account, fetch_sequence);
        let forms = account.address.map(|address| AddressForms::of(&address, &info)).unwrap_or_default();
        Self { info, shown, forms }
    }

    /// The account without what only its user sees.
    #[must_use]
    pub fn only_public(self) -> Self {
        Self { info: self.info.only_public(), ..self }
    }

    /// The account as JSON, and the range in it of the members that depend on its views.
    ///
    /// # Errors
    /// [`serde_json::Error`] if it cannot be serialised.
    pub fn to_json(&self) -> Result<(Vec<u8>, Range<usize>), serde_json::Error> {
        let mut json = Vec::with_capacity(USUAL_BYTES);
        serde_json::to_writer(&mut json, &self.info)?;
        // In place of its closing brace.
        if let Some(last) = json.last_mut() {
            *last = b',';
        }
        let start = json.len();
        json.extend(self.shown.members()?);
        let end = json.len();
        serde_json::to_writer(&mut json, &self.forms)?;
        // Its brace: the members follow those before.
        if let Some(first) = json.get_mut(end) {
            *first = b',';
        }
        Ok((json, start..end))
    }
}

/// Members read by the SDKs after the first era.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Later)]
pub struct AddressForms {
    /// The Cosmos address.
    #[serde(rename = "_docId")]
    doc_id: String,
    eth_address: String,
    /// Empty unless it is a Solana account.
    sol_address: String,
    btc_address: String,
    bitbadges_address: String,
    thor_address: String,
    #[schema(value_type = Vec<Object>)]
    challenge_trackers: EmptyList,
    #[schema(value_type = Vec<Object>)]
    approval_trackers: EmptyList,
    #[schema(value_type = Vec<Object>)]
    lists_activity: EmptyList,
    #[schema(value_type = Vec<Object>)]
    list_activity: EmptyList,
    #[schema(value_type = Vec<Object>)]
    address_mappings: EmptyList,
    #[schema(value_type = Vec<Object>)]
    address_lists: EmptyList,
    #[schema(value_type = Vec<Object>)]
    claim_alerts: EmptyList,
    #[schema(value_type = Vec<Object>)]
    auth_codes: EmptyList,
    #[schema(value_type = Vec<Object>)]
    siwbb_requests: EmptyList,
    #[schema(value_type = Vec<Object>)]
    attestations: EmptyList,
    #[schema(value_type = Vec<Object>)]
    attestation_proofs: EmptyList,
    #[schema(value_type = Vec<Object>)]
    claim_activity: EmptyList,
    #[schema(value_type = Vec<Object>)]
    points_activity: EmptyList,
}

impl AddressForms {
    /// All forms of `address`, which is that of `info`.
    fn of(address: &Address, info: &AccountInfo<'_>) -> Self {
        let (cosmos, own) = info.addresses();
        Self {
            doc_id: cosmos.to_owned(),
            // Its checksum takes as long to compute as the other forms together.
            eth_address: if address.chain() == Chain::Ethereum { own.to_owned() } else { address.ethereum() },
            sol_address: address.solana().unwrap_or_default(),
            btc_address: address.bitcoin(),
            bitbadges_address: address.bitbadges(),
            thor_address: address.thorchain(),
            ..Self::default()
        }
    }
}

/// Clients see one object, so its schema is one, too.
impl PartialSchema for AccountResponse<'_> {
    fn schema() -> RefOr<Schema> {
        const DESCRIPTION: &str = "An account: the seed's members in the seed's order, then what later SDKs need. \
             What has no value is left out.";
        let mut own = Object::new();
        for part in [AccountInfo::schema(), <ShownViews<'_>>::schema()] {
            if let RefOr::T(Schema::Object(part)) = part {
                own.properties.extend(part.properties);
                own.required.extend(part.required);
            }
        }
        let forms = Ref::from_schema_name(AddressForms::name());
        AllOfBuilder::new().item(forms).item(own).description(Some(DESCRIPTION)).into()
    }
}

impl ToSchema for AccountResponse<'_> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Account")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((AddressForms::name().into_owned(), AddressForms::schema()));
        AccountInfo::schemas(schemas);
        <ShownViews<'_>>::schemas(schemas);
    }
}
