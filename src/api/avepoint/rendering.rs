//! Rendering of users.

use time::OffsetDateTime;

use crate::core::face::Face;
use crate::core::rendering::{Fragment, Rendering, RenderingKey, to_json};
use crate::core::user::BorrowedUser;
use crate::wire::avepoint::ElementsUser;

/// Renders users with all members. Only the age of the password depends on the date.
#[derive(Debug, Clone, Copy)]
pub(super) struct UserRendering;

impl Rendering for UserRendering {
    fn key(&self) -> RenderingKey {
        RenderingKey { face: Face::AvePoint, options: 0, address: None }
    }

    fn render(&self, user: &BorrowedUser<'_>, now: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        let json = to_json(&ElementsUser::new(user, now))?;
        Ok(Fragment { json, splice: 0, account: None, valid_until: ElementsUser::valid_until(user, now) })
    }
}
