//! How a cluster is, as figures in the text form of Prometheus.
//!
//! Names and labels are those of the `ha_cluster` exporter where it has them, so that dashboards and
//! alerts made for Pacemaker go on.

use std::fmt::Write;

use crate::model::{NodeName, Role};
use crate::plan::Overview;
use crate::plan::overview::{Health, NodeCondition, ResourceOverview};

/// What the text is to a web client.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is known beside the overview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Whether this daemon is a member of a cluster that agrees on a state.
    pub is_settled: bool,
    /// Whether this node is the designated controller.
    pub is_dc: bool,
    /// Votes present.
    pub votes: u32,
    /// Votes expected.
    pub expected_votes: u32,
    /// Daemons that take part.
    pub members: u64,
    /// Actions that are under way.
    pub in_flight: u64,
}

/// One metric with its samples.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: Vec<(String, String)>,
}

impl Metric {
    fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, samples: Vec::new() }
    }

    fn with(mut self, labels: &[(&str, &str)], value: impl Into<u64>) -> Self {
        self.add(labels, value);
        self
    }

    fn add(&mut self, labels: &[(&str, &str)], value: impl Into<u64>) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.samples.push((labels, value.into().to_string()));
    }
}

/// The figures as text; without a daemon there are none of its own.
pub fn text(overview: &Overview, figures: Option<&Figures>) -> String {
    let mut text = String::new();
    let listed = [nodes(overview), resources(overview), failures(overview)];
    let own = figures.into_iter().flat_map(daemon);
    for metric in listed.into_iter().chain(plain(overview)).chain(own) {
        // Writing into a text cannot fail.
        let _ = write!(text, "# HELP {0} {1}\n# TYPE {0} gauge\n", metric.name, metric.help);
        for (labels, value) in metric.samples {
            let _ = writeln!(text, "{}{labels} {value}", metric.name);
        }
    }
    text
}

fn nodes(overview: &Overview) -> Metric {
    let mut metric = Metric::new("ha_cluster_pacemaker_nodes", "How each node is; 1 for what holds.");
    for node in &overview.nodes {
        let kind = if node.is_remote { "remote" } else { "member" };
        for state in &node.states {
            metric.add(&[("node", node.name.as_str()), ("type", kind), ("status", status(*state))], 1_u32);
        }
        if overview.dc.as_ref() == Some(&node.name) {
            metric.add(&[("node", node.name.as_str()), ("type", kind), ("status", "dc")], 1_u32);
        }
    }
    metric
}

const fn status(condition: NodeCondition) -> &'static str {
    match condition {
        NodeCondition::Unclean => "unclean",
        NodeCondition::Lost => "lost",
        NodeCondition::Silent => "silent",
        NodeCondition::Detached => "detached",
        NodeCondition::Offline => "offline",
        NodeCondition::Pending => "pending",
        NodeCondition::ShuttingDown => "shutdown",
        NodeCondition::Standby => "standby",
        NodeCondition::Maintenance => "maintenance",
        NodeCondition::Online => "online",
    }
}

fn resources(overview: &Overview) -> Metric {
    let mut metric =
        Metric::new("ha_cluster_pacemaker_resources", "How each resource is, and where; 1 for what holds.");
    for resource in overview.resources.iter().filter(|resource| !resource.is_collective) {
        let nodes = resource.nodes.iter().map(NodeName::as_str);
        let nodes: Vec<&str> = if resource.nodes.is_empty() { vec![""] } else { nodes.collect() };
        for node in nodes {
            let managed = resource.is_managed.to_string();
            let role = resource.role.to_string().to_lowercase();
            let labels = |status| {
                [
                    ("resource", resource.id.as_str()),
                    ("node", node),
                    ("agent", resource.kind.as_str()),
                    ("role", role.as_str()),
                    ("managed", managed.as_str()),
                    ("status", status),
                ]
            };
            let is_degraded = resource.degraded.iter().any(|degraded| degraded.node.is(node));
            for status in statuses(resource).into_iter().chain(is_degraded.then_some("degraded")) {
                metric.add(&labels(status), 1_u32);
            }
        }
    }
    metric
}

fn statuses(resource: &ResourceOverview) -> Vec<&'static str> {
    let all = [
        (!resource.nodes.is_empty() && resource.role != Role::Stopped && !resource.is_starting(), "active"),
        (resource.is_starting(), "starting"),
        (resource.is_failed, "failed"),
        (resource.is_blocked, "blocked"),
        (resource.is_removed, "orphaned"),
    ];
    let mut found: Vec<&str> =
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, status)| status).collect();
    if found.is_empty() {
        found.push("stopped");
    }
    found
}

fn failures(overview: &Overview) -> Metric {
    let mut metric = Metric::new("quorate_failures", "Failures of a resource on a node that are remembered.");
    let mut counted: Vec<(&str, &str, u32)> = Vec::new();
    for failure in &overview.failures {
        let (resource, node) = (failure.resource.as_str(), failure.node.as_str());
        match counted.iter_mut().find(|known| (known.0, known.1) == (resource, node)) {
            Some(known) => known.2 += 1,
            None => counted.push((resource, node, 1)),
        }
    }
    for (resource, node, count) in counted {
        metric.add(&[("resource", resource), ("node", node)], count);
    }
    metric
}

fn plain(overview: &Overview) -> [Metric; 4] {
    let bit = |holds: bool| u8::from(holds);
    [
        Metric::new("ha_cluster_corosync_quorate", "Whether this partition may act for the cluster.")
            .with(&[], bit(overview.has_quorum)),
        Metric::new("quorate_generation", "The generation in force.").with(&[], overview.generation),
        Metric::new("quorate_overrides", "Overrides in force.").with(&[], overview.overrides.len() as u64),
        Metric::new("quorate_healthy", "Whether what is in force is so.")
            .with(&[], bit(overview.health == Health::Healthy)),
    ]
}

/// What only a daemon knows.
fn daemon(figures: &Figures) -> [Metric; 5] {
    let bit = |holds: bool| u8::from(holds);
    [
        Metric::new("ha_cluster_corosync_quorum_votes", "Votes of the cluster.")
            .with(&[("type", "total_votes")], figures.votes)
            .with(&[("type", "expected_votes")], figures.expected_votes),
        Metric::new("quorate_settled", "Whether this daemon takes part in a cluster that agrees on a state.")
            .with(&[], bit(figures.is_settled)),
        Metric::new("quorate_dc", "Whether this node is the designated controller.")
            .with(&[], bit(figures.is_dc)),
        Metric::new("quorate_members", "Daemons that take part.").with(&[], figures.members),
        Metric::new("quorate_actions_in_flight", "Actions that are under way.").with(&[], figures.in_flight),
    ]
}

/// A value as it stands between quotes.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    // Whoever looks at the page in a terminal reads it as it stands.
    super::escaped(&text)
}
