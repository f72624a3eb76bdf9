//! The desired cluster with everything on top of it.

use std::sync::Arc;

use super::Durable;
use crate::cluster::member::Moment;
use crate::model::{Cluster, OptionSet};

/// What is to be brought about at some moment.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cluster) struct Effective {
    /// The desired cluster with overrides and lasting attributes.
    pub(in crate::cluster) cluster: Arc<Cluster>,
    /// When an override ends next.
    pub(in crate::cluster) lapses_at: Option<Moment>,
    revision: u64,
}

impl Effective {
    /// What `durable` asks for at a moment.
    pub(in crate::cluster) fn of(durable: &Durable, now: Moment) -> Self {
        let mut cluster = durable.overlaid(now);
        if durable.watchdog_bound().is_some() {
            // Who relies on watchdogs can fence without a device.
            let watched = OptionSet::of([("have-watchdog", "true")]);
            Arc::make_mut(&mut cluster).properties.push(watched);
        }
        Self { cluster, lapses_at: durable.overlay.lapses_at(now), revision: durable.revision }
    }

    /// Whether it still is what `durable` asks for.
    pub(in crate::cluster) fn is_current(&self, durable: &Durable, now: Moment) -> bool {
        self.revision == durable.revision && self.lapses_at.is_none_or(|at| at > now)
    }
}
