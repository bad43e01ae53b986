//! Values of fields.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Number, Value};
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::core::user::JsonObject;

pub(super) fn text() -> impl Strategy<Value = String> {
    "\\PC{1,12}".prop_filter("not blank", |text| !text.trim().is_empty())
}

pub(super) fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..3)
}

/// Half of all texts are absent, so that both small and full users occur.
pub(super) fn maybe_text() -> impl Strategy<Value = Option<String>> {
    option::of(text())
}

/// Any time that RFC 3339 can represent, in any zone.
pub(super) fn maybe_time() -> impl Strategy<Value = Option<OffsetDateTime>> {
    let seconds = -62_000_000_000_i64..253_000_000_000;
    option::of((seconds, 0..1_000_000_000_i64, -840..=840_i32).prop_filter_map(
        "a time",
        |(seconds, nanoseconds, minutes)| {
            let offset = UtcOffset::from_whole_seconds(minutes * 60).ok()?;
            let at = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
            Some((at + Duration::nanoseconds(nanoseconds)).to_offset(offset))
        },
    ))
}

/// A JSON object of any depth, in any order.
pub(crate) fn object() -> impl Strategy<Value = JsonObject> {
    members(value())
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![vec(inner.clone(), 0..3).prop_map(Value::from), members(inner).prop_map(Value::from)]
    })
}

/// Integers of any size, and fractions with an exact decimal representation.
fn number() -> impl Strategy<Value = Number> {
    let fraction = any::<i32>().prop_filter_map("finite", |n| Number::from_f64(f64::from(n) / 8.0));
    prop_oneof![any::<i64>().prop_map(Number::from), any::<u64>().prop_map(Number::from), fraction]
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = JsonObject> {
    vec((text(), value), 0..4).prop_map(JsonObject::from_iter)
}
