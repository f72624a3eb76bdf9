//! Placing a clone: its instances share what nodes it may use.

use crate::model::{Role, Score};
use crate::scheduler::assign::agenda::{Demand, Step};
use crate::scheduler::assign::contribution::Cause;
use crate::scheduler::assign::draft::{Draft, Progress, newly_banned};
use crate::scheduler::assign::instances::{self, Limits};
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::colocation::lists::Side;
use crate::scheduler::constraint::location::{LocationIx, Share};
use crate::scheduler::facts::{CloneFacts, NodeIx, ResourceIx, Variant};
use crate::scheduler::node_table::NodeTable;
use crate::scheduler::schedule::ScorePool;
use crate::scheduler::variant::{self, promotable};

/// The assignment of a clone, as far as it has come.
pub(crate) struct Assignment {
    demand: Demand,
    has_begun: bool,
    has_asked: bool,
    this_with: Vec<ColocationIx>,
    next: usize,
}

impl Assignment {
    pub(crate) const fn new(demand: Demand) -> Self {
        Self { demand, has_begun: false, has_asked: false, this_with: Vec::new(), next: 0 }
    }

    pub(crate) fn advance(&mut self, draft: &mut Draft<'_>) -> Step {
        let clone = self.demand.resource;
        if !self.has_begun {
            if let Some(parent) = draft.waiting_parent(clone).filter(|_| !self.has_asked) {
                self.has_asked = true;
                return Step::Needs(Demand::of(parent));
            }
            match draft.progress[clone.index()] {
                Progress::Assigning | Progress::Assigned => return Step::Done,
                Progress::Waiting => {}
            }
            self.begin(draft);
        }
        while let Some(colocation) = self.this_with.get(self.next) {
            self.next += 1;
            let primary = draft.colocations.record(*colocation).primary;
            let is_bundle = draft.resource(primary).variant.is_bundle();
            match draft.progress[primary.index()] {
                Progress::Waiting => return Step::Needs(Demand::of(primary)),
                Progress::Assigned if is_bundle => return Step::Needs(Demand::of(primary)),
                Progress::Assigned | Progress::Assigning => {}
            }
        }
        self.place(draft);
        Step::Done
    }

    fn begin(&mut self, draft: &mut Draft<'_>) {
        let clone = self.demand.resource;
        self.has_begun = true;
        draft.progress[clone.index()] = Progress::Assigning;
        if is_promotable(draft, clone) {
            promotable::add_scores(draft, clone);
        }
        self.this_with = draft.effective_colocations(Side::ThisWith, clone);
    }

    /// Once all primaries have their places: merges dependents, then places the instances.
    fn place(&self, draft: &mut Draft<'_>) {
        let clone = self.demand.resource;
        for colocation in draft.effective_colocations(Side::WithThis, clone) {
            draft.merge_dependent(clone, colocation);
        }
        draft.take_down_scores(ScorePool::Clone, clone);
        let Some(known) = facts(draft, clone) else { return };
        let mut children = draft.resource(clone).children.clone();
        instances::sort(draft, clone, &mut children);
        draft.facts.resources[clone.index()].children.clone_from(&children);
        let limits = Limits { total: known.clone_max, per_node: known.clone_node_max };
        instances::distribute(draft, clone, &children, limits);
        if is_promotable(draft, clone) {
            promotable::choose_roles(draft, clone);
        }
        draft.progress[clone.index()] = Progress::Assigned;
    }
}

/// What only a clone has.
fn facts(draft: &Draft<'_>, clone: ResourceIx) -> Option<CloneFacts> {
    match &draft.resource(clone).variant {
        Variant::Clone(clone) => Some(*clone),
        Variant::Primitive(_) | Variant::Group(_) | Variant::Bundle(_) => None,
    }
}

fn is_promotable(draft: &Draft<'_>, clone: ResourceIx) -> bool {
    draft.resource(clone).is_promotable
}

/// A preference of a clone is one of every instance.
pub(crate) fn apply_location(draft: &mut Draft<'_>, clone: ResourceIx, location: LocationIx, share: Share) {
    draft.apply_location(clone, location, share);
    for instance in draft.resource(clone).children.clone() {
        variant::apply_location(draft, instance, location, share);
    }
}

/// Who is colocated with a clone goes where instances are.
pub(crate) fn lead(
    draft: &mut Draft<'_>,
    dependent: ResourceIx,
    clone: ResourceIx,
    colocation: ColocationIx,
) {
    if draft.progress[clone.index()] != Progress::Assigned {
        return;
    }
    let record = draft.colocations.record(colocation);
    let (score, role, dependent_role) = (record.score, record.primary_role, record.dependent_role);
    if let Some(role) = role.filter(|_| is_promotable(draft, clone)) {
        if draft.progress[dependent.index()] != Progress::Assigned {
            return follow_role(draft, dependent, clone, colocation, role);
        }
        if dependent_role == Some(Role::Promoted) {
            return promotable::pair(draft, dependent, clone, colocation);
        }
    }
    if is_interleaved(draft, colocation, clone) {
        match draft.compatible_instance(dependent, clone, None, None) {
            Some(instance) => draft.follow(dependent, instance, colocation),
            None if score >= Score::INFINITY => draft.next_role[dependent.index()] = Some(Role::Stopped),
            None => {}
        }
    } else if score >= Score::INFINITY {
        let nodes = nodes_of(draft, &draft.resource(clone).children);
        confine(draft, dependent, colocation, &nodes);
    } else {
        for instance in draft.resource(clone).children.clone() {
            draft.follow(dependent, instance, colocation);
        }
    }
}

/// Goes where instances have, or will have, the role.
fn follow_role(
    draft: &mut Draft<'_>,
    dependent: ResourceIx,
    clone: ResourceIx,
    colocation: ColocationIx,
    role: Role,
) {
    let record = draft.colocations.record(colocation);
    let (score, attribute) = (record.score, record.node_attribute.clone());
    let must = score >= Score::INFINITY;
    if must && role == Role::Promoted && record.dependent_role == Some(Role::Promoted) {
        return;
    }
    let fits = |instance: &ResourceIx| draft.next_role[instance.index()] == Some(role);
    let fitting: Vec<ResourceIx> = draft.resource(clone).children.iter().copied().filter(fits).collect();
    let mut table = draft.table(dependent).clone();
    let mut allowed = NodeTable::default();
    for instance in fitting {
        let Some(node) = draft.place_of(instance) else { continue };
        let leaves = draft.facts.leaves(instance);
        let placed = leaves.iter().find(|leaf| draft.assigned[leaf.index()].is_some());
        let own = placed.map_or(Score::ZERO, |leaf| draft.taken_at[leaf.index()]);
        let seen_by_primary = draft.classes(attribute.as_ref(), instance);
        let seen_by_dependent = draft.classes(attribute.as_ref(), dependent);
        for (place, entry) in table.iter_mut() {
            if must && place == node {
                entry.score = entry.score.plus(own);
                allowed.add(node, Score::ZERO, Score::ZERO);
            } else if !must && seen_by_dependent.get(place.index()) == seen_by_primary.get(node.index()) {
                entry.score = entry.score.plus(score);
            }
        }
    }
    let mut banned = Vec::new();
    for (node, entry) in table.iter_mut().filter(|(node, _)| must && allowed.entry(*node).is_none()) {
        entry.score = Score::MINUS_INFINITY;
        banned.push(node);
    }
    if !must {
        banned = newly_banned(draft.table(dependent), &table);
    }
    draft.replace_table(dependent, table, Cause::Primary(colocation), &banned);
}

/// Whether each instance of the dependent goes with one instance of the primary.
fn is_interleaved(draft: &Draft<'_>, colocation: ColocationIx, clone: ResourceIx) -> bool {
    let dependent = draft.colocations.record(colocation).dependent;
    let per_node = |resource: ResourceIx| match &draft.resource(resource).variant {
        Variant::Clone(clone) => Some(clone.clone_node_max),
        Variant::Bundle(bundle) => Some(bundle.replicas_per_host),
        Variant::Primitive(_) | Variant::Group(_) => None,
    };
    let asks = draft.resource(dependent).meta.get("interleave");
    let asks = asks.is_some_and(|text| crate::model::scalar::parse_boolean(text) == Some(true));
    asks && per_node(dependent).is_some() && per_node(dependent) == per_node(clone)
}

/// The nodes of instances that may be acted on.
pub(crate) fn nodes_of(draft: &Draft<'_>, instances: &[ResourceIx]) -> Vec<NodeIx> {
    let usable = instances.iter().filter(|instance| !draft.is_blocked(**instance));
    usable.filter_map(|instance| draft.place_of(*instance)).collect()
}

/// Bans a resource from all nodes but some.
pub(crate) fn confine(
    draft: &mut Draft<'_>,
    dependent: ResourceIx,
    colocation: ColocationIx,
    nodes: &[NodeIx],
) {
    let mut table = draft.table(dependent).clone();
    let mut banned = Vec::new();
    for (node, entry) in table.iter_mut().filter(|(node, _)| !nodes.contains(node)) {
        entry.score = Score::MINUS_INFINITY;
        banned.push(node);
    }
    draft.replace_table(dependent, table, Cause::Primary(colocation), &banned);
}

impl Draft<'_> {
    /// The one node that all assigned parts of a resource are on.
    pub(crate) fn place_of(&self, resource: ResourceIx) -> Option<NodeIx> {
        let leaves = self.facts.leaves(resource);
        let mut places = leaves.iter().filter_map(|leaf| self.assigned[leaf.index()]);
        let place = places.next()?;
        places.all(|other| other == place).then_some(place)
    }

    /// Whether nothing may be done with a resource or a part of it.
    pub(crate) fn is_blocked(&self, resource: ResourceIx) -> bool {
        let known = self.resource(resource);
        known.is_blocked || known.children.iter().any(|child| self.is_blocked(*child))
    }

    /// The instance of a clone or bundle that is, or will be, where `matched` is; one with
    /// `role` to come, if that is given.
    pub(crate) fn compatible_instance(
        &mut self,
        matched: ResourceIx,
        collective: ResourceIx,
        role: Option<Role>,
        attribute: Option<&std::sync::Arc<str>>,
    ) -> Option<ResourceIx> {
        let places = match self.place_of(matched) {
            Some(place) => vec![place],
            None => self.sorted_nodes(matched),
        };
        let instances = match &self.resource(collective).variant {
            Variant::Bundle(bundle) => bundle.replicas.iter().map(|replica| replica.container).collect(),
            Variant::Primitive(_) | Variant::Group(_) | Variant::Clone(_) => {
                self.resource(collective).children.clone()
            }
        };
        let seen_by_matched = self.classes(attribute, matched);
        places.into_iter().find_map(|place| {
            instances.iter().copied().find(|instance| {
                let fits = role.is_none() || self.next_role[instance.index()] == role;
                let class = |node: NodeIx| seen_by_matched.get(node.index());
                let is_near =
                    |node: NodeIx| node == place || (attribute.is_some() && class(node) == class(place));
                fits && !self.is_blocked(*instance) && self.place_of(*instance).is_some_and(is_near)
            })
        })
    }
}
