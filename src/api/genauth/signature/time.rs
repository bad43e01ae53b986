//! The time of a signature, in the three formats in use (contract, section 2, rule 6).

use axum::http::HeaderMap;
use axum::http::header::DATE;
use time::format_description::well_known::{Iso8601, Rfc2822};
use time::{Duration, OffsetDateTime};

use super::{Brand, canonical};
use crate::api::genauth::error::Refusal;

/// Maximum clock difference. Not documented by the vendor; AWS and Alibaba Cloud, whose schemes this one follows, use
/// the same.
pub(super) const WINDOW: Duration = Duration::minutes(15);
/// Maximum clock skew between gateways; nonces are kept that much longer.
const SKEW: Duration = Duration::minutes(1);

/// From when on the request is refused because of its time, on any gateway.
pub(super) fn valid_until(
    brand: Brand,
    headers: &HeaderMap,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, Refusal> {
    let date = headers.get(DATE).map(canonical::header_text);
    let date = date.or_else(|| brand.header(headers, "date"));
    let signed_at = parse(&date.ok_or(Refusal::DateMissing)?).ok_or(Refusal::Timestamp)?;
    if (now - signed_at).abs() > WINDOW {
        return Err(Refusal::Clock);
    }
    signed_at.checked_add(WINDOW + SKEW).ok_or(Refusal::Timestamp)
}

/// An HTTP date, ISO 8601, or milliseconds since the epoch.
fn parse(date: &str) -> Option<OffsetDateTime> {
    if let Ok(ms) = date.parse::<i64>() {
        let nanoseconds = i128::from(ms) * 1_000_000;
        return OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok();
    }
    OffsetDateTime::parse(date, &Rfc2822).or_else(|_| OffsetDateTime::parse(date, &Iso8601::PARSING)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00:47 UTC);

    fn checked(date: &str) -> Result<OffsetDateTime, Refusal> {
        let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
        valid_until(Brand::Authing, &headers, NOW)
    }

    #[test]
    fn three_formats_are_equivalent() {
        for date in [
            "Sat, 21 Nov 2026 02:00:47 GMT",
            "2026-11-21T02:00:47Z",
            "2026-11-21T02:00:47.000Z",
            "2026-11-21T10:00:47+08:00",
            "1795226447000",
        ] {
            assert_eq!(checked(date), Ok(NOW + WINDOW + SKEW), "{date}");
        }
    }

    #[test]
    fn brand_date_header_replaces_the_standard_one() {
        let headers =
            HeaderMap::from_iter([("x-authing-date".parse().unwrap(), "1795226447000".parse().unwrap())]);
        assert!(valid_until(Brand::Authing, &headers, NOW).is_ok());
        assert_eq!(valid_until(Brand::GenAuth, &headers, NOW), Err(Refusal::DateMissing));
    }

    #[test]
    fn window_is_fifteen_minutes_either_way() {
        let ms = |offset: i64| (NOW.unix_timestamp() * 1_000 + offset).to_string();
        assert!(checked(&ms(-900_000)).is_ok());
        assert!(checked(&ms(900_000)).is_ok());
        assert_eq!(checked(&ms(-900_001)), Err(Refusal::Clock));
        assert_eq!(checked(&ms(900_001)), Err(Refusal::Clock));
    }

    #[test]
    fn malformed_times_are_refused() {
        for date in ["", "yesterday", "2026-11-21", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(checked(date), Err(Refusal::Timestamp), "{date}");
        }
        assert_eq!(checked("0"), Err(Refusal::Clock));
    }
}
