//! Tickets as observed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::TicketId;

/// Whether this site holds a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    /// Which ticket.
    pub id: TicketId,
    /// Whether it is held.
    pub granted: bool,
    /// Held, but its resources should not run.
    pub standby: bool,
    /// When it was last granted, seconds since 1970.
    pub last_granted: Option<i64>,
    /// Everything else that is recorded of it.
    pub attributes: Vec<(Arc<str>, Arc<str>)>,
}
