//! Requests that are not passed on as they are asked.

use super::Node;
use crate::cluster::member::Moment;
use crate::cluster::request::{Change, Refusal};
use crate::ledger::unfenceable;
use crate::model::fencing::{TERMINATE, asks_for_fencing};

impl Node {
    /// What cannot be done is not asked for: it would be done one day, when nobody expects it any more.
    pub(super) fn objection(&self, now: Moment, change: &Change) -> Option<Refusal> {
        let Change::Attribute { node, name, value: Some(value), .. } = change else { return None };
        if &**name != TERMINATE || !asks_for_fencing(value) {
            return None;
        }
        let (durable, status) = (&self.state.durable, &self.state.live.ledger.status);
        unfenceable(&durable.cluster, status, node, now.seconds()).map(Refusal::Unfenceable)
    }

    /// A node that can be seen is not down, whatever somebody says: it is taken for lost, and fenced where
    /// nodes are.
    pub(super) fn credible(&self, change: Box<Change>) -> Box<Change> {
        if let Change::ConfirmDown(node) = &*change
            && self.sight.sees(node)
        {
            return Box::new(Change::Forsake(node.clone()));
        }
        change
    }
}
