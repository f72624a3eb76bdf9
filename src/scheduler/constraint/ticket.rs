//! What a ticket constraint means: without the ticket, resources may not run or be promoted.

use super::lookup::Expansion;
use super::set::Set;
use crate::model::Role;
use crate::model::constraint::{LossPolicy, Ticket, TicketScope};
use crate::scheduler::assign::contribution::Cause;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::ResourceIx;
use crate::scheduler::reason::Reason;
use crate::status::TicketState;

/// A resource that lacks a ticket for being promoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TicketNeed {
    /// Which resource.
    pub(crate) resource: ResourceIx,
    /// The constraint's number in `Cluster::constraints`.
    pub(crate) constraint: u32,
}

/// Whether this site may use a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Granted,
    Standby,
    Missing,
}

/// Applies a ticket constraint; `number` is its number in `Cluster::constraints`.
pub(crate) fn unpack(draft: &mut Draft<'_>, ticket: &Ticket, number: u32) {
    let hold = hold(draft, ticket);
    match &ticket.scope {
        TicketScope::Resource { resource, role } => match draft.lookup.expand(resource) {
            Expansion::Resource(resource) => apply(draft, ticket, number, hold, resource, *role),
            expansion @ (Expansion::Several(_) | Expansion::Unknown) => {
                if let Some(set) = Set::of_expansion(&expansion, *role) {
                    apply_set(draft, ticket, number, hold, &set);
                }
            }
        },
        TicketScope::Sets(sets) => {
            for set in sets {
                let set = Set::new(&draft.lookup, set);
                apply_set(draft, ticket, number, hold, &set);
            }
        }
    }
}

fn apply_set(draft: &mut Draft<'_>, ticket: &Ticket, number: u32, hold: Hold, set: &Set) {
    for resource in set.known_prefix() {
        apply(draft, ticket, number, hold, resource, set.role);
    }
}

fn hold(draft: &Draft<'_>, ticket: &Ticket) -> Hold {
    match draft.facts.status.tickets.iter().find(|state| state.id == ticket.ticket) {
        Some(TicketState { granted: true, standby: false, .. }) => Hold::Granted,
        Some(TicketState { granted: true, standby: true, .. }) => Hold::Standby,
        Some(TicketState { granted: false, .. }) | None => Hold::Missing,
    }
}

fn apply(
    draft: &mut Draft<'_>,
    ticket: &Ticket,
    number: u32,
    hold: Hold,
    resource: ResourceIx,
    role: Option<Role>,
) {
    let role = role.filter(|role| *role != Role::Started);
    if hold == Hold::Granted {
        return;
    }
    if role == Some(Role::Promoted) {
        draft.tickets.push(TicketNeed { resource, constraint: number });
    }
    let policy = match ticket.loss_policy {
        Some(LossPolicy::Fence) if !draft.facts.properties.fencing_enabled => LossPolicy::Stop,
        Some(policy) => policy,
        None if role == Some(Role::Promoted) => LossPolicy::Demote,
        None => LossPolicy::Stop,
    };
    let cause = Cause::Ticket(number);
    for leaf in draft.facts.leaves(resource) {
        if hold == Hold::Missing && !draft.resource(leaf).active_on.is_empty() {
            lose(draft, leaf, policy, role, cause);
        } else if role != Some(Role::Promoted) || policy == LossPolicy::Stop {
            draft.ban_everywhere(leaf, cause);
        }
    }
}

/// What happens to an active primitive whose ticket is gone.
fn lose(draft: &mut Draft<'_>, leaf: ResourceIx, policy: LossPolicy, role: Option<Role>, cause: Cause) {
    let concerns = role.is_none() || role == Some(draft.resource(leaf).current_role);
    match policy {
        LossPolicy::Stop => draft.ban_everywhere(leaf, cause),
        LossPolicy::Demote if role != Some(Role::Promoted) => draft.ban_everywhere(leaf, cause),
        LossPolicy::Fence if concerns => {
            draft.ban_everywhere(leaf, cause);
            for node in draft.resource(leaf).active_on.clone() {
                draft.facts.request_fencing(node, Reason::DeadmanTicketLost, false);
                draft.refresh_node(node);
            }
        }
        LossPolicy::Freeze if concerns => {
            let facts = &mut draft.facts.resources[leaf.index()];
            facts.is_managed = false;
            facts.is_blocked = true;
        }
        LossPolicy::Demote | LossPolicy::Fence | LossPolicy::Freeze => {}
    }
}
