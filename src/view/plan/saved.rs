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
