//! Nodes, properties and defaults.

use super::{Dice, Feature, Flavour, Xml};

pub(super) fn properties(dice: &mut Dice, flavour: &Flavour) -> Xml {
    let mut options: Vec<(&str, &str)> = Vec::new();
    options.push(("stonith-enabled", if flavour.has(Feature::Fencing) { "true" } else { "false" }));
    // The defaults of this one differ between versions.
    options.push(("concurrent-fencing", "true"));
    let choices: &[(&str, &[&str])] = &[
        ("no-quorum-policy", &["stop", "freeze", "ignore", "demote", "suicide"]),
        ("symmetric-cluster", &["true", "false"]),
        ("maintenance-mode", &["false", "true"]),
        ("stop-all-resources", &["false", "true"]),
        ("start-failure-is-fatal", &["true", "false"]),
        ("stop-orphan-resources", &["true", "false"]),
        ("stop-orphan-actions", &["true", "false"]),
        ("startup-fencing", &["true", "false"]),
        ("stonith-action", &["reboot", "off"]),
        ("enable-startup-probes", &["true", "false"]),
        ("shutdown-lock", &["false", "true"]),
        ("batch-limit", &["0", "4"]),
        ("priority-fencing-delay", &["0", "30s"]),
        ("have-watchdog", &["false", "true"]),
    ];
    for (name, values) in choices {
        if flavour.has(Feature::Properties) && dice.one_in(6) {
            options.push((name, dice.pick(values)));
        }
    }
    if flavour.has(Feature::Utilization) {
        options.push(("placement-strategy", dice.pick(&["utilization", "minimal", "balanced", "default"])));
    }
    if flavour.has(Feature::Health) {
        let strategies = ["migrate-on-red", "only-green", "progressive", "custom"];
        options.push(("node-health-strategy", dice.pick(&strategies)));
    }
    if flavour.has(Feature::Locks) {
        options.retain(|(name, _)| *name != "shutdown-lock");
        options.push(("shutdown-lock", "true"));
        if dice.one_in(3) {
            options.push(("shutdown-lock-limit", dice.pick(&["1h", "2000d"])));
        }
    }
    let mut section = Xml::new("crm_config");
    section.push(Xml::options("cluster_property_set", "cib-bootstrap-options", &options));
    section
}

pub(super) fn nodes(dice: &mut Dice, flavour: &Flavour, count: usize) -> Xml {
    let mut section = Xml::new("nodes");
    for number in 1..=count {
        let mut node = Xml::new("node").with("id", &number.to_string()).with("uname", &format!("n{number}"));
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        if flavour.has(Feature::NodeTrouble) && dice.one_in(8) {
            attributes.push((dice.pick(&["standby", "maintenance"]), "true"));
        }
        if flavour.has(Feature::Rules) {
            attributes.push(("rack", dice.pick(&["1", "2", "3"])));
        }
        if !attributes.is_empty() {
            node.push(Xml::options("instance_attributes", &format!("n{number}-attributes"), &attributes));
        }
        if flavour.has(Feature::Utilization) {
            let utilization =
                [("cpu", dice.pick(&["1", "2", "4"])), ("memory", dice.pick(&["100", "200", "400"]))];
            node.push(Xml::options("utilization", &format!("n{number}-utilization"), &utilization));
        }
        section.push(node);
    }
    section
}

/// Levels at which devices fence nodes; they must name what there is, and decide nothing.
pub(super) fn topology(dice: &mut Dice, flavour: &Flavour, count: usize) -> Option<Xml> {
    if !flavour.has(Feature::Topology) || !flavour.has(Feature::Fencing) {
        return None;
    }
    let mut section = Xml::new("fencing-topology");
    let target = format!("n{}", 1 + dice.roll(count));
    let level = Xml::new("fencing-level").with("id", "level-1").with("target", &target);
    section.push(level.with("index", "1").with("devices", "Fence"));
    Some(section)
}

pub(super) fn defaults(dice: &mut Dice, flavour: &Flavour) -> Vec<Xml> {
    let mut sections = Vec::new();
    if dice.one_in(3) {
        let mut section = Xml::new("rsc_defaults");
        let stickiness = dice.pick(&["1", "100", "INFINITY", "-10"]);
        section.push(Xml::options("meta_attributes", "rsc-options", &[("resource-stickiness", stickiness)]));
        sections.push(section);
    }
    if flavour.has(Feature::OperationOptions) && dice.one_in(2) {
        let mut section = Xml::new("op_defaults");
        let (name, value) =
            dice.pick(&[("timeout", "60s"), ("record-pending", "false"), ("on-fail", "block")]);
        section.push(Xml::options("meta_attributes", "op-options", &[(name, value)]));
        sections.push(section);
    }
    sections
}
