//! A decision as both sides can state it: actions, their order, changes and scores.

use std::collections::{BTreeMap, BTreeSet};

use quorate::scheduler::Schedule;
use quorate::view;
use serde_json::Value;

/// What was decided about a cluster.
#[derive(Default)]
pub(crate) struct Decision {
    /// Real actions: task, resource, node, interval, notification.
    pub(crate) actions: BTreeSet<String>,
    /// Pairs of real actions of which the first must be complete before the second.
    pub(crate) order: BTreeSet<(String, String)>,
    /// Changes of resources and nodes.
    pub(crate) changes: BTreeSet<String>,
    /// Scores by pool, resource and node.
    pub(crate) scores: BTreeSet<String>,
    /// Real actions that wait for what is not there.
    pub(crate) dead: BTreeSet<String>,
    /// Where instances were active before.
    pub(crate) active: BTreeSet<(String, String)>,
}

/// An action before real ones and others are told apart.
pub(crate) struct Step {
    pub(crate) id: String,
    /// Nothing for a pseudo action.
    pub(crate) real: Option<String>,
    pub(crate) after: Vec<String>,
}

impl Decision {
    /// What our scheduler decides.
    pub(crate) fn of(schedule: &Schedule) -> Self {
        let plan: Value = serde_json::from_str(&view::transition::json(schedule)).unwrap();
        let mut decision = Self::default();
        decision.take_steps(&rows(&plan, "actions").map(step).collect::<Vec<_>>());
        decision.changes = rows(&plan, "changes").map(change_of).collect();
        decision.scores = rows(&plan, "scores").map(score).collect();
        decision
    }

    /// Takes the actions of a graph, and the order among real ones through all of them.
    pub(crate) fn take_steps(&mut self, steps: &[Step]) {
        let by_id: BTreeMap<&str, &Step> = steps.iter().map(|step| (step.id.as_str(), step)).collect();
        for step in steps {
            let Some(real) = &step.real else { continue };
            // What waits for an action that is not there is never done.
            if step.after.iter().any(|id| !by_id.contains_key(id.as_str())) {
                self.dead.insert(real.clone());
                continue;
            }
            self.actions.insert(real.clone());
            let mut seen = BTreeSet::new();
            let mut open: Vec<&str> = step.after.iter().map(String::as_str).collect();
            while let Some(id) = open.pop() {
                let Some(before) = by_id.get(id).filter(|_| seen.insert(id)) else { continue };
                self.order.extend(before.real.iter().map(|before| (before.clone(), real.clone())));
                open.extend(before.after.iter().map(String::as_str));
            }
        }
    }

    /// What the other decides differently, the most important first.
    pub(crate) fn differences(&self, theirs: &Self) -> Vec<String> {
        let mut found = compare("action", &self.actions, &theirs.actions);
        if found.is_empty() {
            let line = |(before, after): &(String, String)| format!("{before} -> {after}");
            let ours = self.order.iter().map(line).collect();
            found = compare("order", &ours, &theirs.order.iter().map(line).collect());
        }
        found.extend(compare("change", &self.changes, &theirs.changes));
        found.extend(compare("score", &self.scores, &theirs.scores));
        found
    }
}

fn compare(what: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> Vec<String> {
    let extra = ours.difference(theirs).map(|line| format!("{what} only-ours: {line}"));
    let missing = theirs.difference(ours).map(|line| format!("{what} only-theirs: {line}"));
    extra.chain(missing).collect()
}

fn rows<'p>(plan: &'p Value, key: &str) -> impl Iterator<Item = &'p Value> {
    plan[key].as_array().unwrap().iter()
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or("-")
}

fn step(row: &Value) -> Step {
    let after = row["after"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let is_real = row["kind"] != "pseudo";
    let real = is_real.then(|| {
        let (task, resource, node) = (text(row, "task"), text(row, "resource"), text(row, "node"));
        format!("{task} {resource} {node} {} {}", row["interval_ms"], text(row, "notify"))
    });
    Step { id: row["id"].to_string(), real, after }
}

fn change_of(row: &Value) -> String {
    let verb = text(row, "action");
    if verb == "fence" {
        return format!("fence {} {}", text(row, "operation"), text(row, "node"));
    }
    let nodes = [row["from"].as_str(), row["to"].as_str()];
    change(verb, text(row, "resource"), nodes, row["blocked"] == true)
}

/// A change in words. A node that is both left and gone to is named once, as what stays on a node
/// is shown with either.
pub(crate) fn change(verb: &str, resource: &str, nodes: [Option<&str>; 2], is_blocked: bool) -> String {
    let mut nodes: Vec<&str> = nodes.into_iter().flatten().collect();
    nodes.dedup();
    format!("{verb} {resource} {}{}", nodes.join(" "), if is_blocked { " blocked" } else { "" })
}

fn score(row: &Value) -> String {
    let score = match row["score"].as_i64().unwrap() {
        1_000_000 => "INFINITY".to_owned(),
        -1_000_000 => "-INFINITY".to_owned(),
        other => other.to_string(),
    };
    format!("{} {} {} {score}", text(row, "pool"), text(row, "resource"), text(row, "node"))
}
