//! Laws about what people are told: reasons are true.

use std::collections::{BTreeMap, BTreeSet};

use quorate::model::Overlay;
use quorate::model::id::without_number;
use quorate::plan::relation::Relations;
use quorate::plan::{self, Because, Inputs, Step};
use quorate::scheduler::{Action, ActionId, ActionKind, Task};

use crate::Case;
use crate::generator::NOW;

/// Who is told to act after or before another does so by the graph, whoever carries it out.
pub(crate) fn tells_orders_that_are(case: &Case<'_>) -> Option<String> {
    let (cluster, status) = (&case.cib.cluster, &case.cib.status);
    let planned = plan::plan(&Inputs::drift(cluster, Overlay::none(), status, NOW));
    let relations = Relations::of(cluster);
    let actions = &planned.schedule.transition.actions;
    let by_id: BTreeMap<ActionId, &Action> = actions.iter().map(|action| (action.id, action)).collect();
    let of_resource = |resource: &str| -> Vec<&Action> {
        let is_of = |action: &&Action| {
            let names = [action.instance.as_deref(), action.resource.as_deref()];
            let mut names = names.into_iter().flatten();
            names.any(|name| relations.is_part_of(name, without_number(resource)))
        };
        let all: Vec<&Action> = actions.iter().filter(is_of).collect();
        let is_done = |action: &&&Action| action.kind != ActionKind::Pseudo && action.task != Task::Cancel;
        let done: Vec<&Action> = all.iter().filter(is_done).copied().collect();
        // A collective that is left alone, or is up already, does nothing but that it counts as up.
        if done.is_empty() { all } else { done }
    };
    let of_step = |step: &Step| -> Vec<&Action> {
        let name = step.resource.as_deref();
        let nodes = [&step.from, &step.to];
        let is_of = |action: &&Action| {
            [action.instance.as_deref(), action.resource.as_deref()].contains(&name)
                && action.interval.is_zero()
                && nodes.contains(&&action.node)
        };
        actions.iter().filter(is_of).collect()
    };
    planned.plan.steps.iter().find_map(|step| {
        let is_true = if let Because::After { resource, .. } = &step.because {
            leads(&of_resource(resource), &of_step(step), &by_id)
        } else if let Because::Before { resource, .. } = &step.because {
            leads(&of_step(step), &of_resource(resource), &by_id)
        } else {
            true
        };
        (!is_true).then(|| format!("{:?} {:?}: {:?}", step.verb, step.resource, step.because))
    })
}

/// Whether any of the later actions waits for one of the earlier.
fn leads(earlier: &[&Action], later: &[&Action], by_id: &BTreeMap<ActionId, &Action>) -> bool {
    let wanted: BTreeSet<ActionId> = earlier.iter().map(|action| action.id).collect();
    let mut seen = BTreeSet::new();
    let mut open: Vec<ActionId> = later.iter().flat_map(|action| action.after.iter().copied()).collect();
    while let Some(id) = open.pop() {
        if wanted.contains(&id) {
            return true;
        }
        if let Some(action) = by_id.get(&id).filter(|_| seen.insert(id)) {
            open.extend(&action.after);
        }
    }
    false
}
