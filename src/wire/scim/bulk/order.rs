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
        let places: HashMap<&str, usize> = self
            .operations
            .iter()
            .enumerate()
            .filter_map(|(index, item)| Some((item.bulk_id.as_deref()?, index)))
            .collect();
        let needs: Vec<Vec<Option<usize>>> = self.operations.iter().map(|item| item.needs(&places)).collect();
        let mut order = Vec::with_capacity(needs.len());
        let mut waiting: BTreeSet<usize> = (0..needs.len()).collect();
        let is_met = |need: &Option<usize>, waiting: &BTreeSet<usize>| {
            need.is_none_or(|index| !waiting.contains(&index))
        };
        while let Some(next) = waiting.iter().copied().find(|index| {
            needs.get(*index).is_some_and(|needs| needs.iter().all(|need| is_met(need, &waiting)))
        }) {
            waiting.remove(&next);
            order.push(next);
        }
        for (index, needs) in needs.iter().enumerate() {
            let Some(item) = self.operations.get_mut(index) else { continue };
            let place = format!("Operations[{index}]");
            if needs.contains(&None) {
                item.operation = Err(ScimError::InvalidValue(FieldError::new(
                    place,
                    "refers to no operation of this request",
                )));
            } else if waiting.contains(&index) {
                let error = FieldError::new(place, "needs an operation that needs it");
                item.operation = Err(ScimError::CircularReference(error));
            }
        }
        order.extend(waiting);
        order
    }
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
