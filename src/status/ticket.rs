//! Tickets as observed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ClusterStatus;
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

impl ClusterStatus {
    /// Grants, revokes or holds back a ticket at a moment, seconds since 1970. What else is recorded of
    /// it stays.
    pub fn set_ticket(&mut self, id: &TicketId, granted: bool, standby: bool, at: i64) {
        let at = granted.then_some(at);
        if let Some(known) = self.tickets.iter_mut().find(|known| known.id == *id) {
            // What is held already is not granted anew.
            known.last_granted = if known.granted { known.last_granted } else { at.or(known.last_granted) };
            known.granted = granted;
            known.standby = standby;
        } else {
            let attributes = Vec::new();
            self.tickets.push(TicketState { id: id.clone(), granted, standby, last_granted: at, attributes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_granted_once_and_remembers_when() {
        let mut status = ClusterStatus::default();
        let id = TicketId::from("east");
        let last = |status: &ClusterStatus| {
            status.tickets.iter().map(|known| (known.granted, known.standby, known.last_granted)).next()
        };
        status.set_ticket(&id, false, true, 50);
        assert_eq!(last(&status), Some((false, true, None)), "never granted");
        status.set_ticket(&id, true, true, 100);
        status.set_ticket(&id, true, false, 200);
        assert_eq!(last(&status), Some((true, false, Some(100))), "activated later than granted");
        status.set_ticket(&id, false, false, 300);
        assert_eq!(last(&status), Some((false, false, Some(100))));
        status.set_ticket(&id, true, false, 400);
        assert_eq!(last(&status), Some((true, false, Some(400))));
        assert_eq!(status.tickets.len(), 1);
    }
}
