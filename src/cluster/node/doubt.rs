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
    /// nodes are. What ends by itself ends by the controller's clock, so that is when it is asked to.
    pub(super) fn credible(&self, mut change: Box<Change>) -> Box<Change> {
        let ahead = self.controller_ahead();
        match &mut *change {
            Change::Override(over) => {
                over.since = later(over.since, ahead);
                over.until = over.until.map(|until| later(until, ahead));
            }
            Change::Pause(pause) => pause.until = pause.until.map(|until| later(until, ahead)),
            Change::Propose(_)
            | Change::Restore(_)
            | Change::Resume
            | Change::Cleanup { .. }
            | Change::Refresh { .. }
            | Change::Attribute { .. }
            | Change::Ticket { .. }
            | Change::Forsake(_)
            | Change::ConfirmDown(_) => {}
        }
        if let Change::ConfirmDown(node) = &*change
            && self.sight.sees(node)
        {
            return Box::new(Change::Forsake(node.clone()));
        }
        change
    }

    /// By how many milliseconds the controller's clock is ahead of this host's, as its orders show. What is
    /// less than a second counts as nothing: they take a while to come.
    fn controller_ahead(&self) -> i64 {
        const NOTHING: i64 = 1000;
        let dc = self.state.dc().map(|dc| dc.id).filter(|dc| *dc != self.me);
        let ahead = dc.and_then(|dc| self.sight.clock_of(dc)).unwrap_or_default();
        if ahead.abs() < NOTHING { 0 } else { ahead }
    }
}

fn later(moment: Moment, millis: i64) -> Moment {
    Moment(moment.0.saturating_add(millis))
}
