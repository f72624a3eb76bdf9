//! Long lists of facts, found by name. Each index is made when it is first asked for: most plans
//! need none of them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::difference::ObjectChange;
use crate::model::id::without_number;
use crate::model::{NodeName, Score};
use crate::scheduler::facts::{FailedAction, NodeFacts};
use crate::scheduler::{Facts, Schedule, ScorePool};
use crate::status::ResourceHistory;

/// What is looked up when reasons are sought.
pub(super) struct Catalogue<'a> {
    facts: &'a Facts<'a>,
    schedule: &'a Schedule,
    objects: &'a [ObjectChange],
    scores: OnceCell<BTreeMap<(&'a str, &'a str), Score>>,
    failures: OnceCell<BTreeMap<(&'a str, &'a str), &'a FailedAction>>,
    lost: OnceCell<BTreeMap<&'a str, Vec<Remembered<'a>>>>,
    configured: OnceCell<BTreeSet<&'a str>>,
    changed: OnceCell<BTreeMap<&'a str, Vec<usize>>>,
}

/// What a node remembers of a resource.
pub(super) type Remembered<'a> = (&'a NodeFacts<'a>, &'a ResourceHistory);

impl<'a> Catalogue<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, schedule: &'a Schedule, objects: &'a [ObjectChange]) -> Self {
        Self {
            facts,
            schedule,
            objects,
            scores: OnceCell::new(),
            failures: OnceCell::new(),
            lost: OnceCell::new(),
            configured: OnceCell::new(),
            changed: OnceCell::new(),
        }
    }

    /// The score that decided about a primitive on a node.
    pub(super) fn score(&self, resource: &str, node: &NodeName) -> Option<Score> {
        let scores = self.scores.get_or_init(|| {
            let lines = self.schedule.scores.iter().filter(|line| line.pool == ScorePool::Primitive);
            // Of several, the last counts.
            lines
                .filter_map(|line| Some(((&*line.resource, line.node.as_ref()?.as_str()), line.score)))
                .collect()
        });
        scores.get(&(resource, node.as_str())).copied()
    }

    /// The first failure of a resource (instance numbers aside) on a node.
    pub(super) fn failure(&self, resource: &str, node: &NodeName) -> Option<&'a FailedAction> {
        let failures = self.failures.get_or_init(|| {
            let mut failures = BTreeMap::new();
            for failed in self.facts.remembered_failures() {
                let key = (without_number(&failed.resource), self.facts.node(failed.node).name.as_str());
                failures.entry(key).or_insert(failed);
            }
            failures
        });
        failures.get(&(without_number(resource), node.as_str())).copied()
    }

    /// What each node that is not there remembers of a resource (instance numbers aside).
    pub(super) fn lost_histories(&self, resource: &str) -> &[Remembered<'a>] {
        let lost = self.lost.get_or_init(|| {
            let mut lost: BTreeMap<&str, Vec<Remembered<'a>>> = BTreeMap::new();
            for node in self.facts.nodes.iter().filter(|node| !node.is_online) {
                for history in node.state.into_iter().flat_map(|state| &state.resources) {
                    let known = lost.entry(without_number(&history.id)).or_default();
                    // Only the first of each node.
                    if known.last().is_none_or(|(other, _)| !std::ptr::eq(*other, node)) {
                        known.push((node, history));
                    }
                }
            }
            lost
        });
        lost.get(without_number(resource)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the configuration knows a resource of this name.
    pub(super) fn is_configured(&self, name: &str) -> bool {
        let configured = self.configured.get_or_init(|| {
            let known = self.facts.resources.iter().filter(|facts| !facts.is_removed);
            known.map(|facts| &*facts.base_id).collect()
        });
        configured.contains(name)
    }

    /// What changes about the things of these names, in order.
    pub(super) fn changes_about(&self, names: &[&str]) -> impl Iterator<Item = &'a ObjectChange> {
        let changed = self.changed.get_or_init(|| {
            let mut changed: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (number, object) in self.objects.iter().enumerate() {
                changed.entry(object.address.name.as_str()).or_default().push(number);
            }
            changed
        });
        let numbers: BTreeSet<usize> =
            names.iter().filter_map(|name| changed.get(name)).flatten().copied().collect();
        numbers.into_iter().filter_map(|number| self.objects.get(number))
    }
}
