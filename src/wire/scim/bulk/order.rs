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
        let mut order = possible(&needs);
        let carried_out: BTreeSet<usize> = order.iter().copied().collect();
        let waiting: BTreeSet<usize> =
            (0..needs.len()).filter(|index| !carried_out.contains(index)).collect();
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

/// The operations that can be carried out, each after those it needs, and otherwise the first ones first.
fn possible(needs: &[BTreeSet<Option<usize>>]) -> Vec<usize> {
    let mut unmet: Vec<usize> = needs.iter().map(|needs| needs.iter().flatten().count()).collect();
    let mut needed_by: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, needs) in needs.iter().enumerate() {
        needs.iter().flatten().for_each(|need| needed_by.entry(*need).or_default().push(index));
    }
    let mut ready: BTreeSet<usize> = (0..needs.len()).filter(|index| unmet.get(*index) == Some(&0)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for later in needed_by.remove(&next).unwrap_or_default() {
            if let Some(unmet) = unmet.get_mut(later) {
                *unmet -= 1;
                if *unmet == 0 {
                    ready.insert(later);
                }
            }
        }
    }
    order
}

impl BulkItem {
    /// The places of the operations whose ids it needs; `None` for one that there is not.
    fn needs(&self, places: &HashMap<&str, usize>) -> BTreeSet<Option<usize>> {
        let Ok(operation) = &self.operation else { return BTreeSet::new() };
        let mut needs = BTreeSet::new();
        let mut operation = operation.clone();
        operation.visit_ids(&mut |id| {
            if let Some(bulk_id) = id.strip_prefix(REFERENCE) {
                needs.insert(places.get(bulk_id).copied());
            }
        });
        needs
    }
}
