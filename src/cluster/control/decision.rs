//! Deciding: a schedule from all that is known, and an executor that takes over what is in flight.

use std::time::Duration;

use super::deliberation::keep_feasible;
use super::obstacle::obstacle;
use super::{Control, Ground, Running};
use crate::cluster::border::{Output, Timer};
use crate::cluster::call::Flight;
use crate::cluster::event::{Decision, Event};
use crate::cluster::member::Moment;
use crate::cluster::state::Effective;
use crate::executor::{self, Executor, Limits};
use crate::ledger::roster::Roster;
use crate::model::{Cluster, period};
use crate::scheduler::facts::Properties;
use crate::scheduler::{Action, ActionKind, Schedule, Transition};

impl Control {
    /// How often it decides again within one step, when a transition is over as soon as it began.
    const MOST_DECISIONS: u32 = 4;
    /// How often it decides again though nothing happened, unless the cluster says otherwise.
    pub(super) const RECHECK: Duration = Duration::from_secs(15 * 60);

    pub(super) fn decide_while_due(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        for _ in 0..Self::MOST_DECISIONS {
            if self.because.is_empty() {
                return;
            }
            if let Some(obstacle) = obstacle(ground, self.leads_since) {
                // What is in flight goes on; its ends are facts when a decision is made again.
                self.drop_transition();
                self.recheck = obstacle.until;
                return;
            }
            self.decide(ground, out);
        }
    }

    fn decide(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        let because = std::mem::take(&mut self.because);
        let cluster = self.effective_cluster(ground);
        let flights = self.flights(ground);
        let (status, mut schedule) = self.deliberate(ground, &cluster, &flights);
        let roster = Roster::of(&cluster, &status);
        keep_feasible(ground, &mut schedule.transition, &roster);
        self.recheck = self.next_look(ground, &cluster, &schedule);
        let news = news(&schedule.transition, &flights);
        if !news {
            self.rest(flights.is_empty());
        }
        self.transition += 1;
        if news {
            out.push(Output::Tell(Event::Scheduled(Box::new(Decision {
                transition: self.transition,
                at: ground.now,
                generation: ground.state.durable.generation,
                because,
                schedule: schedule.clone(),
                cluster: Cluster::clone(&cluster),
                status,
            }))));
        }
        self.begin(ground, schedule.transition, roster, &flights, out);
    }

    /// Nothing new is to be done. With nothing in flight either, all is well.
    fn rest(&mut self, is_idle: bool) {
        if is_idle {
            self.patience.renew();
        }
    }

    /// Carries out a transition, with what is in flight.
    fn begin(
        &mut self,
        ground: &Ground<'_>,
        transition: Transition,
        roster: Roster,
        flights: &[Flight],
        out: &mut Vec<Output>,
    ) {
        let start_failure_is_fatal = transition.start_failure_is_fatal;
        let limits = limits(ground, &transition);
        let mut executor = Executor::new(transition, limits);
        let ids = executor.carry(flights.iter().map(|flight| flight.action.clone()).collect());
        let calls = flights.iter().map(|flight| flight.call).zip(ids).collect();
        self.note_debts();
        self.hand_over_debts(ground, &mut executor, &calls);
        let commands = executor.step(executor::Event::Begin);
        self.running = Some(Running {
            executor,
            number: self.transition,
            calls,
            has_worked: false,
            start_failure_is_fatal,
            roster,
            held: Vec::new(),
        });
        self.commands.clear();
        self.obey(commands, ground, out);
    }

    fn effective_cluster(&mut self, ground: &Ground<'_>) -> std::sync::Arc<Cluster> {
        let durable = &ground.state.durable;
        let known = self.effective.take().filter(|known| known.is_current(durable, ground.now));
        let effective = known.unwrap_or_else(|| Effective::of(durable, ground.now));
        std::sync::Arc::clone(&self.effective.insert(effective).cluster)
    }

    /// When a decision may differ by itself.
    fn next_look(&self, ground: &Ground<'_>, cluster: &Cluster, schedule: &Schedule) -> Option<Moment> {
        let regular = recheck_interval(cluster, ground.now).map(|interval| later(ground.now, interval));
        let by_schedule = schedule.recheck_by.map(|by| Moment(by.saturating_mul(1000)));
        let by_override = self.effective.as_ref().and_then(|effective| effective.lapses_at);
        [regular, by_schedule, by_override].into_iter().flatten().min()
    }

    /// Sets the timer for the next look, if it is another one than before.
    pub(super) fn set_recheck(&mut self, ground: &Ground<'_>, out: &mut Vec<Output>) {
        let held = self.running.iter().flat_map(|running| &running.held).copied().min();
        let Some(at) = [self.recheck, held].into_iter().flatten().min() else { return };
        if self.timer_at == Some(at) {
            return;
        }
        self.timer_at = Some(at);
        let millis = u64::try_from(at.0.saturating_sub(ground.now.0)).unwrap_or(0);
        out.push(Output::SetTimer { timer: Timer::Recheck, after: Duration::from_millis(millis) });
    }
}

/// How often the cluster looks again by itself, if it does.
pub(super) fn recheck_interval(cluster: &Cluster, now: Moment) -> Option<Duration> {
    let properties = Properties::at(cluster, now.seconds());
    let interval = properties.table.get("cluster-recheck-interval").and_then(|text| period::parse(text));
    Some(interval.unwrap_or(Control::RECHECK)).filter(|interval| !interval.is_zero())
}

fn later(now: Moment, length: Duration) -> Moment {
    Moment(now.0.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)))
}

/// Whether there is anything to be done that is not being done.
fn news(transition: &Transition, flights: &[Flight]) -> bool {
    let is_in_flight = |action: &Action| flights.iter().any(|flight| action.is_same_as(&flight.action));
    let mut real = transition.actions.iter().filter(|action| action.kind != ActionKind::Pseudo);
    real.any(|action| !is_in_flight(action))
}

/// The limits of a transition, with those of each node.
fn limits(ground: &Ground<'_>, transition: &Transition) -> Limits {
    let mut limits = Limits::of(transition);
    let properties = Properties::at(&ground.state.durable.cluster, ground.now.seconds());
    let wanted = properties.table.get("node-action-limit");
    let wanted = wanted.and_then(|text| text.parse::<u32>().ok()).filter(|limit| *limit > 0);
    for seat in &ground.state.live.members {
        if let Some(jobs) = wanted.or(seat.jobs) {
            limits.of_node.insert(seat.member.name.clone(), jobs);
        }
    }
    limits
}
