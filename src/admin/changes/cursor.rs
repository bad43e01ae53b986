//! Cursors: opaque positions in a tenant's feed, held by clients.
//!
//! The body of a [cursor](crate::pager::cursor) is `version ‖ generation ‖ step ‖ ordinals`, its scope the tenant.

use crate::admin::AdminError;
use crate::pager;
use crate::store::{Change, FeedPosition, FeedStep, TenantId};

const VERSION: u8 = 1;
/// Maximum length of a cursor, in characters.
const MAX_LENGTH: usize = 64;
/// The steps that are not changes.
const LISTED: u8 = 0;
const DONE: u8 = 4;

/// The cursor of `tenant` for `position`.
pub(in crate::admin) fn cursor(tenant: TenantId, position: FeedPosition) -> String {
    let (step, ordinals) = match position.step {
        FeedStep::Listed { told, last } => (LISTED, vec![told, last]),
        FeedStep::Partly(change, ordinal) => (code(change), vec![ordinal]),
        FeedStep::Done => (DONE, Vec::new()),
    };
    let mut bytes = vec![VERSION];
    bytes.extend(position.generation.to_be_bytes());
    bytes.push(step);
    bytes.extend(ordinals.into_iter().flat_map(i64::to_be_bytes));
    pager::cursor::encode(bytes, &tenant.to_string())
}

/// The position of a cursor of `tenant`.
///
/// # Errors
/// [`AdminError::Cursor`] if it is none.
pub(in crate::admin) fn position(tenant: TenantId, cursor: &str) -> Result<FeedPosition, AdminError> {
    read(tenant, cursor).ok_or(AdminError::Cursor)
}

fn read(tenant: TenantId, cursor: &str) -> Option<FeedPosition> {
    let cursor = Some(cursor).filter(|cursor| cursor.len() <= MAX_LENGTH)?;
    let bytes = pager::cursor::decode(cursor, &tenant.to_string())?;
    let (_, rest) = bytes.split_first().filter(|(version, _)| **version == VERSION)?;
    let (generation, rest) = rest.split_first_chunk()?;
    let (step, ordinals) = rest.split_first()?;
    let (ordinals, rest) = ordinals.as_chunks();
    let step = match (*step, ordinals, rest) {
        (LISTED, [told, last], []) => {
            FeedStep::Listed { told: i64::from_be_bytes(*told), last: i64::from_be_bytes(*last) }
        }
        (DONE, [], []) => FeedStep::Done,
        (step, [ordinal], []) => {
            let change = Change::ALL.into_iter().find(|change| code(*change) == step)?;
            FeedStep::Partly(change, i64::from_be_bytes(*ordinal))
        }
        _ => return None,
    };
    Some(FeedPosition { generation: i64::from_be_bytes(*generation), step })
}

/// Its code in a cursor, which clients hold for longer than a release may last.
const fn code(change: Change) -> u8 {
    match change {
        Change::Removed => 1,
        Change::Added => 2,
        Change::Changed => 3,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tenant(number: u128) -> TenantId {
        TenantId::for_tests(number)
    }

    fn positions() -> impl Strategy<Value = FeedPosition> {
        let change = proptest::sample::select(Change::ALL.to_vec());
        let steps = prop_oneof![
            (any::<i64>(), any::<i64>()).prop_map(|(told, last)| FeedStep::Listed { told, last }),
            (change, any::<i64>()).prop_map(|(change, ordinal)| FeedStep::Partly(change, ordinal)),
            Just(FeedStep::Done),
        ];
        (any::<i64>(), steps).prop_map(|(generation, step)| FeedPosition { generation, step })
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_its_position(position in positions()) {
            let text = cursor(tenant(1), position);
            prop_assert!(text.len() <= MAX_LENGTH);
            prop_assert_eq!(read(tenant(1), &text), Some(position));
        }

        #[test]
        fn another_tenants_is_refused(position in positions()) {
            prop_assert_eq!(read(tenant(2), &cursor(tenant(1), position)), None);
        }

        #[test]
        fn one_changed_character_is_refused(position in positions(), index in any::<prop::sample::Index>()) {
            let text = cursor(tenant(1), position);
            let index = index.index(text.len());
            let mut altered = text.into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(read(tenant(1), &String::from_utf8(altered).unwrap()), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            prop_assert_eq!(read(tenant(1), &text), None);
        }
    }

    #[test]
    fn one_at_the_end_of_a_generation_is_short() {
        assert_eq!(cursor(tenant(1), FeedPosition::after(1)).len(), 24);
    }
}
