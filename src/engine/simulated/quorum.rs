//! Who may act for a simulated cluster that fell apart: votes are counted as corosync's votequorum
//! does, and a node that is left alone looks for evidence that it is the one that is cut off.

use serde::{Deserialize, Serialize};

use super::world::World;
use crate::diagnostic::{Diagnostic, Subject};
use crate::model::corosync::{Corosync, Quorum};
use crate::model::isolation::Proof;
use crate::model::{Cluster, Node, NodeName};

/// What of a node's links is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cut {
    /// Its cable: it reaches nothing, neither nodes nor gateway, arbiter or witness.
    Cable,
    /// Only what leads to other nodes.
    Peers,
}

/// The count of votes among the members of a cluster.
pub(super) struct Votes<'a> {
    cluster: &'a Cluster,
    world: &'a World,
    /// Members, as configured.
    configured: Vec<&'a Node>,
}

impl<'a> Votes<'a> {
    pub(super) fn of(cluster: &'a Cluster, world: &'a World) -> Self {
        let configured = cluster.members().collect();
        Self { cluster, world, configured }
    }

    /// Whether those of `members` that are up may act for the cluster.
    pub(super) fn has_quorum(&self, members: &[NodeName]) -> bool {
        let present = self.present(members);
        self.has_votes(&present) && !self.waits_for_all(&present) && !self.takes_itself_for_cut_off(&present)
    }

    /// Whether those of `members` that are up are one node that takes itself to be cut off.
    pub(super) fn is_cut_off(&self, members: &[NodeName]) -> bool {
        self.takes_itself_for_cut_off(&self.present(members))
    }

    /// Those of `members` that have seen all others since they came up, or see somebody who has.
    pub(super) fn initiated(&self, members: &[NodeName]) -> Vec<NodeName> {
        let present = self.present(members);
        let is_whole = present.len() == self.configured.len();
        let knows = is_whole || present.iter().any(|name| !self.is_waiting(name));
        present.into_iter().filter(|_| knows).cloned().collect()
    }

    fn present(&self, members: &[NodeName]) -> Vec<&'a NodeName> {
        let names = self.configured.iter().map(|node| &node.name);
        names.filter(|name| members.contains(name) && self.world.is_up(name)).collect()
    }

    fn has_votes(&self, present: &[&NodeName]) -> bool {
        let nodes = self.configured.len();
        if self.is_two_node() {
            return !present.is_empty();
        }
        let witness = self.corosync().map_or(0, |corosync| corosync.witness_votes(nodes));
        let given = self.quorum().and_then(|quorum| quorum.expected_votes);
        let expected = given.and_then(|votes| usize::try_from(votes).ok()).unwrap_or(nodes + witness);
        let votes = present.len() + if self.has_witness(present) { witness } else { 0 };
        let breaks_ties = self.quorum().is_some_and(|quorum| quorum.auto_tie_breaker == Some(true));
        votes * 2 > expected || breaks_ties && votes * 2 == expected && self.breaks_tie(present)
    }

    /// Two nodes are special unless the manifest says otherwise: one is enough.
    fn is_two_node(&self) -> bool {
        let has_witness = self.corosync().is_some_and(|corosync| corosync.qdevice.is_some());
        let is_usual =
            self.quorum().is_none_or(|q| q.auto_tie_breaker != Some(true) && q.expected_votes.is_none());
        let asked = self.quorum().and_then(|quorum| quorum.two_node);
        self.configured.len() == 2 && !has_witness && asked.unwrap_or(is_usual)
    }

    /// Nodes that came up wait until they have seen all others once: by default where one of two
    /// nodes is enough.
    fn waits_for_all(&self, present: &[&NodeName]) -> bool {
        let asked = self.quorum().and_then(|quorum| quorum.wait_for_all);
        asked.unwrap_or(self.is_two_node())
            && present.len() < self.configured.len()
            && present.iter().all(|name| self.is_waiting(name))
    }

    fn is_waiting(&self, name: &NodeName) -> bool {
        self.world.machines.get(name).is_some_and(|machine| machine.waits_for_all)
    }

    /// Whether the witness gives its vote to these nodes: of those that reach it, to the most; of
    /// equally many, to those with the node that its tie-breaker names.
    fn has_witness(&self, present: &[&NodeName]) -> bool {
        let Some(qdevice) = self.corosync().and_then(|corosync| corosync.qdevice.as_ref()) else {
            return false;
        };
        let favourite = self.named(qdevice.tie_breaker.as_ref().map(NodeName::as_str));
        let parts = self.parts();
        let reaching = parts.iter().filter(|part| part.iter().any(|name| self.cut(name) != Some(Cut::Cable)));
        let chosen =
            reaching.max_by_key(|part| (part.len(), part.iter().any(|name| favourite == Some(name))));
        chosen.is_some_and(|chosen| chosen.iter().any(|name| present.contains(name)))
    }

    /// The nodes that are up, by who sees whom: a node that was cut off is alone.
    fn parts(&self) -> Vec<Vec<&'a NodeName>> {
        let up = self.configured.iter().map(|node| &node.name).filter(|name| self.world.is_up(name));
        let (rest, alone): (Vec<_>, Vec<_>) = up.partition(|name| self.cut(name).is_none());
        let alone = alone.into_iter().map(|name| vec![name]);
        std::iter::once(rest).filter(|rest| !rest.is_empty()).chain(alone).collect()
    }

    fn cut(&self, name: &NodeName) -> Option<Cut> {
        self.world.machines.get(name).and_then(|machine| machine.cut)
    }

    /// Whether these are the even half that goes on.
    fn breaks_tie(&self, present: &[&NodeName]) -> bool {
        let said = self.quorum().and_then(|quorum| quorum.auto_tie_breaker_node.as_deref());
        self.named(said).is_some_and(|name| present.contains(&name))
    }

    /// The node that a tie-breaker names: `lowest`, `highest`, or the first of a list that there is.
    fn named(&self, said: Option<&str>) -> Option<&'a NodeName> {
        let node = match said.unwrap_or("lowest") {
            "lowest" => self.configured.first(),
            "highest" => self.configured.last(),
            list => list.split([' ', ',']).find_map(|name| {
                self.configured.iter().find(|node| node.name.is(name) || node.id.as_str() == name)
            }),
        };
        node.map(|node| &node.name)
    }

    fn takes_itself_for_cut_off(&self, present: &[&NodeName]) -> bool {
        let (Some(isolation), [alone]) = (&self.cluster.isolation, present) else { return false };
        let is_unplugged = self.cut(alone) == Some(Cut::Cable);
        self.configured.len() > 1
            && isolation.is_cut_off(|proof| match proof {
                Proof::Carrier(_) | Proof::Ping(_) | Proof::Arbiter(_) => is_unplugged,
                Proof::Qdevice => !self.has_witness(present),
            })
    }

    fn corosync(&self) -> Option<&'a Corosync> {
        self.cluster.corosync.as_ref()
    }

    fn quorum(&self) -> Option<&'a Quorum> {
        self.corosync().map(|corosync| &corosync.quorum)
    }
}

/// What of the messaging layer a simulated cluster does without. Votes that change with time would
/// decide otherwise; how nodes talk changes no decision.
pub(super) fn not_simulated(cluster: &Cluster) -> Vec<Diagnostic> {
    let Some(corosync) = &cluster.corosync else { return Vec::new() };
    let Corosync { token, token_coefficient, consensus, link_mode, cipher, hash, links, quorum, qdevice: _ } =
        corosync;
    let mut found = Vec::new();
    if quorum.last_man_standing == Some(true) {
        let message = "`last-man-standing` is not simulated: expected votes stay what they are";
        found.push(
            Diagnostic::warning("without-effect", message)
                .about(Subject::Section("corosync.quorum.last-man-standing".to_owned())),
        );
    }
    let has_transport = token.or(*token_coefficient).or(*consensus).is_some()
        || link_mode.as_ref().or(cipher.as_ref()).or(hash.as_ref()).is_some()
        || !links.is_empty();
    if has_transport {
        let message = "how the nodes talk is not simulated: what happens is seen at once";
        found
            .push(Diagnostic::note("without-effect", message).about(Subject::Section("corosync".to_owned())));
    }
    found
}
