//! The custom data's members as members of the user.

use serde::ser::{Serialize, Serializer};

use crate::core::user::JsonObject;

/// Custom fields beside the profile's own members, never over them.
#[derive(Debug)]
pub(super) struct CustomFields<'a>(pub(super) Option<&'a JsonObject>);

impl Serialize for CustomFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.into_iter().flatten();
        serializer.collect_map(fields.filter(|(name, _)| !MEMBERS.contains(&name.as_str())))
    }
}

/// Every member of the type, set or not: a typed client would trip over another's value under its name.
pub(super) const MEMBERS: [&str; 58] = [
    "userId",
    "createdAt",
    "updatedAt",
    "status",
    "workStatus",
    "externalId",
    "email",
    "phone",
    "phoneCountryCode",
    "username",
    "name",
    "nickname",
    "photo",
    "loginsCount",
    "lastLogin",
    "lastIp",
    "gender",
    "emailVerified",
    "phoneVerified",
    "passwordLastSetAt",
    "birthdate",
    "country",
    "province",
    "city",
    "address",
    "streetAddress",
    "postalCode",
    "company",
    "browser",
    "device",
    "givenName",
    "familyName",
    "middleName",
    "profile",
    "preferredUsername",
    "website",
    "zoneinfo",
    "locale",
    "formatted",
    "region",
    "userSourceType",
    "userSourceId",
    "lastLoginApp",
    "mainDepartmentId",
    "lastMfaTime",
    "passwordSecurityLevel",
    "resetPasswordOnNextLogin",
    "registerSource",
    "departmentIds",
    "tenantIds",
    "identities",
    "identityNumber",
    "customData",
    "postIdList",
    "metadataSource",
    "statusChangedAt",
    "signedUp",
    "tenantId",
];
