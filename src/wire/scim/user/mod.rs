//! The canonical user as a SCIM resource, and back: what a changed resource changes in the canonical user.
//!
//! Each fact has one place. What the canonical user has a field for is taken from there; what it has not is in
//! [`Kept`], which is stored beside it, so that a client gets back what it sent. A change is the difference
//! between two resources, the one that was shown and the one that a client wants: what is equal in both is not
//! touched, and so what SCIM cannot say survives.

mod change;
mod fields;
mod kept;
mod own;
mod selected;
mod shown;
#[cfg(test)]
mod tests;

pub use change::UserChange;
pub use kept::Kept;
pub use shown::{Meta, to_resource};
