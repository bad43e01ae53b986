//! JSON for snapshots: with numbers that every serialiser knows. Parsed ones keep the text they were read from, which
//! only `serde_json` writes as a number.

use serde::{Serialize, Serializer};
use serde_json::Value;

pub struct Plain<'a>(pub &'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => match number.as_i64() {
                Some(number) => serializer.serialize_i64(number),
                None => serializer.serialize_f64(number.as_f64().unwrap()),
            },
            Value::Array(values) => serializer.collect_seq(values.iter().map(Plain)),
            Value::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, Plain(value))))
            }
            other => other.serialize(serializer),
        }
    }
}
