//! Patience: what is tried again and again is tried less and less often. Only that waits; the first
//! attempts come at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::cluster::member::Moment;
use crate::model::NodeName;
use crate::scheduler::Action;

/// After how many attempts something is not tried at once any more, and how long it rests then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) attempts: u32,
    pub(super) pause: Duration,
}

impl Limit {
    /// No limit: pauses grow to the longest, and that is all.
    pub(super) const NONE: Self = Self { attempts: u32::MAX, pause: Duration::ZERO };
}

/// How often what was tried since the cluster was last at rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Patience(BTreeMap<(Arc<str>, Option<NodeName>), Tried>);

#[derive(Debug, Clone, Copy)]
struct Tried {
    times: u32,
    last: Moment,
}

impl Patience {
    /// How often the same is tried without a pause.
    const FREELY: u32 = 3;
    /// The longest pause, in milliseconds.
    const LONGEST: i64 = 60_000;

    /// Until when an action has to wait, and how often it was tried.
    pub(super) fn until(&self, action: &Action, limit: Limit, now: Moment) -> Option<(Moment, u32)> {
        let tried = self.0.get(&key(action))?;
        if tried.times >= limit.attempts {
            let pause = i64::try_from(limit.pause.as_millis()).unwrap_or(i64::MAX);
            let until = Moment(tried.last.0.saturating_add(pause));
            return (until > now).then_some((until, tried.times));
        }
        let exponent = tried.times.checked_sub(Self::FREELY)?;
        let pause = 1000_i64.checked_shl(exponent.min(20)).unwrap_or(Self::LONGEST).min(Self::LONGEST);
        let until = Moment(tried.last.0.saturating_add(pause));
        (until > now).then_some((until, tried.times))
    }

    /// An action is tried.
    pub(super) fn note(&mut self, action: &Action, now: Moment) {
        let tried = self.0.entry(key(action)).or_insert(Tried { times: 0, last: now });
        tried.times = tried.times.saturating_add(1);
        tried.last = now;
    }

    /// All is well: what comes next is new.
    pub(super) fn renew(&mut self) {
        self.0.clear();
    }
}

fn key(action: &Action) -> (Arc<str>, Option<NodeName>) {
    (Arc::clone(&action.key), action.node.clone())
}
