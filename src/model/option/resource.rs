//! Meta-attributes of resources.

use super::OptionKind::{Boolean, Choice, Period, Score, Text};
use super::kind::{COUNT, PORT};
use super::{OptionKind, OptionSpec};

/// Which kinds of resource an option is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All.
    All,
    /// Clones only (and their child, which inherits nothing from it).
    Clone,
}

impl Scope {
    /// The scope of the option of this name.
    pub fn of(name: &str) -> Self {
        const CLONE: [&str; 12] = [
            "clone-max",
            "clone-node-max",
            "clone-min",
            "globally-unique",
            "ordered",
            "interleave",
            "notify",
            "promotable",
            "promoted-max",
            "promoted-node-max",
            "master-max",
            "master-node-max",
        ];
        if CLONE.contains(&name) { Self::Clone } else { Self::All }
    }
}

const fn option(
    name: &'static str,
    kind: OptionKind,
    default: &'static str,
    description: &'static str,
) -> OptionSpec {
    OptionSpec::new(name, kind, Some(default), description)
}

const ROLES: OptionKind =
    Choice(&["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master", "Default"]);

/// Every meta-attribute of resources.
#[rustfmt::skip] // One line per option reads as the table that it is.
pub static RESOURCE_META: &[OptionSpec] = &[
    option("priority", Score, "0", "Resources of higher priority are placed first and kept when not all can run."),
    option("critical", Boolean, "true", "Whether its failure may move the resources that it is colocated with."),
    option("target-role", ROLES, "Started", "The highest role it may have."),
    option("is-managed", OptionKind::BooleanOrDefault, "true", "Whether the cluster may start, stop, promote and demote it."),
    option("maintenance", Boolean, "false", "Whether it is left alone, monitors included."),
    option("resource-stickiness", OptionKind::ScoreOrDefault, "0", "How much it wants to stay where it is; 1 for instances of clones."),
    OptionSpec::new("requires", Choice(&["nothing", "quorum", "fencing", "unfencing"]), None, "What must be given before it may start; by default fencing where that is enabled."),
    option("migration-threshold", OptionKind::ScoreOrDefault, "INFINITY", "Failures on one node after which it must leave that node; zero switches this off."),
    option("failure-timeout", Period, "0", "Age at which failures are forgotten; zero means never."),
    option("multiple-active", Choice(&["block", "stop_only", "stop_start", "stop_unexpected"]), "stop_start", "What happens when it is found active on several nodes."),
    option("allow-migrate", Boolean, "false", "Whether it may be moved live, where its agent can."),
    option("allow-unhealthy-nodes", Boolean, "false", "Whether it ignores the health of nodes."),
    OptionSpec::new("container-attribute-target", Text, None, "With `host`, node attributes set inside a bundle go to the host."),
    OptionSpec::new("remote-node", Text, None, "Name of the guest node that this resource provides."),
    OptionSpec::new("remote-addr", Text, None, "Address of the guest node; by default its name."),
    option("remote-port", PORT, "3121", "Port of the connection to the guest node."),
    option("remote-connect-timeout", Period, "60s", "How long connecting to the guest node may take."),
    option("remote-allow-migrate", Boolean, "true", "Whether the connection to the guest node may be moved live."),
    OptionSpec::new("provides", Choice(&["unfencing"]), None, "With `unfencing` on a fence device: nodes must be let in by it first."),
    OptionSpec::new("clone-max", COUNT, None, "How many instances; by default as many as nodes."),
    option("clone-node-max", COUNT, "1", "How many instances one node may run."),
    option("clone-min", COUNT, "0", "How many instances must be able to run before those ordered after the clone may start; zero means all."),
    OptionSpec::new("globally-unique", Boolean, None, "Whether instances differ from each other; by default only where a node may run several."),
    option("ordered", Boolean, "false", "Whether instances start one after another."),
    option("interleave", Boolean, "false", "Whether those ordered after the clone wait only for the instance on their own node."),
    option("notify", Boolean, "false", "Whether instances are told before and after others act."),
    option("promotable", Boolean, "false", "Whether instances can be promoted."),
    option("promoted-max", COUNT, "1", "How many instances may be promoted."),
    option("promoted-node-max", COUNT, "1", "How many instances may be promoted on one node."),
    option("master-max", COUNT, "1", "How many instances may be promoted.").alias_of("promoted-max"),
    option("master-node-max", COUNT, "1", "How many instances may be promoted on one node.").alias_of("promoted-node-max"),
    OptionSpec::new("collocated", Boolean, Some("true"), "Whether members of a group run in one place.").deprecated(),
    OptionSpec::new("resource-failure-stickiness", Score, None, "Without effect; read for the sake of old configurations.").deprecated(),
    OptionSpec::new("restart-type", Text, None, "Without effect; read for the sake of old configurations.").deprecated(),
];
