//! What this daemon sees of the membership layer, and when it may be believed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cluster::border::{Output, Timer};
use crate::cluster::member::{Departure, Member, Parting, Quorum};
use crate::model::NodeName;

/// What this daemon sees.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct Sight {
    quorum: Quorum,
    /// Whether quorum is believed in. A loss is, at once. A gain is not as long as the layer sees nodes
    /// whose daemons are not in the group yet: where partitions merge, their nodes are seen first, and
    /// the smaller one must not take the quorum of the merged one for its own.
    believed: bool,
    /// Nodes that went and were not seen since.
    gone: BTreeSet<NodeName>,
}

impl Sight {
    /// How long a gain of quorum waits for daemons of nodes that are seen.
    const GAIN: Duration = Duration::from_millis(500);

    pub(super) const fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Whether this partition may act for the cluster.
    pub(in crate::cluster) const fn has_quorum(&self) -> bool {
        self.believed
    }

    /// Whether quorum was gained but is not believed in yet.
    pub(in crate::cluster) const fn is_in_doubt(&self) -> bool {
        self.quorum.quorate && !self.believed
    }

    /// Whether the membership layer sees a node.
    pub(in crate::cluster) fn sees(&self, node: &NodeName) -> bool {
        self.quorum.nodes.iter().any(|seen| seen.is(node.as_str()))
    }

    /// Whether quorum is told of the same nodes as the view shows.
    pub(in crate::cluster) fn is_coherent(&self, view: &[Member]) -> bool {
        view.iter().all(|member| self.sees(&member.name)) && !self.gone.iter().any(|node| self.sees(node))
    }

    pub(super) fn take_quorum(&mut self, quorum: Quorum, view: &[Member]) -> Option<Output> {
        self.quorum = quorum;
        self.judge(view)
    }

    pub(super) fn note_departure(&mut self, departure: &Departure) {
        if departure.why == Parting::NodeDown {
            self.gone.insert(departure.member.name.clone());
        }
    }

    pub(super) fn take_view(&mut self, view: &[Member]) -> Option<Output> {
        self.gone.retain(|node| !view.iter().any(|member| member.name == *node));
        self.judge(view)
    }

    /// The daemons of nodes that are seen had their time.
    pub(super) const fn believe(&mut self) {
        self.believed = self.quorum.quorate;
    }

    fn judge(&mut self, view: &[Member]) -> Option<Output> {
        if !self.quorum.quorate {
            self.believed = false;
            return Some(Output::ClearTimer(Timer::QuorumGain));
        }
        let is_in = |node: &NodeName| view.iter().any(|member| member.name.is(node.as_str()));
        if self.believed || self.quorum.nodes.iter().all(is_in) {
            self.believed = true;
            return None;
        }
        Some(Output::SetTimer { timer: Timer::QuorumGain, after: Self::GAIN })
    }
}
