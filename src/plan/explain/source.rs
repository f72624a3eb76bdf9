//! Sources: what gives a part of a score.

use serde::{Deserialize, Serialize};

use crate::model::constraint::LocationPreference;
use crate::model::id::without_number;
use crate::model::{Cluster, Constraint, NodeName, Score};
use crate::plan::outline::rule_text;
use crate::scheduler::assign::{Cause, Contribution, Placement};
use crate::scheduler::constraint::colocation::{ColocationIx, ColocationRecord};
use crate::scheduler::facts::{FailedAction, NodeIx};
use crate::scheduler::{ResourceIx, failures};

/// What gives a part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// The node's own score.
    NodeScore,
    /// What history says: failures, bans of what is no longer configured, pins of what is unmanaged.
    History,
    /// A location constraint.
    Location {
        /// Which.
        id: String,
        /// When it holds, if not always.
        rule: Option<String>,
    },
    /// The health of the node.
    Health,
    /// It waits for a node that was shut down.
    ShutdownLock,
    /// It runs there, and sticks.
    Stickiness,
    /// It failed there as often as it may.
    Failures {
        /// How often it failed there.
        count: Score,
        /// Whether a stop failed there, which is for good.
        is_stop: bool,
    },
    /// It may only run where it may be probed.
    Discovery,
    /// A ticket is missing.
    Ticket {
        /// The constraint.
        id: String,
        /// The ticket.
        ticket: String,
    },
    /// Being with, or away from, a resource that was placed before it.
    With {
        /// The constraint, or what implied it.
        id: String,
        /// Whom, and where it is placed.
        other: Companion,
    },
    /// What is to be with it, or away from it, would like this.
    PulledBy {
        /// The constraint, or what implied it.
        id: String,
        /// Who.
        other: Companion,
    },
    /// It is told to be stopped.
    TargetRole,
    /// Where a connection, a guest or what is in a bundle can be.
    Connection,
    /// The node has not enough capacity left.
    Capacity,
    /// How fit the instance is to be promoted there.
    PromotionScore,
    /// Its siblings are there, or there are enough of them.
    Siblings,
    /// Scores of clone instances do not sink below 1 for the sake of others.
    Floor,
}

/// A resource that another is to be with, or away from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Which.
    pub resource: String,
    /// Where it is placed, if anywhere.
    pub node: Option<NodeName>,
}

/// What gives this part of a score.
pub(super) fn source(
    placement: &Placement<'_>,
    resource: ResourceIx,
    node: NodeIx,
    contribution: &Contribution,
) -> Source {
    match contribution.cause {
        Cause::NodeScore => Source::NodeScore,
        Cause::History => Source::History,
        Cause::Location(location) => {
            let id = placement.locations.get(location.index()).and_then(|record| record.id.as_ref());
            id.map_or(Source::Health, |id| Source::Location {
                id: id.to_string(),
                rule: rule_of(placement.facts.cluster, id.as_str()),
            })
        }
        Cause::ShutdownLock => Source::ShutdownLock,
        Cause::Stickiness => Source::Stickiness,
        Cause::MigrationThreshold => {
            let facts = &placement.facts;
            let base = &facts.resource(resource).base_id;
            let is_own_stop = |failed: &FailedAction| {
                *failed.task == *"stop" && failed.node == node && without_number(&failed.resource) == &**base
            };
            Source::Failures {
                count: failures::count_with_launched(facts, resource, node),
                is_stop: facts.failed_actions.iter().any(is_own_stop),
            }
        }
        Cause::Discovery => Source::Discovery,
        Cause::Ticket(number) => {
            let constraint = placement.facts.cluster.constraints.get(number as usize);
            let ticket = match constraint {
                Some(Constraint::Ticket(known)) => known.ticket.to_string(),
                Some(Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Order(_)) | None => {
                    String::new()
                }
            };
            Source::Ticket { id: constraint.map(|known| known.id().to_string()).unwrap_or_default(), ticket }
        }
        Cause::Primary(colocation) => {
            let (id, other) = company(placement, colocation, |record| record.primary);
            Source::With { id, other }
        }
        Cause::Dependent(colocation) => {
            let (id, other) = company(placement, colocation, |record| record.dependent);
            Source::PulledBy { id, other }
        }
        Cause::TargetRole => Source::TargetRole,
        Cause::Connection => Source::Connection,
        Cause::Capacity => Source::Capacity,
        Cause::PromotionScore => Source::PromotionScore,
        Cause::Siblings => Source::Siblings,
    }
}

/// The rule of a location constraint, in words.
fn rule_of(cluster: &Cluster, id: &str) -> Option<String> {
    let found = cluster.constraints.iter().find(|constraint| constraint.id().as_str() == id)?;
    let Constraint::Location(location) = found else { return None };
    match &location.preference {
        LocationPreference::Rule(preference) => Some(rule_text(&preference.rule)),
        LocationPreference::Node { .. } => None,
    }
}

fn company(
    placement: &Placement<'_>,
    colocation: ColocationIx,
    other: impl Fn(&ColocationRecord) -> ResourceIx,
) -> (String, Companion) {
    let Some(record) = placement.colocation(colocation) else {
        return (String::new(), Companion { resource: String::new(), node: None });
    };
    let other = other(record);
    let node = placement.node_of(other).map(|node| placement.facts.node(node).name.clone());
    (record.id.to_string(), Companion { resource: placement.facts.resource(other).id.to_string(), node })
}
