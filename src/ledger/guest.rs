//! Guest nodes: they end with what holds them.

use std::sync::Arc;

use super::roster::Roster;
use super::{Ledger, Performed};
use crate::model::NodeName;
use crate::scheduler::Task;

impl Ledger {
    /// Writes down what came of an action, and that guest nodes ended with it.
    pub fn record_with_guests(&mut self, done: &Performed<'_>, roster: &Roster) {
        let ended = self.guests_that_end(done, roster);
        self.record(done);
        for guest in &ended {
            self.node_ended(guest);
        }
    }

    /// The guest nodes that end with an action: with their host when it is fenced, or with their connection.
    fn guests_that_end(&self, done: &Performed<'_>, roster: &Roster) -> Vec<NodeName> {
        let action = done.action;
        let mut ended = match (&action.node, &action.resource) {
            (Some(host), _) if action.task.takes_node_down() => self.connections_on(host),
            (_, Some(resource)) if action.task == Task::Stop => vec![NodeName::new(Arc::clone(resource))],
            (Some(_) | None, _) => Vec::new(),
        };
        ended.retain(|node| done.result.is_expected(action) && roster.is_guest(node.as_str()));
        ended
    }
}
