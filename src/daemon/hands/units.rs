//! Units that are not active any more. Their resource is monitored at once instead of at its next turn.

#![expect(clippy::disallowed_methods, reason = "waits before systemd is asked again")]

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::agent::systemd::{Bus, Departures, unit_name};
use crate::model::{Agent, AgentClass};

/// Watches units of services.
#[derive(Debug)]
pub(super) struct Units {
    bus: Bus,
    /// The resources that stand for each unit.
    watched: BTreeMap<String, BTreeSet<Arc<str>>>,
    departures: Option<Departures>,
}

impl Units {
    /// How long to wait where systemd cannot be listened to. Monitors run all the same.
    const PATIENCE: Duration = Duration::from_secs(10);

    pub(super) fn new(bus: Bus) -> Self {
        Self { bus, watched: BTreeMap::new(), departures: None }
    }

    /// Wants to know when the unit of a resource is not active any more, if it has one.
    pub(super) fn expect(&mut self, resource: &Arc<str>, agent: &Agent) {
        if matches!(agent.class, AgentClass::Systemd | AgentClass::Service)
            && let Some(unit) = unit_name(&agent.kind)
        {
            self.watched.entry(unit).or_default().insert(Arc::clone(resource));
        }
    }

    /// A resource is about to be stopped: its unit may end.
    pub(super) fn forget(&mut self, resource: &Arc<str>) {
        self.watched.retain(|_, resources| {
            resources.remove(resource);
            !resources.is_empty()
        });
    }

    /// The resources of the next unit that is not active any more; comes only while one is watched. May
    /// be dropped without losing one.
    pub(super) async fn next(&mut self) -> BTreeSet<Arc<str>> {
        loop {
            if self.watched.is_empty() {
                // systemd need not tell anything for nothing.
                self.departures = None;
                return pending().await;
            }
            let Some(departures) = &mut self.departures else {
                match Departures::open(&self.bus).await {
                    Ok(open) => self.departures = Some(open),
                    Err(error) => {
                        tracing::debug!(error, "units are only monitored");
                        sleep(Self::PATIENCE).await;
                    }
                }
                continue;
            };
            match departures.next().await {
                Some(unit) => {
                    if let Some(resources) = self.watched.get(&unit) {
                        return resources.clone();
                    }
                }
                None => self.departures = None,
            }
        }
    }
}
