//! Cells: text that stands for a field's value.

use serde_json::Value;
use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

use crate::core::user::FieldKind;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The field's value.
    Plain,
    /// Whether the account is enabled.
    Enabled,
    /// Status of an account at Okta, as its API or its console has it.
    OktaStatus,
    /// A time in UTC as Microsoft writes it, `8/19/2021 1:25:31 PM`, or as others do.
    MicrosoftTime,
}

/// The value that `text`, which is not blank, stands for. Whether a text is one of a closed set is checked later.
///
/// # Errors
/// What it must be instead.
pub(super) fn read(text: &str, kind: FieldKind, reading: Reading) -> Result<Value, &'static str> {
    match (reading, kind) {
        (Reading::Enabled, _) => truth(text).map(|is_enabled| enabled(is_enabled).into()),
        (Reading::OktaStatus, _) => okta_status(text).map(Value::from),
        (Reading::MicrosoftTime, _) => microsoft_time(text).map_or_else(|| time(text), Ok).map(written),
        (Reading::Plain, FieldKind::Text) => Ok(text.into()),
        (Reading::Plain, FieldKind::Texts) => Ok(texts(text)),
        (Reading::Plain, FieldKind::Bool) => truth(text).map(Value::from),
        (Reading::Plain, FieldKind::Integer) => {
            text.parse::<i64>().map(Value::from).map_err(|_| "must be a whole number")
        }
        (Reading::Plain, FieldKind::Time) => time(text).map(written),
    }
}

/// The parts of a list, which semicolons separate.
fn texts(text: &str) -> Value {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
}

fn truth(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("must be true or false, yes or no, 1 or 0"),
    }
}

const fn enabled(is_enabled: bool) -> &'static str {
    if is_enabled { "activated" } else { "deactivated" }
}

/// A user who must set or reset a password, or wait for the end of a lock, still has an account in normal use.
fn okta_status(text: &str) -> Result<&'static str, &'static str> {
    match text.to_ascii_uppercase().replace([' ', '-'], "_").as_str() {
        "ACTIVE"
        | "PROVISIONED"
        | "PENDING_USER_ACTION"
        | "RECOVERY"
        | "PASSWORD_RESET"
        | "PASSWORD_EXPIRED"
        | "LOCKED_OUT" => Ok("activated"),
        "SUSPENDED" => Ok("suspended"),
        "STAGED" | "DEPROVISIONED" | "DEACTIVATED" => Ok("deactivated"),
        _ => Err("must be a status that users have at Okta, such as ACTIVE, SUSPENDED or DEPROVISIONED"),
    }
}

const DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");
const DATE_TIME: StaticFormatDescription =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]");
const MICROSOFT: StaticFormatDescription = format_description!(
    "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period]"
);

/// A time as in RFC 3339; without a zone, or without a time of day, in UTC.
fn time(text: &str) -> Result<OffsetDateTime, &'static str> {
    let spaced = text.replacen(['T', 't'], " ", 1);
    let in_zone = OffsetDateTime::parse(text, &Rfc3339).ok();
    let in_utc = || PrimitiveDateTime::parse(&spaced, DATE_TIME).ok().map(PrimitiveDateTime::assume_utc);
    let day = || Date::parse(text, DATE).ok().map(|date| date.midnight().assume_utc());
    in_zone.or_else(in_utc).or_else(day).ok_or("must be a date and time such as 2026-03-01T09:30:00Z")
}

fn microsoft_time(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, MICROSOFT).ok().map(PrimitiveDateTime::assume_utc)
}

fn written(time: OffsetDateTime) -> Value {
    time.format(&Rfc3339).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_as_exports_write_them() {
        let plain = |text| read(text, FieldKind::Time, Reading::Plain);
        let microsoft = |text| read(text, FieldKind::Time, Reading::MicrosoftTime);
        assert_eq!(plain("2026-03-01T09:30:00+02:00"), Ok(json!("2026-03-01T09:30:00+02:00")));
        for text in
            ["2026-03-01T09:30:00Z", "2026-03-01 09:30:00", "2026-03-01T09:30:00", "2026-03-01 09:30:00.000"]
        {
            assert_eq!(plain(text), Ok(json!("2026-03-01T09:30:00Z")), "{text}");
        }
        assert_eq!(plain("2026-03-01"), Ok(json!("2026-03-01T00:00:00Z")));
        assert_eq!(microsoft("8/19/2021 1:25:31 PM"), Ok(json!("2021-08-19T13:25:31Z")));
        assert_eq!(microsoft("12/01/2021 12:05:01 AM"), Ok(json!("2021-12-01T00:05:01Z")));
        assert_eq!(microsoft("2021-08-19T13:25:31Z"), Ok(json!("2021-08-19T13:25:31Z")));
        // Of day and month it cannot be said which is which.
        for text in ["8/19/2021 1:25:31 PM", "01/02/2026", "2026-13-01", "yesterday"] {
            assert_eq!(plain(text), Err("must be a date and time such as 2026-03-01T09:30:00Z"), "{text}");
        }
    }

    #[test]
    fn other_cells_are_read_by_the_kind_of_their_fields() {
        let plain = |text, kind| read(text, kind, Reading::Plain);
        assert_eq!(plain("0042", FieldKind::Text), Ok(json!("0042")));
        assert_eq!(plain("a; b;;c ", FieldKind::Texts), Ok(json!(["a", "b", "c"])));
        assert_eq!(plain("Yes", FieldKind::Bool), Ok(json!(true)));
        assert_eq!(plain("0", FieldKind::Bool), Ok(json!(false)));
        assert!(plain("maybe", FieldKind::Bool).is_err());
        assert_eq!(plain("-7", FieldKind::Integer), Ok(json!(-7)));
        assert!(plain("7.5", FieldKind::Integer).is_err());
        assert_eq!(read("True", FieldKind::Text, Reading::Enabled), Ok(json!("activated")));
        assert_eq!(read("False", FieldKind::Text, Reading::Enabled), Ok(json!("deactivated")));
        for (text, status) in
            [("ACTIVE", "activated"), ("Locked out", "activated"), ("STAGED", "deactivated")]
        {
            assert_eq!(read(text, FieldKind::Text, Reading::OktaStatus), Ok(json!(status)));
        }
        assert!(read("GONE", FieldKind::Text, Reading::OktaStatus).is_err());
    }
}
