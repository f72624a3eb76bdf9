//! Clocks: whether this host's agrees with the controller's, by which overrides end and history is dated.

use std::sync::Arc;

use super::Node;
use crate::cluster::member::Moment;
use crate::cluster::message::Tiding;
use crate::cluster::request::Lifetime;
use crate::model::NodeName;
use crate::status::node::{CLOCK, ClockDifference};

impl Node {
    /// What is less is nothing, in milliseconds: orders take a while to come.
    const APART: i64 = 2000;

    /// Tells the others when this host's clock is not the controller's any more, or is again.
    pub(super) fn compare_clocks(&mut self, now: Moment) {
        let Some(dc) = self.state.dc().filter(|_| self.is_settled()) else { return };
        let said = self.state.live.ledger.attribute(&self.settings.name, CLOCK);
        let known =
            said.as_deref().and_then(ClockDifference::read).filter(|known| known.of.is(dc.name.as_str()));
        let difference = if dc.id == self.me {
            None
        } else {
            match self.sight.sure_clock_of(dc.id) {
                Some(ahead) => difference(&dc.name, ahead.saturating_neg(), known),
                // Nothing is known of this controller yet, or its orders are late.
                None => known,
            }
        };
        let value: Option<Arc<str>> = difference.map(|difference| difference.to_string().into());
        if value == said {
            self.clock_told = None;
        }
        if value == said || self.clock_told.as_ref() == Some(&value) {
            return;
        }
        self.clock_told = Some(value.clone());
        let (node, name) = (self.settings.name.clone(), CLOCK.into());
        self.tell(now, Tiding::Attribute { node, name, value, lifetime: Lifetime::UntilLeave }, None);
    }
}

/// What is to be said of a clock that is so many milliseconds ahead of the controller's: what was said
/// already, as long as that is about right.
fn difference(of: &NodeName, ahead: i64, known: Option<ClockDifference>) -> Option<ClockDifference> {
    if ahead.saturating_abs() < Node::APART {
        return None;
    }
    let is_right = |known: &ClockDifference| {
        known.ahead.saturating_mul(1000).saturating_sub(ahead).saturating_abs() < Node::APART
    };
    known.filter(is_right).or_else(|| Some(ClockDifference { of: of.clone(), ahead: ahead / 1000 }))
}
