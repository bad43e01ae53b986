//! Rendering of users.

use time::OffsetDateTime;

use crate::core::face::Face;
use crate::core::rendering::{Fragment, Rendering, RenderingKey, to_json};
use crate::core::user::BorrowedUser;
use crate::wire::genauth::{UserDto, UserOptions};

/// Renders users with the members requested by the options.
#[derive(Debug, Clone, Copy)]
pub struct UserRendering(pub UserOptions);

impl Rendering for UserRendering {
    fn key(&self) -> RenderingKey {
        RenderingKey { face: Face::GenAuth, options: self.0.number(), address: None }
    }

    fn render(&self, user: &BorrowedUser<'_>, _now: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        let json = to_json(&UserDto::new(user, self.0))?;
        Ok(Fragment { json, splice: 0, account: None, valid_until: None })
    }
}
