//! PATCH (RFC 7644, section 3.5.2), in the dialects of Microsoft Entra and Okta: what a client sends, and what it
//! makes of a resource.

mod apply;
mod list;
mod read;
mod target;
#[cfg(test)]
pub(super) mod tests;

use serde_json::Value;

use self::target::Target;
use super::members::{MembersNeeded, is_members};

/// URN of the body of a PATCH.
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Maximum number of operations, counting each member of a value without a path.
pub const MAX_OPERATIONS: usize = 1_000;

/// Operations on one resource. None of them holds a password.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
}

#[derive(Debug, Clone, PartialEq)]
struct Operation {
    /// Its place in the request, for errors.
    index: usize,
    kind: Kind,
    target: Target,
    /// Null if there is none.
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Add,
    Replace,
    Remove,
}

impl Patch {
    /// Visits the ids of resources in what it sets, and in what it looks for.
    pub(super) fn visit_ids(&mut self, visit: &mut dyn FnMut(&mut String)) {
        for Operation { target, value, .. } in &mut self.operations {
            match target {
                Target::Attribute(path) => path.sub.unwrap_or(path.attribute).visit_ids(value, visit),
                Target::Elements { list, filter, sub } => {
                    filter.visit_ids(visit);
                    sub.unwrap_or(list.attribute).visit_ids(value, visit);
                }
                Target::Extension(extension) => extension.visit_ids(value, visit),
            }
        }
    }

    /// For each of its operations, which members of a group decide what that does.
    pub(super) fn of_members(&self) -> impl Iterator<Item = MembersNeeded> {
        self.operations.iter().map(Operation::members_needed)
    }
}

impl Operation {
    fn members_needed(&self) -> MembersNeeded {
        let named = || MembersNeeded::named_in(&self.value);
        match &self.target {
            Target::Attribute(path) if !is_members(path.attribute) => MembersNeeded::default(),
            Target::Attribute(path) if path.sub.is_some() => MembersNeeded::All,
            Target::Attribute(_) => match self.kind {
                Kind::Replace => MembersNeeded::All,
                Kind::Remove if self.value.is_null() => MembersNeeded::All,
                Kind::Add | Kind::Remove => named(),
            },
            Target::Elements { list, filter, .. } if is_members(list.attribute) => {
                filter.elements_needed().and(named())
            }
            Target::Elements { .. } | Target::Extension(_) => MembersNeeded::default(),
        }
    }
}
