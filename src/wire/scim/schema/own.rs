//! The extension of our own: what the directory knows of a user and the standard has no name for. The attributes
//! have the names of the canonical fields. Only those are read-write that take any text and give it back.

use super::{Attribute, Schema, urn};

/// Our own extension.
pub static OWN: Schema = Schema {
    id: urn::OWN,
    name: "UserbatchUser",
    description: "What else the directory knows of a user",
    attributes: &[
        Attribute::text("userPrincipalName", "Microsoft 365 sign-in name."),
        Attribute::text("preferredUsername", "Preferred login name, as in OpenID Connect."),
        Attribute::text("office", "Office."),
        Attribute::text("workStatus", "Whether the user currently works there.")
            .suggesting(&["active", "closed"]),
        Attribute::text("mainDepartmentId", "Id of the main department.").exact(),
        Attribute::text("phoneCountryCode", "Country code of the phone number."),
        Attribute::text("gender", "Gender.").suggesting(&["male", "female", "unknown"]),
        Attribute::text("birthdate", "Date of birth, `YYYY-MM-DD`."),
        Attribute::text("website", "Home page.").exact(),
        Attribute::text("region", "Region, beside the province or state."),
        Attribute::text("address", "Address within the city."),
        Attribute::text("status", "Status of the account, of which `active` tells a part.").read_only(),
        Attribute::list("issuedIds", ISSUED_IDS, "Ids that other systems issued for the user.").read_only(),
        Attribute::text("departmentIds", "Ids of the user's departments.").exact().many().read_only(),
        Attribute::text("postIds", "Ids of the user's posts.").exact().many().read_only(),
        Attribute::text("organisationIds", "Ids of the user's organisational tenants.")
            .exact()
            .many()
            .read_only(),
        Attribute::text("flags", "Warnings for administrators.").many().read_only(),
        Attribute::time("statusChangedAt", "When the status last changed.").read_only(),
        Attribute::time("createdAt", "When the account was created at its source.").read_only(),
        Attribute::time("updatedAt", "When the account was last changed at its source.").read_only(),
        Attribute::time("startsAt", "When sign-in becomes possible.").read_only(),
        Attribute::time("endsAt", "When sign-in ceases to be possible.").read_only(),
        Attribute::boolean("emailVerified", "Whether the e-mail address was verified.").read_only(),
        Attribute::boolean("phoneVerified", "Whether the phone number was verified.").read_only(),
        Attribute::complex("logins", LOGINS, "The user's logins and password.").read_only(),
        Attribute::complex("community", COMMUNITY, "Public community profile.").read_only(),
        Attribute::list("identities", IDENTITIES, "Identities at external identity sources.").read_only(),
        Attribute::list("chainAccounts", CHAIN_ACCOUNTS, "Accounts on blockchains.").read_only(),
        Attribute::list("customData", CUSTOM_DATA, "The company's custom fields.").read_only(),
    ],
};

const ISSUED_IDS: &[Attribute] = &[
    Attribute::text("issuer", "Who issued the id.").exact().read_only(),
    Attribute::text("value", "The id.").exact().read_only(),
];

const LOGINS: &[Attribute] = &[
    Attribute::integer("count", "Number of logins.").read_only(),
    Attribute::time("lastAt", "When the user last logged in.").read_only(),
    Attribute::text("lastIp", "IP address of the last login.").read_only(),
    Attribute::text("lastApp", "Application of the last login.").read_only(),
    Attribute::time("lastMfaAt", "When a second factor was last used.").read_only(),
    Attribute::text("browser", "User agent of the last login.").read_only(),
    Attribute::text("device", "Device of the last login.").read_only(),
    Attribute::time("passwordSetAt", "When the password was last set.").read_only(),
    Attribute::integer("passwordSecurityLevel", "Strength of the password, on the vendor's scale.")
        .read_only(),
    Attribute::boolean("resetPasswordOnNextLogin", "Whether the password must be changed at the next login.")
        .read_only(),
];

const COMMUNITY: &[Attribute] = &[
    Attribute::text("discord", "Discord name.").read_only(),
    Attribute::text("twitter", "Twitter name.").read_only(),
    Attribute::text("github", "GitHub name.").read_only(),
    Attribute::text("telegram", "Telegram name.").read_only(),
    Attribute::text("readme", "Text about the user.").read_only(),
    Attribute::text("avatar", "URL of a picture.").exact().read_only(),
    Attribute::text("resolvedName", "Name in the chain's name service.").read_only(),
    Attribute::integer("seenActivity", "Time up to which activity was seen, in ms since the epoch.")
        .read_only(),
    Attribute::integer("joinedAt", "When the profile was created, in ms since the epoch.").read_only(),
];

const IDENTITIES: &[Attribute] = &[
    Attribute::text("id", "Id of the identity.").exact().read_only(),
    Attribute::text("connectionId", "Id of the connection to the identity source.").exact().read_only(),
    Attribute::text("provider", "Kind of identity source.").exact().read_only(),
    Attribute::text("type", "Kind of id.").exact().read_only(),
    Attribute::text("idThere", "The user's id at the identity source.").exact().read_only(),
    Attribute::text("info", "What the identity source tells of the user: a JSON object.").exact().read_only(),
    Attribute::text("originConnectionIds", "Connections through which it was obtained.")
        .exact()
        .many()
        .read_only(),
];

const CHAIN_ACCOUNTS: &[Attribute] = &[
    Attribute::text("address", "The address.").exact().read_only(),
    Attribute::text("publicKey", "Public key, base64.").exact().read_only(),
    Attribute::text("publicKeyType", "Type of the public key.").exact().read_only(),
    Attribute::text("accountNumber", "Account number on chain.").read_only(),
    Attribute::text("sequence", "Number of transactions the account has signed.").read_only(),
    Attribute::text("balanceAmount", "Balance in the native coin, in decimal digits.").read_only(),
    Attribute::text("balanceDenom", "Denomination of that balance.").exact().read_only(),
    Attribute::text("otherBalances", "Balances in other coins: a JSON array.").exact().read_only(),
    Attribute::boolean("airdropped", "Whether the account received the first airdrop.").read_only(),
];

const CUSTOM_DATA: &[Attribute] = &[
    Attribute::text("name", "Name of the field.").exact().read_only(),
    Attribute::text("value", "Its value as JSON.").exact().read_only(),
];
