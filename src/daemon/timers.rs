//! Timers of the node's logic.

#![expect(clippy::disallowed_methods, reason = "timers of a daemon")]

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::cluster::Timer;

/// The timers that are set.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeMap<Timer, Instant>);

impl Timers {
    /// Sets a timer, in place of the same one.
    pub(super) fn set(&mut self, timer: Timer, after: Duration) {
        match Instant::now().checked_add(after) {
            Some(at) => self.0.insert(timer, at),
            // Beyond all time.
            None => self.0.remove(&timer),
        };
    }

    /// Takes a timer back.
    pub(super) fn clear(&mut self, timer: &Timer) {
        self.0.remove(timer);
    }

    /// The next timer whose time is over; comes only while one is set.
    pub(super) async fn next(&mut self) -> Timer {
        let next = self.0.iter().min_by_key(|(_, at)| **at).map(|(timer, at)| (timer.clone(), *at));
        let Some((timer, at)) = next else { return pending().await };
        sleep_until(at).await;
        self.0.remove(&timer);
        timer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NodeName;

    #[tokio::test(start_paused = true)]
    async fn timers_come_in_order_and_a_second_setting_replaces_the_first() {
        let mut timers = Timers::default();
        timers.set(Timer::Recheck, Duration::from_secs(3));
        timers.set(Timer::Group, Duration::from_secs(1));
        timers.set(Timer::Announce, Duration::from_secs(2));
        timers.set(Timer::Return(NodeName::from("a")), Duration::MAX);
        timers.set(Timer::Recheck, Duration::from_millis(1500));
        timers.clear(&Timer::Announce);
        assert_eq!([timers.next().await, timers.next().await], [Timer::Group, Timer::Recheck]);
    }
}
