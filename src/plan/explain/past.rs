//! The past: what a resource's table held before any constraint, and what of its history did that.

use serde::{Deserialize, Serialize};

use crate::model::{NodeName, Score};
use crate::plan::because::answer;
use crate::plan::unplaced::{failures_of, halted_by};
use crate::scheduler::assign::Placement;
use crate::scheduler::facts::{MultipleActive, NodeIx, ResourceFacts};
use crate::scheduler::{Facts, ResourceIx};
use crate::status::{ResultCode, ResultStatus};

/// What of its history speaks for or against a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Past {
    /// It is no longer configured.
    Removed,
    /// It is there, and stays there.
    Pinned {
        /// Why.
        pin: Pin,
    },
    /// It is inside the container that makes this node.
    OwnNode,
    /// Its stop failed there.
    StopFailed,
    /// It failed there in a way that trying again does not mend.
    FailedForGood {
        /// Which operation.
        operation: String,
        /// What the agent answered.
        answer: String,
    },
    /// It failed somewhere in a way that no node mends.
    FailedEverywhere {
        /// Which operation.
        operation: String,
        /// Where.
        node: NodeName,
        /// What the agent answered.
        answer: String,
    },
    /// It failed, and `on-fail: stop` says that it is not started again.
    StoppedOnFailure {
        /// Which operation.
        operation: String,
        /// Where.
        node: NodeName,
    },
    /// Connections are made by full members only.
    NotOnRemote,
    /// It ran on several nodes, and `multiple-active: stop_only` says that it is not started again.
    RanTwice,
    /// Something else.
    Other,
}

/// Why a resource stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// It failed, and its operation has `on-fail: block`.
    FailedAndBlocked,
    /// Nothing may be done with it: it runs twice, its stop failed, or a ticket was lost.
    Blocked,
    /// It, its node or the cluster is in maintenance.
    Maintenance,
    /// It is unmanaged.
    Unmanaged,
}

/// What gave a resource a score on a node before any constraint did.
pub(super) fn past(placement: &Placement<'_>, resource: ResourceIx, node: NodeIx, score: Score) -> Past {
    let facts = &placement.facts;
    let own = facts.resource(resource);
    if own.is_removed {
        return Past::Removed;
    }
    if score >= Score::INFINITY {
        return Past::Pinned { pin: pin(facts, resource, node) };
    }
    if score > Score::ZERO {
        let is_inside = facts.bundle_of(resource).is_some();
        return if is_inside { Past::OwnNode } else { Past::Other };
    }
    if own.active_on.len() > 1 && own.multiple_active == MultipleActive::StopOnly {
        return Past::RanTwice;
    }
    if own.is_connection() && facts.node(node).is_remote() {
        return Past::NotOnRemote;
    }
    failure(facts, resource, node).unwrap_or(Past::Other)
}

fn pin(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> Pin {
    let own = facts.resource(resource);
    let has_failed_stop = failures_of(facts, resource).any(|failed| *failed.task == *"stop");
    if own.is_blocked {
        let is_failure = failures_of(facts, resource).next().is_some() && !has_failed_stop;
        return if is_failure && own.active_on.len() < 2 { Pin::FailedAndBlocked } else { Pin::Blocked };
    }
    let is_maintenance =
        own.in_maintenance || facts.node(node).in_maintenance || facts.properties.maintenance_mode;
    if is_maintenance { Pin::Maintenance } else { Pin::Unmanaged }
}

/// Why something is to be stopped that was not told to.
pub(super) fn stopped_on_failure(facts: &Facts<'_>, resource: ResourceIx) -> Option<Past> {
    let failed = halted_by(facts, resource)?;
    Some(Past::StoppedOnFailure {
        operation: failed.task.to_string(),
        node: facts.node(failed.node).name.clone(),
    })
}

fn failure(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> Option<Past> {
    let own = facts.resource(resource);
    if let Some(fatal) = failures_of(facts, resource).find(|failed| failed.rc == ResultCode::NOT_CONFIGURED) {
        return Some(Past::FailedEverywhere {
            operation: fatal.task.to_string(),
            node: facts.node(fatal.node).name.clone(),
            answer: answer(fatal).to_owned(),
        });
    }
    if let Some(stopped) = stopped_on_failure(facts, resource) {
        return Some(stopped);
    }
    let Some(failed) = failures_of(facts, resource).find(|failed| failed.node == node) else {
        return missing_agent(own, node);
    };
    let is_stop = failures_of(facts, resource).any(|failed| failed.node == node && *failed.task == *"stop");
    Some(if is_stop {
        Past::StopFailed
    } else {
        Past::FailedForGood { operation: failed.task.to_string(), answer: answer(failed).to_owned() }
    })
}

/// An agent that is not there is no failure worth listing where nobody wants the resource.
fn missing_agent(own: &ResourceFacts<'_>, node: NodeIx) -> Option<Past> {
    let mut here = own.histories.iter().filter(|(on, _)| *on == node);
    let entry = here.find_map(|(_, history)| {
        history.entries.iter().find(|entry| {
            entry.rc == Some(ResultCode::NOT_INSTALLED) || entry.status == Some(ResultStatus::NotInstalled)
        })
    })?;
    Some(Past::FailedForGood {
        operation: entry.operation.to_string(),
        answer: ResultCode::NOT_INSTALLED.name().to_owned(),
    })
}
