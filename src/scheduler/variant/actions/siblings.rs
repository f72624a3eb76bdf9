//! What the instances of a clone do, as they are told in notifications.

use std::sync::Arc;

use super::instance::{self, When};
use crate::model::Role;
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};

/// Leaves of a clone, each where it is or will be, by what they are and do.
#[derive(Debug, Default)]
pub struct Siblings {
    active: Vec<Sibling>,
    inactive: Vec<Sibling>,
    unpromoted: Vec<Sibling>,
    promoted: Vec<Sibling>,
    /// Those that take each of [`STEPS`].
    taking: [Vec<Sibling>; STEPS.len()],
}

/// The steps a clone may tell its instances of, in the order in which it does.
pub const STEPS: [Verb; 4] = [Verb::Start, Verb::Stop, Verb::Promote, Verb::Demote];

/// A leaf, and where.
type Sibling = (ResourceIx, Option<NodeIx>);

impl Siblings {
    /// Looks at all leaves of a clone.
    pub fn collect(work: &Work<'_, '_>, clone: ResourceIx) -> Self {
        let mut siblings = Self::default();
        for leaf in work.facts.leaves(clone) {
            siblings.add_state(work, leaf);
            for (step, taking) in STEPS.into_iter().zip(&mut siblings.taking) {
                for number in work.actions.with_key(leaf, Key::once(step)) {
                    let draft = work.actions.draft(*number);
                    let Some(node) = draft.node.filter(|_| draft.is_required()) else { continue };
                    if draft.is_runnable() || (step == Verb::Stop && work.is_unclean(node)) {
                        taking.push((leaf, Some(node)));
                    }
                }
            }
        }
        siblings
    }

    /// Only that one leaf is stopped on a node.
    pub fn only_stopping(leaf: ResourceIx, node: NodeIx) -> Self {
        let taking = STEPS.map(|step| if step == Verb::Stop { vec![(leaf, Some(node))] } else { Vec::new() });
        Self { taking, ..Self::default() }
    }

    fn add_state(&mut self, work: &Work<'_, '_>, leaf: ResourceIx) {
        let facts = work.resource(leaf);
        let sibling = (leaf, facts.active_on.first().copied());
        match facts.current_role {
            Role::Stopped => self.inactive.push(sibling),
            Role::Started => self.active.push(sibling),
            Role::Unpromoted => {
                self.active.push(sibling);
                self.unpromoted.push(sibling);
            }
            Role::Promoted => {
                self.active.push(sibling);
                self.promoted.push(sibling);
            }
        }
    }

    /// Who takes a step.
    fn taking(&self, step: Verb) -> &[Sibling] {
        STEPS.iter().zip(&self.taking).find(|(known, _)| **known == step).map_or(&[], |(_, list)| list)
    }

    /// Whether any leaf takes a step.
    pub fn any_takes(&self, step: Verb) -> bool {
        !self.taking(step).is_empty()
    }

    /// All of it as options, by their names in the field.
    pub fn values(&self, work: &Work<'_, '_>, clone: ResourceIx) -> Vec<(&'static str, Arc<str>)> {
        let lists = [
            (&*self.active, "notify_active_resource", "notify_active_uname"),
            (&*self.unpromoted, "notify_unpromoted_resource", "notify_unpromoted_uname"),
            (&*self.unpromoted, "notify_slave_resource", "notify_slave_uname"),
            (&*self.promoted, "notify_promoted_resource", "notify_promoted_uname"),
            (&*self.promoted, "notify_master_resource", "notify_master_uname"),
            (self.taking(Verb::Start), "notify_start_resource", "notify_start_uname"),
            (self.taking(Verb::Stop), "notify_stop_resource", "notify_stop_uname"),
            (self.taking(Verb::Promote), "notify_promote_resource", "notify_promote_uname"),
            (self.taking(Verb::Demote), "notify_demote_resource", "notify_demote_uname"),
        ];
        let mut values = Vec::new();
        for (list, resources, nodes) in lists {
            let list = in_order(work, list);
            values.push((resources, resource_names(work, &list)));
            values.push((nodes, node_names(work, list.iter().filter_map(|(_, node)| *node))));
        }
        values.push(("notify_inactive_resource", resource_names(work, &in_order(work, &self.inactive))));
        let closed = &work.state(clone).closed_on;
        let available = work.resource(clone).table.iter().map(|(node, _)| node);
        let available = available.filter(|node| !closed.contains(node));
        values.push(("notify_available_uname", node_names(work, available)));
        values.push(("notify_all_uname", node_names(work, work.facts.node_numbers())));
        let target = work.resource(clone).meta.get("container-attribute-target");
        if target.is_some_and(|target| target.eq_ignore_ascii_case("host")) {
            let hosts = work.facts.node_numbers().map(|node| instance::host_of(work, node, When::Now));
            values.push(("notify_all_hosts", node_names(work, hosts)));
        }
        values
    }
}

/// By name and then by node; of a leaf that is there more than once only the first.
fn in_order(work: &Work<'_, '_>, list: &[Sibling]) -> Vec<Sibling> {
    let mut sorted = list.to_vec();
    let node_id = |node: &Option<NodeIx>| node.map(|node| work.node(node).id.as_str());
    sorted.sort_by(|(left, left_node), (right, right_node)| {
        let names = work.resource(*left).id.cmp(&work.resource(*right).id);
        names.then_with(|| node_id(left_node).cmp(&node_id(right_node)))
    });
    sorted.dedup_by_key(|(leaf, _)| *leaf);
    sorted
}

fn resource_names(work: &Work<'_, '_>, list: &[Sibling]) -> Arc<str> {
    join(list.iter().map(|(leaf, _)| &*work.resource(*leaf).id))
}

fn node_names(work: &Work<'_, '_>, nodes: impl Iterator<Item = NodeIx>) -> Arc<str> {
    join(nodes.map(|node| work.node(node).name.as_str()).collect::<Vec<_>>())
}

/// Separated by blanks; nothing is one blank.
fn join<'n>(names: impl IntoIterator<Item = &'n str>) -> Arc<str> {
    let joined = names.into_iter().collect::<Vec<_>>().join(" ");
    if joined.is_empty() { Arc::from(" ") } else { joined.into() }
}
