//! The order in which the operations of a bulk request can be carried out.

use std::collections::{BTreeSet, HashMap};

use super::references::REFERENCE;
use super::{BulkItem, BulkRequest};
use crate::wire::read::FieldError;
use crate::wire::scim::error::ScimError;

impl BulkRequest {
    /// The places of the operations in an order in which each comes after those whose ids it needs, and otherwise
    /// as in the request. Those that need each other's, or one that there is not, get an error in place of their
    /// operation.
    #[must_use]
    pub fn order(&mut self) -> Vec<usize> {
        let names = self.operations.iter().enumerate();
        let places: HashMap<&str, usize> =
            names.filter_map(|(index, item)| Some((item.bulk_id.as_deref()?, index))).collect();
        let needs: Vec<_> = self.operations.iter().map(|item| item.needs(&places)).collect();
        let mut waiting: BTreeSet<usize> = (0..needs.len()).collect();
        let mut order = Vec::with_capacity(needs.len());
        while let Some(next) = first_ready(&waiting, &needs) {
            waiting.remove(&next);
            order.push(next);
        }
        for (index, (item, needs)) in self.operations.iter_mut().zip(&needs).enumerate() {
            let place = format!("Operations[{index}]");
            if needs.contains(&None) {
                let error = FieldError::new(place, "refers to no operation of this request");
                item.operation = Err(ScimError::InvalidValue(error));
            } else if waiting.contains(&index) {
                let error = FieldError::new(place, "needs operations that need each other");
                item.operation = Err(ScimError::CircularReference(error));
            }
        }
        order.extend(waiting);
        order
    }
}

/// The first operation that waits for none of those it needs.
fn first_ready(waiting: &BTreeSet<usize>, needs: &[Vec<Option<usize>>]) -> Option<usize> {
    let is_met = |need: &Option<usize>| need.is_none_or(|index| !waiting.contains(&index));
    let is_ready = |index: &usize| needs.get(*index).is_some_and(|needs| needs.iter().all(is_met));
    waiting.iter().copied().find(is_ready)
}

impl BulkItem {
    /// The places of the operations whose ids it needs; `None` for one that there is not.
    fn needs(&self, places: &HashMap<&str, usize>) -> Vec<Option<usize>> {
        let Ok(operation) = &self.operation else { return Vec::new() };
        let mut needs = Vec::new();
        let mut operation = operation.clone();
        operation.visit_ids(&mut |id| {
            if let Some(bulk_id) = id.strip_prefix(REFERENCE) {
                needs.push(places.get(bulk_id).copied());
            }
        });
        needs
    }
}
