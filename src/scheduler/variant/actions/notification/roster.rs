//! The roster of a clone: who does what where, as instances are told.

use std::sync::Arc;

use crate::model::Role;
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};

/// Names of the two values that tell of one list: its resources, its nodes.
type Names = (&'static str, &'static str);

/// A resource and where it is or acts.
type Entry = (ResourceIx, Option<NodeIx>);

/// Who does what where.
#[derive(Debug, Default)]
pub struct Roster {
    start: Vec<Entry>,
    stop: Vec<Entry>,
    promote: Vec<Entry>,
    demote: Vec<Entry>,
    inactive: Vec<Entry>,
    active: Vec<Entry>,
    unpromoted: Vec<Entry>,
    promoted: Vec<Entry>,
}

impl Roster {
    /// Looks at all leaves of a clone.
    pub fn of(work: &Work<'_, '_>, clone: ResourceIx) -> Self {
        let mut roster = Self::default();
        for leaf in work.facts.leaves(clone) {
            roster.add_present(work, leaf);
            for verb in [Verb::Start, Verb::Stop, Verb::Promote, Verb::Demote] {
                roster.add_coming(work, leaf, verb);
            }
        }
        roster
    }

    fn add_present(&mut self, work: &Work<'_, '_>, leaf: ResourceIx) {
        let facts = work.resource(leaf);
        let entry = (leaf, facts.active_on.first().copied());
        match facts.current_role {
            Role::Stopped => self.inactive.push(entry),
            Role::Started => self.active.push(entry),
            Role::Unpromoted => {
                self.active.push(entry);
                self.unpromoted.push(entry);
            }
            Role::Promoted => {
                self.active.push(entry);
                self.promoted.push(entry);
            }
        }
    }

    fn add_coming(&mut self, work: &Work<'_, '_>, leaf: ResourceIx, verb: Verb) {
        let Some(list) = self.list_mut(verb) else { return };
        for draft in work.actions.with_key(leaf, Key::once(verb)) {
            let draft = work.actions.draft(*draft);
            let Some(node) = draft.node.filter(|_| draft.is_required()) else { continue };
            if draft.is_runnable() || (verb == Verb::Stop && work.is_unclean(node)) {
                list.push((leaf, Some(node)));
            }
        }
    }

    fn list_mut(&mut self, verb: Verb) -> Option<&mut Vec<Entry>> {
        [
            (Verb::Start, &mut self.start),
            (Verb::Stop, &mut self.stop),
            (Verb::Promote, &mut self.promote),
            (Verb::Demote, &mut self.demote),
        ]
        .into_iter()
        .find(|(known, _)| *known == verb)
        .map(|(_, list)| list)
    }

    /// Whether any instance takes this step.
    pub fn has(&self, verb: Verb) -> bool {
        [
            (Verb::Start, &self.start),
            (Verb::Stop, &self.stop),
            (Verb::Promote, &self.promote),
            (Verb::Demote, &self.demote),
        ]
        .into_iter()
        .any(|(known, list)| known == verb && !list.is_empty())
    }

    /// What instances are told, by name. Promoted and unpromoted instances have an old name, too.
    pub fn values(&self, work: &Work<'_, '_>, clone: ResourceIx) -> Vec<(&'static str, Arc<str>)> {
        let mut values = Vec::with_capacity(24);
        let lists: [(&[Names], &[Entry]); 7] = [
            (&[("notify_stop_resource", "notify_stop_uname")], &self.stop),
            (&[("notify_start_resource", "notify_start_uname")], &self.start),
            (&[("notify_demote_resource", "notify_demote_uname")], &self.demote),
            (&[("notify_promote_resource", "notify_promote_uname")], &self.promote),
            (&[("notify_active_resource", "notify_active_uname")], &self.active),
            (
                &[
                    ("notify_unpromoted_resource", "notify_unpromoted_uname"),
                    ("notify_slave_resource", "notify_slave_uname"),
                ],
                &self.unpromoted,
            ),
            (
                &[
                    ("notify_promoted_resource", "notify_promoted_uname"),
                    ("notify_master_resource", "notify_master_uname"),
                ],
                &self.promoted,
            ),
        ];
        for (names, list) in lists {
            let (resources, nodes) = texts(work, list);
            for (resource_name, node_name) in names {
                values.push((*resource_name, Arc::clone(&resources)));
                values.push((*node_name, Arc::clone(&nodes)));
            }
        }
        values.push(("notify_inactive_resource", texts(work, &self.inactive).0));
        let names = |nodes: &mut dyn Iterator<Item = NodeIx>| -> Arc<str> {
            joined(nodes.map(|node| work.node(node).name.as_str()))
        };
        let table = &work.resource(clone).table;
        values.push(("notify_available_uname", names(&mut table.iter().map(|(node, _)| node))));
        values.push(("notify_all_uname", names(&mut work.facts.node_numbers())));
        if work
            .resource(clone)
            .meta
            .get("container-attribute-target")
            .is_some_and(|target| &**target == "host")
        {
            let hosts = work.facts.node_numbers().map(|node| host_of(work, node));
            values.push(("notify_all_hosts", names(&mut hosts.into_iter())));
        }
        values
    }
}

/// The host that a guest is on now, or the node itself.
fn host_of(work: &Work<'_, '_>, node: NodeIx) -> NodeIx {
    let launcher = work.node(node).connection.and_then(|connection| work.resource(connection).launcher);
    launcher.and_then(|launcher| work.current_node(launcher)).unwrap_or(node)
}

/// Names of resources and of their nodes, sorted by resource; each resource once.
fn texts(work: &Work<'_, '_>, list: &[Entry]) -> (Arc<str>, Arc<str>) {
    let node_id = |node: Option<NodeIx>| node.map(|node| work.node(node).id.as_str());
    let mut sorted: Vec<_> = list.iter().map(|(leaf, node)| (&*work.resource(*leaf).id, *node)).collect();
    sorted.sort_by(|(a, a_node), (b, b_node)| a.cmp(b).then_with(|| node_id(*a_node).cmp(&node_id(*b_node))));
    sorted.dedup_by_key(|(id, _)| *id);
    let nodes = sorted.iter().filter_map(|(_, node)| *node).map(|node| work.node(node).name.as_str());
    (joined(sorted.iter().map(|(id, _)| *id)), joined(nodes))
}

/// Words with blanks between; a lone blank for none.
fn joined<'w>(words: impl Iterator<Item = &'w str>) -> Arc<str> {
    let words: Vec<_> = words.collect();
    if words.is_empty() { " ".into() } else { words.join(" ").into() }
}
