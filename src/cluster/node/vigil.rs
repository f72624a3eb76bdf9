//! Vigils: nodes about which nothing is done for now, what is waited for, and how long.

use serde::{Deserialize, Serialize};

use super::Node;
use crate::cluster::control::patience_for;
use crate::cluster::member::{MemberId, Moment};
use crate::cluster::state::Awaited;
use crate::model::NodeName;

/// A node that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vigil {
    /// Which.
    pub node: NodeName,
    /// What is waited for.
    pub what: Awaited,
    /// Until when at the latest, by the clock of the host that says so; then others take over. `None` while a
    /// pause or maintenance holds that up, or a daemon that speaks another version.
    pub until: Option<Moment>,
}

/// A vigil that this daemon has seen begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    what: Awaited,
    /// Whose it is: each controller counts anew.
    dc: Option<MemberId>,
    since: Moment,
}

impl Node {
    /// The nodes that are waited for.
    pub fn vigils(&self) -> Vec<Vigil> {
        let until = |node: &NodeName, what| {
            let begun = self.vigils.get(node).filter(|begun| begun.what == what)?;
            Some(begun.since.after(patience_for(&self.state, &self.settings, what)))
        };
        let awaited = self.state.live.awaited.iter();
        awaited
            .map(|(node, what)| Vigil { node: node.clone(), what: *what, until: until(node, *what) })
            .collect()
    }

    /// Notes which vigils have begun.
    pub(super) fn note_vigils(&mut self, now: Moment) {
        let dc = self.state.dc().map(|dc| dc.id);
        let is_held_up = |node: &NodeName, what: Awaited| {
            self.sight.hears_strangers() || self.state.lets_go_later(node, what, now)
        };
        let timed: Vec<(NodeName, Awaited)> = self
            .state
            .live
            .awaited
            .iter()
            .filter(|(node, what)| !is_held_up(node, **what))
            .map(|(node, what)| (node.clone(), *what))
            .collect();
        self.vigils.retain(|node, begun| {
            begun.dc == dc && timed.iter().any(|(known, what)| known == node && *what == begun.what)
        });
        for (node, what) in timed {
            self.vigils.entry(node).or_insert(Begun { what, dc, since: now });
        }
    }
}
