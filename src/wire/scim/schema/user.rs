//! Users (RFC 7643, section 4.1), without `password`: one that is sent is dropped while it is read.

use super::{Attribute, Schema, urn};

/// The core schema of users.
pub static USER: Schema = Schema {
    id: urn::USER,
    name: "User",
    description: "A user of the directory",
    attributes: &[
        Attribute::text("userName", "Login name.").required().unique(),
        Attribute::complex("name", NAME, "Parts of the name."),
        Attribute::text("displayName", "Full name for display."),
        Attribute::text("nickName", "Nickname."),
        // The standard has a URL here, but clients and files also write names.
        Attribute::text("profileUrl", "Profile page or name.").exact(),
        Attribute::text("title", "Job title."),
        Attribute::text("userType", "Relation to the company, such as `Employee`."),
        Attribute::text("preferredLanguage", "Preferred languages, as in `Accept-Language`."),
        Attribute::text("locale", "Language and region for dates and numbers."),
        Attribute::text("timezone", "Time zone."),
        Attribute::boolean("active", "Whether the account is in use."),
        Attribute::list("emails", EMAILS, "E-mail addresses."),
        Attribute::list("phoneNumbers", PHONES, "Phone numbers."),
        Attribute::list("ims", IMS, "Addresses for instant messages."),
        Attribute::list("photos", PHOTOS, "Pictures."),
        Attribute::list("addresses", ADDRESSES, "Postal addresses."),
        Attribute::list("groups", GROUPS, "The groups the user belongs to.").read_only(),
        Attribute::list("entitlements", GRANTS, "Entitlements."),
        Attribute::list("roles", GRANTS, "Roles."),
        Attribute::list("x509Certificates", CERTIFICATES, "Certificates."),
    ],
};

const NAME: &[Attribute] = &[
    Attribute::text("formatted", "Full name with titles."),
    Attribute::text("familyName", "Family name."),
    Attribute::text("givenName", "Given name."),
    Attribute::text("middleName", "Middle name."),
    Attribute::text("honorificPrefix", "Title before the name."),
    Attribute::text("honorificSuffix", "Suffix after the name."),
];

const DISPLAY: Attribute = Attribute::text("display", "Label for people.");
const TYPE: Attribute = Attribute::text("type", "What it is used for.");
const PRIMARY: Attribute =
    Attribute::boolean("primary", "Whether it is the preferred one; true at most once.");

const EMAILS: &[Attribute] = &[
    Attribute::text("value", "E-mail address."),
    DISPLAY,
    TYPE.suggesting(&["work", "home", "other"]),
    PRIMARY,
];

const PHONES: &[Attribute] = &[
    Attribute::text("value", "Phone number."),
    DISPLAY,
    TYPE.suggesting(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[Attribute::text("value", "Address."), DISPLAY, TYPE, PRIMARY];

const PHOTOS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "URL of a picture."),
    DISPLAY,
    TYPE.suggesting(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESSES: &[Attribute] = &[
    Attribute::text("formatted", "The full address."),
    Attribute::text("streetAddress", "Street and number."),
    Attribute::text("locality", "City."),
    Attribute::text("region", "Province or state."),
    Attribute::text("postalCode", "Postal code."),
    Attribute::text("country", "Country, as a code or a name."),
    TYPE.suggesting(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[Attribute::text("value", "Id of the group.").exact().read_only()];

/// Microsoft Entra sends `displayName` for `display`.
const GRANTS: &[Attribute] = &[
    Attribute::text("value", "Value."),
    DISPLAY,
    Attribute::text("displayName", "Label for people, as Microsoft Entra sends it."),
    TYPE,
    PRIMARY,
];

const CERTIFICATES: &[Attribute] =
    &[Attribute::binary("value", "DER certificate, base64."), DISPLAY, TYPE, PRIMARY];
