//! Cluster properties, read and completed with defaults.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Cluster, OptionSet, Resource, Score, Table, Value, period, scalar};
use crate::scheduler::facts::{FencingAction, HealthStrategy, NoQuorumPolicy, PlacementStrategy, Properties};
use crate::scheduler::options;
use crate::scheduler::rule::{Recheck, RuleInput};
use crate::status::ClusterStatus;

/// Old names that still count where the new one is absent.
const OLD_NAMES: [(&str, &str); 5] = [
    ("fencing-enabled", "stonith-enabled"),
    ("fencing-action", "stonith-action"),
    ("fencing-timeout", "stonith-timeout"),
    ("stop-removed-resources", "stop-orphan-resources"),
    ("cancel-removed-actions", "stop-orphan-actions"),
];

impl Properties {
    /// The properties as every schedule reads them, for those who ask outside of one. `now` is in
    /// seconds since 1970; what status adds (quorum, fence devices) is left out.
    pub fn at(cluster: &Cluster, now: i64) -> Self {
        Self::of(written(cluster, &Recheck::new(now), now))
    }

    /// Whether lost nodes are fenced at any time. A rule that has a say in it counts as if it
    /// switched fencing off: who relies on fencing relies on it whatever the hour.
    pub fn always_fence(cluster: &Cluster) -> bool {
        let is_meant = |name: &str| name == "fencing-enabled" || name == "stonith-enabled";
        let mut ruled = cluster.properties.iter().filter(|set| set.rule.is_some());
        Self::at(cluster, 0).fencing_enabled
            && !ruled.any(|set| set.pairs.iter().any(|pair| is_meant(&pair.name)))
    }

    /// Reads the properties; what is absent or invalid is at its default. Fence devices are for
    /// others to find.
    pub(super) fn read(cluster: &Cluster, status: &ClusterStatus, recheck: &Recheck, now: i64) -> Self {
        let mut properties = Self::of(written(cluster, recheck, now));
        properties.has_quorum = status.has_quorum;
        if properties.cluster_name.is_none() {
            properties.cluster_name = cluster.name.as_deref().map(Into::into);
        }
        let may_fence_itself = properties.fencing_enabled && (status.has_quorum || status.has_quorum_panic);
        let cannot_fence = properties.no_quorum_policy == NoQuorumPolicy::Fence && !may_fence_itself;
        // Who is cut off lets go, whatever else is wished: the others take over.
        if cannot_fence || status.is_cut_off {
            properties.no_quorum_policy = NoQuorumPolicy::Stop;
        }
        properties.unfencing_in_use = asks_for_unfencing(cluster);
        properties
    }

    fn of(table: Table) -> Self {
        let fencing_enabled = flag(&table, "fencing-enabled", true);
        let has_watchdog = flag(&table, "have-watchdog", false);
        let limit = |name: &str, default: i64| number(&table, name).unwrap_or(default);
        Self {
            has_quorum: true,
            fencing_enabled,
            fencing_action: match lower(&table, "fencing-action").as_deref() {
                Some("off") => FencingAction::Off,
                Some(_) | None => FencingAction::Reboot,
            },
            fencing_timeout: text(&table, "fencing-timeout", "60s"),
            cluster_delay: text(&table, "cluster-delay", "60s"),
            has_watchdog,
            has_fence_device: has_watchdog,
            unfencing_in_use: false,
            startup_fencing: fencing_enabled && flag(&table, "startup-fencing", true),
            no_quorum_policy: no_quorum_policy(&table),
            symmetric: flag(&table, "symmetric-cluster", true),
            maintenance_mode: flag(&table, "maintenance-mode", false),
            stop_all_resources: flag(&table, "stop-all-resources", false),
            shutdown_lock: flag(&table, "shutdown-lock", false),
            shutdown_lock_limit: length(&table, "shutdown-lock-limit"),
            node_pending_timeout: length(&table, "node-pending-timeout"),
            priority_fencing_delay: length(&table, "priority-fencing-delay"),
            start_failure_is_fatal: flag(&table, "start-failure-is-fatal", true),
            enable_startup_probes: flag(&table, "enable-startup-probes", true),
            stop_removed_resources: flag(&table, "stop-removed-resources", true),
            cancel_removed_actions: flag(&table, "cancel-removed-actions", true),
            concurrent_fencing: flag(&table, "concurrent-fencing", true),
            fence_remote_without_quorum: flag(&table, "fence-remote-without-quorum", false),
            batch_limit: u32::try_from(limit("batch-limit", 0)).unwrap_or(0),
            migration_limit: u32::try_from(limit("migration-limit", -1)).ok(),
            placement_strategy: placement_strategy(&table),
            node_health_strategy: health_strategy(&table),
            node_health_base: score(&table, "node-health-base", Score::ZERO),
            node_health_green: score(&table, "node-health-green", Score::ZERO),
            node_health_yellow: score(&table, "node-health-yellow", Score::ZERO),
            node_health_red: score(&table, "node-health-red", Score::MINUS_INFINITY),
            cluster_name: table.get("cluster-name").cloned(),
            table,
        }
    }

    /// Reads a score; `red`, `yellow` and `green` are what the health strategy makes of them.
    pub fn parse_score(&self, text: &str) -> Option<Score> {
        let of = |on_red: Score, only_green: Score, written: Score| match self.node_health_strategy {
            HealthStrategy::None => Score::ZERO,
            HealthStrategy::MigrateOnRed => on_red,
            HealthStrategy::OnlyGreen => only_green,
            HealthStrategy::Progressive | HealthStrategy::Custom => written,
        };
        match text.to_ascii_lowercase().as_str() {
            "red" => Some(of(Score::MINUS_INFINITY, Score::MINUS_INFINITY, self.node_health_red)),
            "yellow" => Some(of(Score::ZERO, Score::MINUS_INFINITY, self.node_health_yellow)),
            "green" => Some(of(Score::ZERO, Score::ZERO, self.node_health_green)),
            _ => Score::parse(text),
        }
    }
}

impl Default for Properties {
    /// Every property at its default, with quorum.
    fn default() -> Self {
        Self::of(Table::new())
    }
}

/// What is written of all properties, under their present names.
fn written(cluster: &Cluster, recheck: &Recheck, now: i64) -> Table {
    let input = RuleInput { now, ..RuleInput::default() };
    let mut table = options::collect_properties(&cluster.properties, &input, recheck);
    for (new, old) in OLD_NAMES {
        if let (false, Some(value)) = (table.contains_key(new), table.get(old)) {
            table.insert(new.into(), Arc::clone(value));
        }
    }
    table
}

fn flag(table: &Table, name: &str, default: bool) -> bool {
    table.get(name).and_then(|text| scalar::parse_boolean(text)).unwrap_or(default)
}

fn number(table: &Table, name: &str) -> Option<i64> {
    scalar::parse_integer(table.get(name)?)
}

fn text(table: &Table, name: &str, default: &str) -> Arc<str> {
    table.get(name).cloned().unwrap_or_else(|| default.into())
}

fn lower(table: &Table, name: &str) -> Option<String> {
    table.get(name).map(|text| text.to_ascii_lowercase())
}

fn length(table: &Table, name: &str) -> Duration {
    table.get(name).and_then(|text| period::parse(text)).unwrap_or_default()
}

fn score(table: &Table, name: &str, default: Score) -> Score {
    table.get(name).and_then(|text| Score::parse(text)).unwrap_or(default)
}

fn no_quorum_policy(table: &Table) -> NoQuorumPolicy {
    match lower(table, "no-quorum-policy").as_deref() {
        Some("ignore") => NoQuorumPolicy::Ignore,
        Some("freeze") => NoQuorumPolicy::Freeze,
        Some("demote") => NoQuorumPolicy::Demote,
        Some("fence" | "suicide") => NoQuorumPolicy::Fence,
        Some(_) | None => NoQuorumPolicy::Stop,
    }
}

fn placement_strategy(table: &Table) -> PlacementStrategy {
    match lower(table, "placement-strategy").as_deref() {
        Some("utilization") => PlacementStrategy::Utilization,
        Some("minimal") => PlacementStrategy::Minimal,
        Some("balanced") => PlacementStrategy::Balanced,
        Some(_) | None => PlacementStrategy::Default,
    }
}

fn health_strategy(table: &Table) -> HealthStrategy {
    match lower(table, "node-health-strategy").as_deref() {
        Some("migrate-on-red") => HealthStrategy::MigrateOnRed,
        Some("only-green") => HealthStrategy::OnlyGreen,
        Some("progressive") => HealthStrategy::Progressive,
        Some("custom") => HealthStrategy::Custom,
        Some(_) | None => HealthStrategy::None,
    }
}

/// Whether any resource, template, operation or default says `requires` or `provides` unfencing,
/// whatever its rules.
fn asks_for_unfencing(cluster: &Cluster) -> bool {
    let asks = |sets: &[OptionSet]| {
        sets.iter().flat_map(|set| &set.pairs).any(|pair| {
            matches!(&*pair.name, "requires" | "provides")
                && matches!(&pair.value, Value::Text(text) if &**text == "unfencing")
        })
    };
    let in_resource = |resource: &Resource| {
        let in_child_group = match resource {
            Resource::Clone(clone) => match &clone.child {
                crate::model::resource::CloneChild::Group(group) => asks(&group.meta),
                crate::model::resource::CloneChild::Primitive(_) => false,
            },
            Resource::Primitive(_) | Resource::Group(_) | Resource::Bundle(_) => false,
        };
        let in_primitives = || {
            resource
                .primitives()
                .iter()
                .any(|primitive| asks(&primitive.meta) || primitive.ops.iter().any(|op| asks(&op.meta)))
        };
        asks(resource.meta()) || in_child_group || in_primitives()
    };
    asks(&cluster.resource_defaults)
        || cluster.resources.iter().any(in_resource)
        || cluster
            .templates
            .iter()
            .any(|template| asks(&template.meta) || template.ops.iter().any(|op| asks(&op.meta)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)], status: &ClusterStatus) -> Properties {
        let set = OptionSet::of(pairs.iter().copied());
        let cluster = Cluster { properties: vec![set], ..Cluster::default() };
        Properties::read(&cluster, status, &Recheck::new(0), 0)
    }

    #[test]
    fn old_names_count_only_without_the_new() {
        let status = ClusterStatus::default();
        assert!(!read(&[("stonith-enabled", "false")], &status).fencing_enabled);
        assert!(read(&[("stonith-enabled", "false"), ("fencing-enabled", "true")], &status).fencing_enabled);
    }

    #[test]
    fn a_partition_that_may_not_fence_itself_stops() {
        let policy = [("no-quorum-policy", "suicide")];
        let alone = ClusterStatus::default();
        assert_eq!(read(&policy, &alone).no_quorum_policy, NoQuorumPolicy::Stop);
        let panicked = ClusterStatus { has_quorum_panic: true, ..ClusterStatus::default() };
        assert_eq!(read(&policy, &panicked).no_quorum_policy, NoQuorumPolicy::Fence);
        let cut_off = ClusterStatus { is_cut_off: true, ..panicked };
        assert_eq!(read(&policy, &cut_off).no_quorum_policy, NoQuorumPolicy::Stop);
        assert_eq!(read(&[("no-quorum-policy", "ignore")], &cut_off).no_quorum_policy, NoQuorumPolicy::Stop);
    }

    #[test]
    fn health_colours_are_scores_by_strategy() {
        let status = ClusterStatus::default();
        let strategy = |name: &str| read(&[("node-health-strategy", name)], &status);
        assert_eq!(strategy("only-green").parse_score("Yellow"), Some(Score::MINUS_INFINITY));
        assert_eq!(strategy("migrate-on-red").parse_score("yellow"), Some(Score::ZERO));
        assert_eq!(strategy("none").parse_score("red"), Some(Score::ZERO));
    }
}
