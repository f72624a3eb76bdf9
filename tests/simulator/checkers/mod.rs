//! What must hold, judged by what can be seen from outside.

mod changes;
mod order;
mod quorum;
mod recovery;
pub(crate) mod rest;
mod tests;

use crate::setting::Setting;
use crate::world::copies::Copies;
use crate::world::trace::Stamped;

/// A claim that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Which claim; shrinking keeps it.
    pub(crate) claim: &'static str,
    /// When, in milliseconds since 1970.
    pub(crate) at: i64,
    /// What was seen.
    pub(crate) what: String,
}

/// All checkers of one run.
pub(crate) struct Checkers {
    copies: Copies,
    recovery: recovery::Recovery,
    quorum: quorum::QuorumRespected,
    order: order::OrderRespected,
    pub(crate) changes: changes::Changes,
}

impl Checkers {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            copies: Copies::default(),
            recovery: recovery::Recovery::new(setting),
            quorum: quorum::QuorumRespected::default(),
            order: order::OrderRespected::default(),
            changes: changes::Changes::new(setting.hosts()),
        }
    }

    /// Takes in what was seen next; the first claim that it breaks.
    pub(crate) fn take(&mut self, stamped: &Stamped) -> Option<Violation> {
        let found = [
            ("nothing is active twice", self.copies.take(stamped)),
            ("no recovery before fencing is confirmed", self.recovery.take(stamped)),
            ("nothing starts without quorum", self.quorum.take(stamped)),
            ("order is respected", self.order.take(stamped)),
            ("no accepted change is lost", self.changes.take(stamped)),
        ];
        let first = found.into_iter().find_map(|(claim, what)| what.map(|what| (claim, what)));
        first.map(|(claim, what)| Violation { claim, at: stamped.at, what })
    }
}
