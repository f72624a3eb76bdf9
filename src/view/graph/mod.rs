//! The transition as a graph: for Graphviz, for Mermaid, and drawn at once as SVG.
//!
//! Points in time that nobody acts at are left out; what waited for them waits for what they
//! waited for.

mod layers;
mod svg;

use std::collections::{BTreeMap, BTreeSet};

use super::escaped;
use super::progress::describe;
use crate::scheduler::{Action, ActionId, ActionKind, Task, Transition};

pub use svg::svg;

/// The graph of what is really done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// What is done, in an order that respects the edges.
    pub vertices: Vec<Vertex>,
    /// What must be done before what, by positions in `vertices`; nothing that follows from others.
    pub edges: Vec<(usize, usize)>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vertex {
    /// What, in words.
    pub label: String,
    /// What it does to the world, for its colour.
    pub tone: Tone,
}

/// What an action does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Brings something up.
    Up,
    /// Takes something down.
    Down,
    /// Fences.
    Fence,
    /// Only looks or tells.
    Quiet,
}

impl Tone {
    /// Fill colour.
    const fn colour(self) -> &'static str {
        match self {
            Self::Up => "#d5f0d8",
            Self::Down => "#fbe3c8",
            Self::Fence => "#f6c6c6",
            Self::Quiet => "#ececec",
        }
    }
}

/// Draws the graph of a transition. Without `everything`, monitors and probes are left out too.
pub fn graph(transition: &Transition, everything: bool) -> Graph {
    let is_drawn =
        |action: &Action| action.kind != ActionKind::Pseudo && (everything || tone(action) != Tone::Quiet);
    let mut position: BTreeMap<ActionId, usize> = BTreeMap::new();
    let mut vertices = Vec::new();
    // For each action: the drawn actions that it waits for, directly or through what is not drawn.
    let mut waits: BTreeMap<ActionId, BTreeSet<usize>> = BTreeMap::new();
    let mut before: Vec<BTreeSet<usize>> = Vec::new();
    for action in in_order(transition) {
        let own: BTreeSet<usize> =
            action.after.iter().filter_map(|id| waits.get(id)).flatten().copied().collect();
        if is_drawn(action) {
            let index = vertices.len();
            vertices.push(Vertex { label: escaped(&describe(action)), tone: tone(action) });
            position.insert(action.id, index);
            before.push(own);
            waits.insert(action.id, BTreeSet::from([index]));
        } else {
            waits.insert(action.id, own);
        }
    }
    Graph { edges: reduced(&before), vertices }
}

/// Actions after everything they wait for, otherwise as they come.
fn in_order(transition: &Transition) -> Vec<&Action> {
    let by_id: BTreeMap<ActionId, &Action> =
        transition.actions.iter().map(|action| (action.id, action)).collect();
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    for action in &transition.actions {
        let mut stack = vec![(action, false)];
        while let Some((action, is_ready)) = stack.pop() {
            if is_ready {
                order.push(action);
                continue;
            }
            if !done.insert(action.id) {
                continue;
            }
            stack.push((action, true));
            stack.extend(
                action.after.iter().rev().filter_map(|id| by_id.get(id)).map(|earlier| (*earlier, false)),
            );
        }
    }
    order
}

/// The edges that do not follow from others.
fn reduced(before: &[BTreeSet<usize>]) -> Vec<(usize, usize)> {
    let mut reach: Vec<BTreeSet<usize>> = Vec::with_capacity(before.len());
    let mut edges = Vec::new();
    for (index, direct) in before.iter().enumerate() {
        let indirect: BTreeSet<usize> =
            direct.iter().filter_map(|earlier| reach.get(*earlier)).flatten().copied().collect();
        edges.extend(direct.difference(&indirect).map(|earlier| (*earlier, index)));
        reach.push(direct.union(&indirect).copied().collect());
    }
    edges
}

fn tone(action: &Action) -> Tone {
    match &action.task {
        Task::Start | Task::Promote | Task::MigrateFrom | Task::FenceOn => Tone::Up,
        Task::Stop | Task::Demote | Task::MigrateTo | Task::Reload | Task::Shutdown => Tone::Down,
        Task::FenceReboot | Task::FenceOff => Tone::Fence,
        Task::Monitor
        | Task::Cancel
        | Task::Notify
        | Task::Delete
        | Task::ClearFailCount
        | Task::ClearHistory
        | Task::Pseudo(_) => Tone::Quiet,
    }
}

/// The graph for Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut text =
        String::from("digraph transition {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\"];\n");
    for (index, vertex) in graph.vertices.iter().enumerate() {
        let label = vertex.label.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("  a{index} [label=\"{label}\", fillcolor=\"{}\"];\n", vertex.tone.colour()));
    }
    for (from, to) in &graph.edges {
        text.push_str(&format!("  a{from} -> a{to};\n"));
    }
    text.push_str("}\n");
    text
}

/// The graph for Mermaid, which forges draw in markdown.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (index, vertex) in graph.vertices.iter().enumerate() {
        let label = vertex
            .label
            .replace('&', "&amp;")
            .replace('#', "&num;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('`', "&grave;");
        text.push_str(&format!("  a{index}[\"{label}\"]\n"));
    }
    for (from, to) in &graph.edges {
        text.push_str(&format!("  a{from} --> a{to}\n"));
    }
    for (index, vertex) in graph.vertices.iter().enumerate() {
        text.push_str(&format!("  style a{index} fill:{}\n", vertex.tone.colour()));
    }
    text
}

#[cfg(test)]
mod tests;
