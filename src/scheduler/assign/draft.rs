//! The placement while it is being made.

use std::sync::Arc;

use super::attribute::NodeClasses;
use super::contribution::{Cause, Contribution, Decided, Place, Promotion};
use super::{Placement, ScoreRow};
use crate::model::{Role, Score};
use crate::scheduler::constraint::colocation::lists::Colocations;
use crate::scheduler::constraint::colocation::pull::Pulls;
use crate::scheduler::constraint::location::Locations;
use crate::scheduler::constraint::lookup::Lookup;
use crate::scheduler::constraint::ticket::TicketNeed;
use crate::scheduler::facts::{Facts, NodeFacts, NodeIx, ResourceFacts, ResourceIx};
use crate::scheduler::node_table::{Entry, NodeTable};
use crate::scheduler::schedule::ScorePool;

/// How far the assignment of a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Not begun.
    Waiting,
    /// Begun; asking for it again is a loop.
    Assigning,
    /// Done, with or without a node.
    Assigned,
}

/// Whether an outcome stands, or an instance is only tried on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finality {
    /// It stands.
    Final,
    /// It may be taken back.
    Tentative,
}

/// What a node carries so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Load {
    /// Primitives assigned in this run.
    pub(crate) count: u32,
    /// Capacity that is left.
    pub(crate) remaining: std::collections::BTreeMap<Arc<str>, i64>,
}

/// The placement while it is being made.
pub(crate) struct Draft<'a> {
    pub(crate) facts: Facts<'a>,
    pub(crate) lookup: Lookup,
    pub(crate) colocations: Colocations,
    pub(crate) locations: Locations,
    pub(crate) tickets: Vec<TicketNeed>,
    /// Whether new work can be put on a node, by node.
    pub(crate) usable: Vec<bool>,
    /// Position of each node when names are sorted by bytes.
    pub(crate) name_rank: Vec<u32>,
    pub(crate) loads: Vec<Load>,
    pub(crate) classes: NodeClasses,
    pub(crate) progress: Vec<Progress>,
    pub(crate) assigned: Vec<Option<NodeIx>>,
    /// The score of each primitive's node when it was taken; what was left in place, unmanaged,
    /// has the node's own score.
    pub(crate) taken_at: Vec<Score>,
    /// `None` is not known yet.
    pub(crate) next_role: Vec<Option<Role>>,
    pub(crate) is_unassigned: Vec<bool>,
    /// Priority, which promotion scores raise for instances.
    pub(crate) priority: Vec<Score>,
    /// Promotable clones whose roles are being, or were, chosen.
    pub(crate) is_choosing_roles: Vec<bool>,
    /// How fit each instance is to be promoted where it is.
    pub(crate) promotion: Vec<Score>,
    /// Resources whose preferences are being merged right now.
    pub(crate) is_merging: Vec<bool>,
    pub(crate) pulls: Pulls,
    pub(crate) scores: Vec<ScoreRow>,
    pub(crate) contributions: Vec<Vec<Contribution>>,
    /// Which of them decided about each primitive.
    pub(crate) decided: Vec<Decided>,
    /// What makes the fitness of each instance to be promoted, while that is found out.
    pub(crate) fitness: Vec<Vec<Contribution>>,
    /// What decided about promoting each instance.
    pub(crate) promotions: Vec<Option<Promotion>>,
    /// How many resources preferences were taken from by walking.
    pub(crate) walks: u32,
    /// That was more than there may be.
    pub(crate) is_cut_short: bool,
    /// How deep attempts to place instances are nested.
    pub(crate) depth: u32,
}

impl<'a> Draft<'a> {
    /// A draft in which nothing is decided.
    pub(crate) fn new(facts: Facts<'a>) -> Self {
        let (nodes, resources) = (facts.nodes.len(), facts.resources.len());
        let mut by_name: Vec<usize> = (0..nodes).collect();
        by_name.sort_by(|a, b| facts.nodes[*a].name.as_str().cmp(facts.nodes[*b].name.as_str()));
        let mut name_rank = vec![0; nodes];
        for (rank, node) in by_name.into_iter().enumerate() {
            name_rank[node] = u32::try_from(rank).unwrap_or(u32::MAX);
        }
        let load = |node: &NodeFacts<'_>| Load { count: 0, remaining: node.utilization.clone() };
        let mut draft = Self {
            lookup: Lookup::new(&facts),
            colocations: Colocations::new(resources),
            locations: Locations::new(resources),
            tickets: Vec::new(),
            usable: facts.nodes.iter().map(NodeFacts::is_available).collect(),
            name_rank,
            loads: facts.nodes.iter().map(load).collect(),
            classes: NodeClasses::new(&facts),
            progress: vec![Progress::Waiting; resources],
            assigned: vec![None; resources],
            taken_at: vec![Score::ZERO; resources],
            next_role: facts.resources.iter().map(|resource| resource.next_role).collect(),
            is_unassigned: vec![false; resources],
            priority: facts.resources.iter().map(|resource| resource.priority).collect(),
            is_choosing_roles: vec![false; resources],
            promotion: vec![Score::ZERO; resources],
            is_merging: vec![false; resources],
            pulls: Pulls::new(resources),
            scores: Vec::new(),
            contributions: vec![Vec::new(); resources],
            decided: vec![Decided::default(); resources],
            fitness: vec![Vec::new(); resources],
            promotions: vec![None; resources],
            walks: 0,
            is_cut_short: false,
            depth: 0,
            facts,
        };
        draft.note_first_scores();
        draft
    }

    /// What is known of a resource.
    pub(crate) fn resource(&self, resource: ResourceIx) -> &ResourceFacts<'a> {
        self.facts.resource(resource)
    }

    /// The allowed nodes of a resource.
    pub(crate) fn table(&self, resource: ResourceIx) -> &NodeTable {
        &self.facts.resources[resource.index()].table
    }

    /// The allowed nodes of a resource, to change them.
    pub(crate) fn table_mut(&mut self, resource: ResourceIx) -> &mut NodeTable {
        self.pulls.forget(resource);
        &mut self.facts.resources[resource.index()].table
    }

    /// Whether new work can be put on a node, scores aside.
    pub(crate) fn is_usable(&self, node: NodeIx) -> bool {
        self.usable.get(node.index()).copied().unwrap_or(false)
    }

    /// Whether an allowed node can be chosen as things stand.
    pub(crate) fn is_open(&self, node: NodeIx, entry: &Entry) -> bool {
        entry.score >= Score::ZERO && self.is_usable(node)
    }

    /// Whether any node of a table can be chosen as things stand.
    pub(crate) fn has_open_node(&self, table: &NodeTable) -> bool {
        table.iter().any(|(node, entry)| self.is_open(node, entry))
    }

    /// Adds `score` on a node, for everything inside the resource first.
    pub(crate) fn add(&mut self, resource: ResourceIx, node: NodeIx, score: Score, cause: Cause) {
        for child in self.resource(resource).children.clone() {
            self.add(child, node, score, cause);
        }
        let (start, discovery) = (self.facts.node(node).score, self.facts.node(node).discovery);
        let table = self.table_mut(resource);
        match table.entry_mut(node) {
            Some(entry) => entry.score = entry.score.plus(score),
            None => {
                table.insert(node, Entry { score: start.plus(score), discovery, count: 0 });
                self.note(resource, Place::Node(node), start, Cause::NodeScore);
            }
        }
        self.note(resource, Place::Node(node), score, cause);
    }

    /// Adds `score` on every node, for everything inside the resource first.
    pub(crate) fn add_everywhere(&mut self, resource: ResourceIx, score: Score, cause: Cause) {
        for child in self.resource(resource).children.clone() {
            self.add_everywhere(child, score, cause);
        }
        for node in self.facts.node_numbers() {
            let (start, discovery) = (self.facts.node(node).score, self.facts.node(node).discovery);
            let table = &mut self.facts.resources[resource.index()].table;
            match table.entry_mut(node) {
                Some(entry) => entry.score = entry.score.plus(score),
                None => {
                    table.insert(node, Entry { score: start.plus(score), discovery, count: 0 });
                    self.note(resource, Place::Node(node), start, Cause::NodeScore);
                }
            }
        }
        self.pulls.forget(resource);
        self.note(resource, Place::Everywhere, score, cause);
        if score <= Score::MINUS_INFINITY {
            self.assigned[resource.index()] = None;
        }
    }

    /// Forbids every node.
    pub(crate) fn ban_everywhere(&mut self, resource: ResourceIx, cause: Cause) {
        self.add_everywhere(resource, Score::MINUS_INFINITY, cause);
    }

    /// Records why a score changed.
    pub(crate) fn note(&mut self, resource: ResourceIx, place: Place, score: Score, cause: Cause) {
        if score != Score::ZERO {
            self.contributions[resource.index()].push(Contribution { place, score, cause });
        }
    }

    /// Replaces a table and records how it differs from the old one. `banned` are the nodes that
    /// this cause forbids, whether or not something else does so already.
    pub(crate) fn replace_table(
        &mut self,
        resource: ResourceIx,
        table: NodeTable,
        cause: Cause,
        banned: &[NodeIx],
    ) {
        let old = std::mem::replace(self.table_mut(resource), table);
        let noted = &mut self.contributions[resource.index()];
        let table = &self.facts.resources[resource.index()].table;
        let note = |place: Place, score: Score| Contribution { place, score, cause };
        noted.extend(places(banned, table).into_iter().map(|place| note(place, Score::MINUS_INFINITY)));
        for (node, entry) in table.iter() {
            let before = old.score(node).unwrap_or_default();
            if before != entry.score && !banned.contains(&node) {
                noted.extend(
                    steps(before, entry.score).into_iter().map(|score| note(Place::Node(node), score)),
                );
            }
        }
    }

    /// Takes down the scores of a resource and of everything inside it, as they decide now.
    pub(crate) fn take_down_scores(&mut self, pool: ScorePool, resource: ResourceIx) {
        let known = self.facts.resource(resource);
        if known.is_removed {
            return;
        }
        let rows = known.table.iter();
        self.scores.extend(rows.map(|(node, entry)| ScoreRow {
            pool,
            resource,
            node: Some(node),
            score: entry.score,
        }));
        for child in known.children.clone() {
            self.take_down_scores(pool, child);
        }
    }

    /// What was decided. A role that nobody asked for follows from having a node.
    pub(crate) fn finish(mut self) -> Placement<'a> {
        self.put_instances_in_order();
        let has_node = |index: usize| {
            self.facts.find_leaf(ResourceIx::at(index), |leaf| self.assigned[leaf.index()]).is_some()
        };
        let settled = |(index, role): (usize, &Option<Role>)| {
            role.unwrap_or_else(|| if has_node(index) { Role::Started } else { Role::Stopped })
        };
        let next_role = self.next_role.iter().enumerate().map(settled).collect();
        let mut colocations = self.colocations.into_records();
        colocations.reverse();
        Placement {
            next_role,
            colocations,
            facts: self.facts,
            assigned: self.assigned,
            is_unassigned: self.is_unassigned,
            scores: self.scores,
            lookup: self.lookup,
            locations: self.locations.into_records(),
            contributions: self.contributions,
            decided: self.decided,
            promotions: self.promotions,
            is_cut_short: self.is_cut_short,
        }
    }

    /// Instances were ranked to choose whom to promote; from here on they come by number again,
    /// except inside a bundle.
    fn put_instances_in_order(&mut self) {
        for clone in self.facts.top.clone() {
            if self.resource(clone).variant.is_clone() {
                self.facts.resources[clone.index()].children.sort_unstable();
            }
        }
    }

    /// Records what the tables held before any constraint.
    fn note_first_scores(&mut self) {
        for (resource, noted) in self.facts.resources.iter().zip(&mut self.contributions) {
            for (node, entry) in resource.table.iter().filter(|(_, entry)| entry.score != Score::ZERO) {
                let own = self.facts.nodes.get(node.index()).map_or(Score::ZERO, |node| node.score);
                let cause = if own == entry.score { Cause::NodeScore } else { Cause::History };
                noted.push(Contribution { place: Place::Node(node), score: entry.score, cause });
            }
        }
    }
}

/// What added to `before` gives `after`; by way of zero, where one step would be infinite.
fn steps(before: Score, after: Score) -> Vec<Score> {
    let step = Score::new(i64::from(after.value()) - i64::from(before.value()));
    if after.is_mandatory() {
        vec![after]
    } else if step.is_mandatory() {
        vec![-before, after]
    } else {
        vec![step]
    }
}

/// The nodes of a table that a new one forbids, and the old one did not.
pub(crate) fn newly_banned(old: &NodeTable, new: &NodeTable) -> Vec<NodeIx> {
    let is_banned =
        |table: &NodeTable, node| table.score(node).is_some_and(|score| score <= Score::MINUS_INFINITY);
    new.iter().map(|(node, _)| node).filter(|node| is_banned(new, *node) && !is_banned(old, *node)).collect()
}

/// Some nodes of a table, in few words.
fn places(nodes: &[NodeIx], table: &NodeTable) -> Vec<Place> {
    if nodes.is_empty() {
        return Vec::new();
    }
    let mut others = table.iter().map(|(node, _)| node).filter(|node| !nodes.contains(node));
    match (others.next(), others.next()) {
        (None, _) => vec![Place::Everywhere],
        (Some(spared), None) => vec![Place::EverywhereBut(spared)],
        (Some(_), Some(_)) => nodes.iter().map(|node| Place::Node(*node)).collect(),
    }
}
