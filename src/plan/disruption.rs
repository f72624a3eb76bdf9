//! Disruption: what people notice of a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::step::{Step, Verb};
use crate::model::NodeName;
use crate::scheduler::Facts;

/// What people notice of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disruption {
    /// Resources that start where nothing ran.
    pub starts: Vec<String>,
    /// Resources that stop for good.
    pub stops: Vec<String>,
    /// Resources that move to another node.
    pub moves: Vec<String>,
    /// Resources that restart or recover in place.
    pub restarts: Vec<String>,
    /// Resources that are promoted or demoted where they are.
    pub role_changes: Vec<String>,
    /// Nodes that are fenced.
    pub fences: Vec<NodeName>,
    /// For how long resources are down that were up.
    pub down: Vec<Down>,
}

/// How long a resource is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    /// Which.
    pub resource: String,
    /// It stops with this step.
    pub from: usize,
    /// It is up again after this step.
    pub until: usize,
}

/// A change by its verb, before it was taken apart into steps.
pub(super) struct Whole<'a> {
    pub(super) verb: Verb,
    pub(super) resource: Option<&'a str>,
    pub(super) from: Option<&'a NodeName>,
    pub(super) to: Option<&'a NodeName>,
}

impl Disruption {
    pub(super) fn of<'a>(wholes: impl Iterator<Item = Whole<'a>>, steps: &[Step]) -> Self {
        let mut disruption = Self::default();
        let spans = spans(steps);
        for whole in wholes {
            disruption.add(&whole, &spans);
        }
        disruption
    }

    fn add(&mut self, whole: &Whole<'_>, spans: &BTreeMap<&str, (usize, usize)>) {
        if matches!(whole.verb, Verb::Fence) {
            self.fences.extend(whole.from.cloned());
            return;
        }
        let Some(resource) = whole.resource else { return };
        match whole.verb {
            Verb::Start => self.starts.push(resource.to_owned()),
            Verb::Stop => self.stops.push(resource.to_owned()),
            Verb::Move | Verb::Migrate => self.moves.push(resource.to_owned()),
            Verb::Recover if whole.to.is_some_and(|to| whole.from != Some(to)) => {
                self.moves.push(resource.to_owned());
            }
            Verb::Restart | Verb::Recover => self.restarts.push(resource.to_owned()),
            Verb::Promote | Verb::Demote | Verb::RePromote => self.role_changes.push(resource.to_owned()),
            Verb::Reload | Verb::Fence | Verb::Unfence | Verb::Shutdown => {}
        }
        if matches!(whole.verb, Verb::Move | Verb::Restart | Verb::Recover) {
            let down = |(from, until)| Down { resource: resource.to_owned(), from, until };
            self.down.extend(spans.get(resource).copied().map(down));
        }
    }

    /// Adds what stops wherever it is without a change that says so, as it cannot start again.
    pub(super) fn add_unnamed(&mut self, facts: &Facts<'_>, steps: &[Step]) {
        let named = [&self.starts, &self.stops, &self.moves, &self.restarts, &self.role_changes];
        let named: BTreeSet<String> = named.into_iter().flatten().cloned().collect();
        let mut stopped: BTreeMap<&str, BTreeSet<&NodeName>> = BTreeMap::new();
        for step in steps.iter().filter(|step| step.verb == Verb::Stop) {
            let resource = step.resource.as_deref().filter(|resource| !named.contains(*resource));
            if let (Some(resource), Some(node)) = (resource, &step.from) {
                stopped.entry(resource).or_default().insert(node);
            }
        }
        for (resource, nodes) in stopped {
            let own = facts.resources.iter().find(|own| *own.id == *resource);
            let mut places = own.into_iter().flat_map(|own| &own.active_on);
            if places.all(|place| nodes.contains(&facts.node(*place).name)) {
                self.stops.push(resource.to_owned());
            }
        }
    }

    /// Whether nobody notices anything.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The first and the last step of each resource.
fn spans(steps: &[Step]) -> BTreeMap<&str, (usize, usize)> {
    let mut spans = BTreeMap::new();
    for step in steps {
        if let Some(resource) = &step.resource {
            let span = spans.entry(resource.as_str()).or_insert((step.number, step.number));
            span.1 = step.number;
        }
    }
    spans
}
