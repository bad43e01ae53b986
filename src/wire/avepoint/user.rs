//! A user (seed, "Response").

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::age::PasswordAge;
use super::date::ElementsDate;
use super::flags::Flags;
use crate::wire::read::{filled, or_default};

/// A user of the tenant. Unknown text is null.
// All 18 members are always written; on input only the id is required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ElementsUser<'a> {
    /// The ID of the user.
    pub id: Cow<'a, str>,
    /// The user principal name.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub user_principal_name: Option<Cow<'a, str>>,
    /// The full name of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub display_name: Option<Cow<'a, str>>,
    /// The first name of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub first_name: Option<Cow<'a, str>>,
    /// The last name of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub last_name: Option<Cow<'a, str>>,
    /// The department of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub department: Option<Cow<'a, str>>,
    /// The mobile of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub mobile: Option<Cow<'a, str>>,
    /// The job title of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub job_title: Option<Cow<'a, str>>,
    /// The email of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub mail: Option<Cow<'a, str>>,
    /// The office location of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub location: Option<Cow<'a, str>>,
    /// The employee ID of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub employee_id: Option<Cow<'a, str>>,
    /// Warnings for administrators: 0 MFA disabled, 1 sign-in blocked, 2 password expired, 3 high risk,
    /// 4 medium risk, 5 compliance, 6 inactive, 7 pending deletion, 8 test user.
    #[serde(default)]
    #[schema(required = true)]
    pub status: Flags,
    /// Whether the account is a test user for development purposes.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required = true)]
    pub is_test_user: bool,
    /// The age of the password in whole days; 0 if unknown.
    #[serde(default)]
    #[schema(value_type = i64, required = true, minimum = 0, example = 12)]
    pub age: PasswordAge,
    /// When sign-in becomes possible; 1970-01-01T00:00:00Z if not set.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = DateTime, example = "1970-01-01T00:00:00Z")]
    pub start_date: ElementsDate,
    /// When sign-in ceases to be possible; 1970-01-01T00:00:00Z if not set.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = DateTime, example = "1970-01-01T00:00:00Z")]
    pub end_date: ElementsDate,
    /// The company of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub company: Option<Cow<'a, str>>,
    /// The country or region of the user.
    #[serde(default, deserialize_with = "filled")]
    #[schema(required = true)]
    pub country_or_region: Option<Cow<'a, str>>,
}
