//! Ticket: resources that may only run while their site holds a ticket.

use serde::{Deserialize, Serialize};

use super::set::ResourceSet;
use crate::model::id::{ConstraintId, ResourceId, TicketId};
use crate::model::role::Role;

/// A need for a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its name.
    pub id: ConstraintId,
    /// Which ticket.
    pub ticket: TicketId,
    /// Who needs it.
    pub scope: TicketScope,
    /// What happens when it is lost; unset means demote for the promoted role, else stop.
    pub loss_policy: Option<LossPolicy>,
}

/// Who needs a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TicketScope {
    /// One resource (or template, or tag).
    Resource {
        /// Which.
        resource: ResourceId,
        /// Only in this role.
        role: Option<Role>,
    },
    /// Sets of resources.
    Sets(Vec<ResourceSet>),
}

/// What happens when a ticket is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossPolicy {
    /// Fence the nodes that run it.
    Fence,
    /// Stop it.
    Stop,
    /// Leave it as it is, unmanaged.
    Freeze,
    /// Demote it.
    Demote,
}
