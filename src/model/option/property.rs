//! Cluster properties.

use super::OptionKind::{Boolean, Choice, HealthScore, Percentage, Period, SignedPeriod, Text};
use super::OptionSpec;
use super::kind::{COUNT, LIMIT};

const fn option(
    name: &'static str,
    kind: super::OptionKind,
    default: &'static str,
    description: &'static str,
) -> OptionSpec {
    OptionSpec::new(name, kind, Some(default), description)
}

const FENCING_ACTIONS: super::OptionKind = Choice(&["reboot", "off", "poweroff"]);

/// Every cluster property.
#[rustfmt::skip] // One line per option reads as the table that it is.
pub static PROPERTIES: &[OptionSpec] = &[
    OptionSpec::new("cluster-name", Text, None, "Name of the cluster, seen by rules as `#cluster-name` and by some agents."),
    option("no-quorum-policy", Choice(&["stop", "freeze", "ignore", "demote", "fence", "suicide"]), "stop", "What a partition without quorum does with its resources."),
    option("symmetric-cluster", Boolean, "true", "Whether resources may run on any node unless a constraint forbids it."),
    option("stop-all-resources", Boolean, "false", "Whether every resource is to be stopped."),
    option("maintenance-mode", Boolean, "false", "Whether all resources are left alone, without starts, stops and monitors."),
    option("start-failure-is-fatal", Boolean, "true", "Whether one failed start bans the resource from the node until the failure is cleared."),
    option("fencing-enabled", Boolean, "true", "Whether lost nodes and failed stops are answered by fencing; without it a lost node is only assumed to be down."),
    option("stonith-enabled", Boolean, "true", "Whether lost nodes and failed stops are answered by fencing; without it a lost node is only assumed to be down.").alias_of("fencing-enabled"),
    option("fencing-action", FENCING_ACTIONS, "reboot", "What fencing does to a node."),
    option("stonith-action", FENCING_ACTIONS, "reboot", "What fencing does to a node.").alias_of("fencing-action"),
    option("fencing-timeout", Period, "60s", "How long one fencing action may take unless its device says otherwise."),
    option("stonith-timeout", Period, "60s", "How long one fencing action may take unless its device says otherwise.").alias_of("fencing-timeout"),
    option("fencing-max-attempts", COUNT, "10", "How often fencing of one target may fail before it is no longer retried at once."),
    option("stonith-max-attempts", COUNT, "10", "How often fencing of one target may fail before it is no longer retried at once.").alias_of("fencing-max-attempts"),
    option("fencing-watchdog-timeout", SignedPeriod, "0", "Time after which a lost node is taken to have been reset by its own watchdog; zero means never, negative means twice the watchdog's own."),
    option("stonith-watchdog-timeout", SignedPeriod, "0", "Time after which a lost node is taken to have been reset by its own watchdog; zero means never, negative means twice the watchdog's own.").alias_of("fencing-watchdog-timeout"),
    option("fencing-reaction", Choice(&["stop", "panic"]), "stop", "What a node does when it is told that it was itself fenced."),
    option("fence-reaction", Choice(&["stop", "panic"]), "stop", "What a node does when it is told that it was itself fenced.").alias_of("fencing-reaction"),
    option("priority-fencing-delay", Period, "0", "Head start in a fence race for the node whose resources have the higher total priority."),
    option("startup-fencing", Boolean, "true", "Whether nodes that have not been seen since the start are fenced; switching it off is unsafe."),
    option("fence-remote-without-quorum", Boolean, "false", "Whether remote nodes may be fenced by a partition without quorum."),
    option("node-pending-timeout", Period, "0", "How long a node may hang between membership and the cluster before it is fenced; zero means for ever."),
    option("concurrent-fencing", Boolean, "true", "Whether several nodes may be fenced at the same time.").deprecated(),
    option("cluster-delay", Period, "60s", "Allowance for the way of commands and results through the cluster."),
    option("batch-limit", LIMIT, "0", "Actions in flight in the whole cluster; zero decides by load, -1 means no limit."),
    option("migration-limit", LIMIT, "-1", "Live migrations in flight per node; -1 means no limit."),
    option("load-threshold", Percentage, "80%", "Load of a node's processors from which it gets less work."),
    option("node-action-limit", COUNT, "0", "Actions in flight per node; zero means twice the number of processors."),
    option("dc-deadtime", Period, "20s", "How long a starting node waits for others before it elects a controller."),
    option("election-timeout", Period, "2min", "How long an election waits for votes."),
    option("join-integration-timeout", Period, "3min", "How long a node may take to answer the offer to join."),
    option("join-finalization-timeout", Period, "30min", "How long joining may take as a whole."),
    option("transition-delay", Period, "0", "How long to wait after an event before deciding."),
    option("cluster-recheck-interval", Period, "15min", "How often to decide again without an event; zero means never."),
    option("shutdown-escalation", Period, "20min", "How long a clean shutdown of a node may take."),
    option("shutdown-lock", Boolean, "false", "Whether resources of a cleanly stopped node wait for its return instead of moving."),
    option("shutdown-lock-limit", Period, "0", "How long they wait; zero means for ever."),
    option("pe-error-series-max", LIMIT, "-1", "How many inputs of decisions with errors are kept; -1 means all."),
    option("pe-warn-series-max", LIMIT, "5000", "How many inputs of decisions with warnings are kept; -1 means all."),
    option("pe-input-series-max", LIMIT, "4000", "How many inputs of other decisions are kept; -1 means all."),
    option("enable-acl", Boolean, "false", "Whether the access control lists are in force."),
    option("placement-strategy", Choice(&["default", "utilization", "minimal", "balanced"]), "default", "Whether and how the capacity of nodes decides placement."),
    option("node-health-strategy", Choice(&["none", "migrate-on-red", "only-green", "progressive", "custom"]), "none", "What health attributes do to the scores of their node."),
    option("node-health-base", HealthScore, "0", "Score that every node starts with under the strategy `progressive`."),
    option("node-health-green", HealthScore, "0", "Score of the health colour green."),
    option("node-health-yellow", HealthScore, "0", "Score of the health colour yellow."),
    option("node-health-red", HealthScore, "-INFINITY", "Score of the health colour red."),
    option("enable-startup-probes", Boolean, "true", "Whether resources are looked for on nodes that join.").deprecated(),
    option("stop-removed-resources", Boolean, "true", "Whether a running resource is stopped when it is no longer configured.").deprecated(),
    option("stop-orphan-resources", Boolean, "true", "Whether a running resource is stopped when it is no longer configured.").alias_of("stop-removed-resources"),
    option("cancel-removed-actions", Boolean, "true", "Whether a recurring operation is cancelled when it is no longer configured.").deprecated(),
    option("stop-orphan-actions", Boolean, "true", "Whether a recurring operation is cancelled when it is no longer configured.").alias_of("cancel-removed-actions"),
    option("remove-after-stop", Boolean, "false", "Without effect; read for the sake of old configurations.").deprecated(),
    OptionSpec::new("cluster-ipc-limit", COUNT, None, "Without effect; read for the sake of old configurations.").deprecated(),
    OptionSpec::new("dc-version", Text, None, "Version of the cluster software.").generated(),
    OptionSpec::new("cluster-infrastructure", Text, None, "Messaging layer below the cluster.").generated(),
    OptionSpec::new("have-watchdog", Boolean, Some("false"), "Whether nodes have a watchdog that resets them when they lose the cluster.").generated(),
    OptionSpec::new("last-lrm-refresh", Text, None, "Moment of the last refresh of resource histories.").generated(),
];
