//! The file of a saved plan: the JSON of the plan, beside it all that is needed to apply it, and a
//! digest of all that, so that what is applied is what was reviewed. The digest finds edits and
//! damage; it is no signature, as whoever writes the file can write the digest too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{FORMAT_VERSION, PlanDocument, document};
use crate::model::digest::document_digest;
use crate::plan::Plan;
use crate::plan::secrecy::{self, Sealed};

/// The field that holds the digest of all others.
const DIGEST: &str = "digest";

#[derive(Serialize)]
struct SavedPlan<'a> {
    #[serde(flatten)]
    document: PlanDocument<'a>,
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: &'a Option<String>,
}

#[derive(Deserialize)]
struct Version {
    format_version: String,
    kind: String,
}

#[derive(Deserialize)]
struct Saved {
    plan: Plan,
    #[serde(default)]
    seal: Option<String>,
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
    /// Its content is not what was saved.
    #[error("a saved plan that was changed after it was saved")]
    Altered,
}

/// The file for a plan. It holds none of its secrets: they are found again when it is applied.
pub fn write_saved(plan: &Plan) -> String {
    let sealed = secrecy::seal(plan);
    let saved =
        sealed.as_ref().map(|Sealed { plan, seal }| SavedPlan { document: document(plan), plan, seal });
    let mut value = serde_json::to_value(&saved).unwrap_or_default();
    let digest = document_digest(&value);
    if let Value::Object(fields) = &mut value {
        fields.insert(DIGEST.to_owned(), Value::String(digest));
    }
    crate::view::to_json(&value)
}

/// Reads the file of a saved plan.
///
/// # Errors
/// When it is something else, damaged, changed since, or of another major version.
pub fn read_saved(text: &str) -> Result<Sealed, UnreadablePlan> {
    let value: Value = serde_json::from_str(text)?;
    let version: Version = serde_json::from_value(value.clone())?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(&version.format_version) != major(FORMAT_VERSION) {
        return Err(UnreadablePlan::Version(version.format_version));
    }
    if version.kind != "plan" || value.get("plan").is_none() {
        return Err(UnreadablePlan::OtherKind);
    }
    if value.get(DIGEST).and_then(Value::as_str) != Some(document_digest(&value).as_str()) {
        return Err(UnreadablePlan::Altered);
    }
    let Saved { plan, seal } = serde_json::from_value(value)?;
    Ok(Sealed { plan, seal })
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
        assert_eq!(read_saved(&write_saved(&plan)).unwrap().unseal(&[]).unwrap(), plan);
    }

    #[test]
    fn a_saved_plan_that_was_edited_is_refused() {
        let saved = write_saved(&some_plan());
        for (from, to) in
            [("Dummy", "Stateful"), ("\"made_at\": 1000", "\"made_at\": 1001"), ("\"test\"", "\"x\"")]
        {
            assert!(saved.contains(from), "{from}");
            let edited = saved.replace(from, to);
            assert!(matches!(read_saved(&edited), Err(UnreadablePlan::Altered)), "{from}");
        }
        let bare = saved.replace("\"digest\"", "\"digests\"");
        assert!(matches!(read_saved(&bare), Err(UnreadablePlan::Altered)));
    }

    #[test]
    fn a_saved_plan_may_be_laid_out_anew() {
        let plan = some_plan();
        let value: Value = serde_json::from_str(&write_saved(&plan)).unwrap();
        assert_eq!(read_saved(&value.to_string()).unwrap().plan, plan);
    }

    #[test]
    fn a_printed_plan_is_no_saved_plan() {
        let printed = super::super::json(&some_plan());
        assert!(matches!(read_saved(&printed), Err(UnreadablePlan::OtherKind)));
        assert!(matches!(read_saved("resources:"), Err(UnreadablePlan::Malformed(_))));
    }
}
