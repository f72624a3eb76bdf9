//! What was asked for on top of the desired state while there was no quorum: it may not outlast a merge.

use std::collections::BTreeSet;

use crate::cluster::event::Event;
use crate::cluster::request::OverrideId;
use crate::cluster::state::Solo;
use crate::model::Overlay;

/// What was asked for without quorum, and is not known to the cluster yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Alone {
    overrides: BTreeSet<OverrideId>,
    has_paused: bool,
}

impl Alone {
    /// Something was asked for without quorum.
    pub(super) fn note(&mut self, solo: Solo) {
        match solo {
            Solo::Override(id) => {
                self.overrides.insert(id);
            }
            Solo::Pause => self.has_paused = true,
        }
    }

    /// The partition has quorum: what it holds is the cluster's.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// What of it the members did not take when they agreed on this, if anything; told once.
    pub(super) fn forgone(&mut self, agreed: &Overlay) -> Option<Event> {
        let is_lost = |id: &OverrideId| !agreed.overrides.iter().any(|over| over.id == *id);
        let overrides: Vec<OverrideId> = self.overrides.extract_if(.., |id| is_lost(id)).collect();
        let pause = agreed.pause.is_none() && std::mem::take(&mut self.has_paused);
        (pause || !overrides.is_empty()).then_some(Event::Forgone { overrides, pause })
    }
}
