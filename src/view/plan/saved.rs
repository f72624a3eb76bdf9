//! The file of a saved plan: the JSON of the plan, and beside it all that is needed to apply it.

use serde::{Deserialize, Serialize};

use super::json::{FORMAT_VERSION, PlanDocument, document};
use crate::plan::Plan;

#[derive(Serialize)]
struct SavedPlan<'a> {
    #[serde(flatten)]
    document: PlanDocument<'a>,
    plan: &'a Plan,
}

#[derive(Deserialize)]
struct Version {
    format_version: String,
    kind: String,
}

#[derive(Deserialize)]
struct Saved {
    plan: Plan,
}

/// Why a file is not a saved plan that can be used.
#[derive(Debug, thiserror::Error)]
pub enum UnreadablePlan {
    /// It is something else, or damaged.
    #[error("not a saved plan")]
    Malformed(#[from] serde_json::Error),
    /// It is JSON of another kind, such as a plan printed with `-o json`.
    #[error("not a saved plan (`quorate plan --out FILE` writes one)")]
    OtherKind,
    /// It was written by a version that this one does not understand.
    #[error("a saved plan of format {0}, which this version cannot read")]
    Version(String),
}

/// The file for a plan.
pub fn write_saved(plan: &Plan) -> String {
    crate::view::to_json(&SavedPlan { document: document(plan), plan })
}

/// Reads the file of a saved plan.
///
/// # Errors
/// When it is something else, damaged, or of another major version.
pub fn read_saved(text: &str) -> Result<Plan, UnreadablePlan> {
    let value: serde_json::Value = serde_json::from_str(text)?;
    let version: Version = serde_json::from_value(value.clone())?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(&version.format_version) != major(FORMAT_VERSION) {
        return Err(UnreadablePlan::Version(version.format_version));
    }
    if version.kind != "plan" || value.get("plan").is_none() {
        return Err(UnreadablePlan::OtherKind);
    }
    Ok(serde_json::from_value::<Saved>(value)?.plan)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a claim that cannot be made ends its test")]

    use super::*;
    use crate::model::{Agent, Cluster, Node, OptionSet, Overlay, Primitive, Resource};
    use crate::plan::{Inputs, Prune, plan};
    use crate::status::{ClusterStatus, NodeState};

    fn some_plan() -> Plan {
        let agent = Agent::parse("ocf:pacemaker:Dummy").unwrap();
        let declared = Cluster {
            properties: vec![OptionSet::of([("stonith-enabled", "false")])],
            nodes: vec![Node::member("node1")],
            resources: vec![Resource::Primitive(Primitive::new("A", agent))],
            ..Cluster::default()
        };
        let status = ClusterStatus {
            has_quorum: true,
            nodes: vec![NodeState::online("node1")],
            ..ClusterStatus::default()
        };
        let inputs = Inputs {
            generation: 1,
            in_force: &Cluster::default(),
            status: &status,
            now: 1_000,
            overlay: Overlay::none(),
            declared: &declared,
            renames: &[],
            prune: Prune::No,
            origin: "test",
        };
        plan(&inputs).plan
    }

    #[test]
    fn a_plan_survives_its_file() {
        let plan = some_plan();
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(read_saved(&write_saved(&plan)).unwrap(), plan);
    }

    #[test]
    fn a_printed_plan_is_no_saved_plan() {
        let printed = super::super::json(&some_plan());
        assert!(matches!(read_saved(&printed), Err(UnreadablePlan::OtherKind)));
        assert!(matches!(read_saved("resources:"), Err(UnreadablePlan::Malformed(_))));
    }
}
