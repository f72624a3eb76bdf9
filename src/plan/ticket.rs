//! Tickets: which of them a cluster holds, and who needs them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::relation::named_resources;
use crate::model::constraint::{LossPolicy, Ticket};
use crate::model::{Cluster, Constraint, TicketId};
use crate::status::{ClusterStatus, TicketState};

/// A ticket that somebody needs, or that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TicketOverview {
    /// Which.
    pub id: TicketId,
    /// Whether this cluster holds it.
    pub granted: bool,
    /// Whether what needs it should not run all the same.
    pub standby: bool,
    /// When it was last granted, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_granted: Option<i64>,
    /// The resources, templates and tags that need it, as constraints name them.
    pub needed_by: Vec<String>,
    /// Those of them whose nodes are fenced when it is lost (`loss-policy: fence`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fences_for: Vec<String>,
}

/// A status in which a ticket is not granted.
pub fn without(ticket: &TicketId, status: &ClusterStatus) -> ClusterStatus {
    let mut status = status.clone();
    for state in status.tickets.iter_mut().filter(|state| state.id == *ticket) {
        state.granted = false;
    }
    status
}

/// All tickets that constraints name or that were ever granted, in order of their names.
pub fn tickets(cluster: &Cluster, status: &ClusterStatus) -> Vec<TicketOverview> {
    let needed = cluster.constraints.iter().filter_map(|constraint| match constraint {
        Constraint::Ticket(ticket) => Some(&ticket.ticket),
        Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Order(_) => None,
    });
    let mut ids: Vec<&TicketId> = needed.chain(status.tickets.iter().map(|state| &state.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| overview(id, cluster, status)).collect()
}

fn overview(id: &TicketId, cluster: &Cluster, status: &ClusterStatus) -> TicketOverview {
    let state: Option<&TicketState> = status.tickets.iter().find(|state| state.id == *id);
    TicketOverview {
        id: id.clone(),
        granted: state.is_some_and(|state| state.granted),
        standby: state.is_some_and(|state| state.standby),
        last_granted: state.and_then(|state| state.last_granted),
        needed_by: named_by(id, cluster, |_| true),
        fences_for: named_by(id, cluster, |ticket| ticket.loss_policy == Some(LossPolicy::Fence)),
    }
}

/// The resources, templates and tags that such constraints name with a ticket, each once.
fn named_by(id: &TicketId, cluster: &Cluster, is_such: impl Fn(&Ticket) -> bool) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    for constraint in &cluster.constraints {
        if matches!(constraint, Constraint::Ticket(ticket) if ticket.ticket == *id && is_such(ticket)) {
            named.extend(named_resources(constraint).into_iter().map(ToString::to_string));
        }
    }
    let mut seen = BTreeSet::new();
    named.retain(|name| seen.insert(name.clone()));
    named
}
