//! The tape: the last events with their numbers, so that nobody who asks again misses one.

#![expect(clippy::disallowed_methods, reason = "events are told with their moment")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::history::History;
use crate::api::{Tale, Told};
use crate::cluster::Event;
use crate::model::Moment;
use crate::plan::secrecy;

/// The last events.
#[derive(Debug)]
pub(super) struct Tape {
    told: Mutex<VecDeque<Arc<Told>>>,
    newest: watch::Sender<u64>,
}

impl Default for Tape {
    fn default() -> Self {
        Self { told: Mutex::new(VecDeque::new()), newest: watch::Sender::new(0) }
    }
}

impl Tape {
    /// How many events are remembered.
    const LENGTH: usize = 4096;

    /// Number of the last event.
    pub(super) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Tells of each new number.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Events after a position. Those that are not remembered any more are told to be missed; a
    /// position that was never reached is one of an earlier daemon, and everything is new to it.
    pub(super) fn since(&self, position: u64) -> Vec<Arc<Told>> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let position = if position > self.newest() { 0 } else { position };
        let mut found: Vec<Arc<Told>> =
            told.iter().filter(|told| told.position > position).map(Arc::clone).collect();
        if let Some(first) = found.first()
            && first.position > position + 1
        {
            let events = first.position - position - 1;
            let missed = Told { position: first.position - 1, at: first.at, tale: Tale::Missed { events } };
            found.insert(0, Arc::new(missed));
        }
        found
    }

    /// Writes down what happens, here and in the history, until the daemon ends.
    pub(super) async fn record(&self, mut events: Receiver<Arc<Event>>, history: &History) {
        loop {
            match events.recv().await {
                Ok(event) => {
                    let told = self.write(discreet(Tale::from(&*event)));
                    history.keep(&told, &event);
                }
                Err(RecvError::Lagged(events)) => drop(self.write(Tale::Missed { events })),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn write(&self, tale: Tale) -> Arc<Told> {
        let position = self.newest() + 1;
        let at = Moment(jiff::Timestamp::now().as_millisecond());
        let line = Arc::new(Told { position, at, tale });
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= Self::LENGTH {
            told.pop_front();
        }
        told.push_back(Arc::clone(&line));
        drop(told);
        self.newest.send_replace(position);
        line
    }
}

/// What happened, without the secrets among the parameters of actions.
fn discreet(tale: Tale) -> Tale {
    match &tale {
        Tale::Started { .. } | Tale::Finished { .. } => {
            secrecy::without_secrets(&tale).unwrap_or(Tale::Unknown)
        }
        Tale::Settled { .. }
        | Tale::Gone { .. }
        | Tale::Quorum { .. }
        | Tale::Forsaken { .. }
        | Tale::ConfirmedDown { .. }
        | Tale::Condemned { .. }
        | Tale::InForce { .. }
        | Tale::Dropped { .. }
        | Tale::Forgone { .. }
        | Tale::Overridden
        | Tale::Lapsed { .. }
        | Tale::Decided { .. }
        | Tale::Held { .. }
        | Tale::Refused { .. }
        | Tale::Missed { .. }
        | Tale::Unknown => tale,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_again_misses_nothing() {
        let tape = Tape::default();
        tape.write(Tale::Overridden);
        tape.write(Tale::Quorum { quorate: true });
        let after = |position| tape.since(position).iter().map(|told| told.position).collect::<Vec<_>>();
        assert_eq!(after(0), [1, 2]);
        assert_eq!(after(1), [2]);
        assert!(after(2).is_empty());
        assert_eq!(after(99), [1, 2], "a position of an earlier daemon");
    }

    #[test]
    fn what_is_forgotten_is_told_to_be_missed() {
        let tape = Tape::default();
        for _ in 0..Tape::LENGTH + 3 {
            tape.write(Tale::Overridden);
        }
        let since = tape.since(1);
        assert_eq!(since[0].tale, Tale::Missed { events: 2 });
        assert_eq!((since[0].position, since[1].position), (3, 4));
        assert_eq!(since.len(), Tape::LENGTH + 1);
    }
}
