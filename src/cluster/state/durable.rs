//! What outlasts a power failure: the desired state, and what was asked for on top of it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cluster::Moment;
use crate::model::digest::digest;
use crate::model::node::NodeKind;
use crate::model::{Cluster, Generation, NodeName, Overlay, Resource};
use crate::scheduler::facts::Properties;

/// The desired state in force and what was asked for on top of it. Kept on every member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Durable {
    /// Which desired state is in force.
    pub generation: Generation,
    /// The last generation, up to this one, that a partition with quorum put in force.
    pub quorate_generation: Generation,
    /// The last of these that the daemons of most members had: hosts give their votes without their daemons as well,
    /// and what few of them wrote down is not found again where the others go on.
    #[serde(default)]
    pub held_generation: Generation,
    /// Rises with every change of anything here.
    pub revision: u64,
    /// The desired state itself.
    pub cluster: Arc<Cluster>,
    /// Where it came from.
    pub origin: String,
    /// The last generations that led to this one, this one included, oldest first, each with a digest that
    /// tells it from others of its number.
    #[serde(default)]
    pub lineage: Vec<(Generation, String)>,
    /// What was asked for on top of it.
    #[serde(flatten)]
    pub overlay: Overlay,
}

impl Durable {
    /// How many generations are remembered.
    const REMEMBERED: usize = 50;

    /// The generation in force was put in force with quorum, and the daemons of so many members have it; whether
    /// that was not known.
    pub(super) fn confirm(&mut self, daemons: usize) -> bool {
        let before = (self.quorate_generation, self.held_generation);
        self.quorate_generation = self.generation;
        if daemons * 2 > self.members() {
            self.held_generation = self.generation;
        }
        let is_news = before != (self.quorate_generation, self.held_generation);
        self.revision += u64::from(is_news);
        is_news
    }

    /// Remembers the generation that is in force now.
    pub(super) fn prolong(&mut self) {
        let own = digest(&(&self.cluster, &self.origin));
        self.lineage.push((self.generation, own));
        let surplus = self.lineage.len().saturating_sub(Self::REMEMBERED);
        self.lineage.drain(..surplus);
    }

    /// What tells the generation in force from others of its number.
    pub(super) fn tip(&self) -> Option<&String> {
        let last = self.lineage.last();
        last.filter(|(generation, _)| *generation == self.generation).map(|(_, tip)| tip)
    }

    /// Whether this gives up something of `earlier` that was not given up by whoever proposed it: two halves
    /// of a cluster may each have made generations of the same numbers.
    pub(in crate::cluster) fn loses(&self, earlier: &Self) -> bool {
        if earlier.generation == Generation::default() || earlier.cluster == self.cluster {
            return false;
        }
        let oldest = self.lineage.first().map(|(generation, _)| *generation);
        match (earlier.tip(), oldest) {
            // All since then is remembered here, and this is not among it.
            (Some(own), Some(oldest)) if oldest <= earlier.generation => {
                !self.stands_on(own, &earlier.lineage)
            }
            (Some(_) | None, _) => {
                earlier.generation >= self.generation || earlier.generation > earlier.quorate_generation
            }
        }
    }

    /// Whether the last generation of a lineage, under any of the numbers that it was given one after the other, was
    /// in force here.
    fn stands_on(&self, tip: &String, lineage: &[(Generation, String)]) -> bool {
        lineage.iter().rev().take_while(|(_, known)| known == tip).any(|known| self.lineage.contains(known))
    }

    /// Whether a node of this name is reached through a connection.
    pub(in crate::cluster) fn is_remote(&self, name: &str) -> bool {
        let is_configured =
            |kind: NodeKind| self.cluster.nodes.iter().any(|node| node.kind == kind && node.name.is(name));
        let is_made_by = |resource: &Resource| {
            let is_guest = |sets: &[crate::model::OptionSet]| {
                let pairs = sets.iter().flat_map(|set| &set.pairs);
                pairs.into_iter().any(|pair| &*pair.name == "remote-node" && *pair.value.to_text() == *name)
            };
            let is_replica = matches!(resource, Resource::Bundle(_))
                && name.strip_prefix(resource.id().as_str()).is_some_and(|rest| rest.starts_with('-'));
            let members = resource.primitives();
            is_replica || members.iter().any(|member| member.id == *name || is_guest(&member.meta))
        };
        is_configured(NodeKind::Remote) || self.cluster.resources.iter().any(is_made_by)
    }

    /// The desired cluster with everything on top of it, at a moment.
    pub fn overlaid(&self, now: Moment) -> Arc<Cluster> {
        match self.overlay.over(&self.cluster, now) {
            Cow::Borrowed(_) => Arc::clone(&self.cluster),
            Cow::Owned(cluster) => Arc::new(cluster),
        }
    }

    /// Whether lost nodes are fenced.
    pub(in crate::cluster) fn has_fencing(&self) -> bool {
        Properties::always_fence(&self.cluster)
    }

    /// The text of a cluster property, by any of its names, that holds at any time.
    pub(in crate::cluster) fn property(&self, names: &[&str]) -> Option<Arc<str>> {
        let table = Properties::at(&self.cluster, 0).table;
        names.iter().find_map(|name| table.get(*name).cloned())
    }

    /// How long after its loss a node is down by its own watchdog, where the cluster relies on that.
    pub(in crate::cluster) fn watchdog_bound(&self) -> Option<Duration> {
        crate::model::fencing::watchdog_bound(|names| self.property(names))
    }

    /// Whether a node that learns that it was fenced is to be reset, and not only stopped.
    pub(in crate::cluster) fn panics_when_fenced(&self) -> bool {
        self.property(&["fencing-reaction", "fence-reaction"])
            .is_some_and(|text| text.eq_ignore_ascii_case("panic"))
    }

    /// How many members the desired cluster has.
    pub(super) fn members(&self) -> usize {
        self.cluster.members().count()
    }

    /// Whether the desired cluster has a member of this name.
    pub(super) fn has_member(&self, name: &NodeName) -> bool {
        let mut members = self.cluster.members();
        members.any(|node| node.name.is(name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What led to a desired state: numbers of generations, and where each came from.
    fn durable(generations: &[(u64, &str)]) -> Durable {
        let mut durable = Durable::default();
        for (number, origin) in generations {
            durable.generation = Generation(*number);
            durable.origin = (*origin).to_owned();
            durable.cluster = Arc::new(Cluster { name: Some((*origin).into()), ..Cluster::default() });
            durable.prolong();
        }
        durable.quorate_generation = durable.generation;
        durable
    }

    #[test]
    fn what_is_built_on_is_not_lost() {
        let own = durable(&[(1, "a"), (2, "b"), (3, "c")]);
        assert!(!own.loses(&durable(&[(1, "a"), (2, "b")])));
        assert!(!own.loses(&durable(&[(1, "a")])));
        assert!(!durable(&[(1, "a"), (2, "b"), (4, "b"), (5, "c")]).loses(&durable(&[(1, "a"), (2, "b")])));
        assert!(
            !durable(&[(1, "a"), (2, "b"), (3, "c")]).loses(&durable(&[(1, "a"), (2, "b"), (4, "b")])),
            "it was given another number"
        );
    }

    #[test]
    fn what_was_never_in_force_where_others_went_on_is_lost_whatever_its_number() {
        let own = durable(&[(2, "b"), (3, "c"), (5, "c")]);
        assert!(own.loses(&durable(&[(2, "b"), (3, "d")])));
        assert!(
            own.loses(&durable(&[(2, "b"), (3, "d"), (4, "e")])),
            "nobody else had a generation of this number"
        );
        assert!(own.loses(&durable(&[(2, "b"), (6, "d")])));
    }

    #[test]
    fn of_what_is_not_remembered_quorum_tells() {
        let own = durable(&[(60, "x"), (61, "y")]);
        assert!(!own.loses(&durable(&[(7, "a")])));
        assert!(own.loses(&Durable { quorate_generation: Generation(6), ..durable(&[(7, "a")]) }));
    }
}
