//! A user as this face writes it.

use time::OffsetDateTime;

use super::dto::{ElementsUser, age_changes_at};
use crate::core::face::Face;
use crate::core::rendering::{Fragment, Rendering, RenderingKey};
use crate::core::user::User;

/// Writes users with all their members; the one that depends on the day is the age of the password.
#[derive(Debug, Clone, Copy)]
pub(super) struct UserRendering;

impl Rendering for UserRendering {
    fn key(&self) -> RenderingKey {
        RenderingKey { face: Face::AvePoint, options: 0, address: None }
    }

    fn render(&self, user: &User, now: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        let json = serde_json::to_vec(&ElementsUser::new(user, now))?.into_boxed_slice();
        let valid_until = user.logins.password_set_at.and_then(|set_at| age_changes_at(set_at, now));
        Ok(Fragment { json, splice: 0, account: None, valid_until })
    }
}
