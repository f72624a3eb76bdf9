//! Letting go: what a node may not run any more ends in time, or the whole node does.

use std::time::Duration;

use super::{Node, Phase};
use crate::cluster::border::{Output, Timer};
use crate::cluster::event::Event;
use crate::cluster::member::Moment;
use crate::cluster::message::Tiding;
use crate::cluster::request::Leave;
use crate::model::{AgentClass, Isolation};
use crate::scheduler::facts::Variant;
use crate::scheduler::{self, Task};

impl Node {
    /// What is to be looked at now, again and again: this node sees no other, and this decides whether
    /// it is the one that is cut off.
    pub fn lookout(&self) -> Option<&Isolation> {
        self.state.durable.cluster.isolation.as_ref().filter(|_| self.sight.wants_evidence())
    }

    /// Whether this node found out that it is cut off.
    pub fn is_cut_off(&self) -> bool {
        self.sight.is_cut_off()
    }

    /// Whether the others rely on this node's watchdog to end it.
    pub fn is_watched(&self) -> bool {
        self.state.durable.watchdog_bound().is_some()
    }

    /// How long others wait for this node to let go of what it runs once it has lost them, or they have lost
    /// it; `None` where there is nobody to take over.
    pub fn release_bound(&self) -> Option<Duration> {
        let cluster = &self.state.durable.cluster;
        let members = cluster.members().count();
        (members > 1).then(|| self.state.hold_bound().unwrap_or(Isolation::WITHIN_DEFAULT))
    }

    /// Judges whether this node is cut off, by all that came in.
    pub(super) fn judge_solitude(&mut self) {
        let cluster = &self.state.durable.cluster;
        let members = cluster.members().count();
        let isolation = cluster.isolation.as_ref();
        let (is_news, timer) = self.sight.judge_solitude(isolation, members, &self.view, self.uptime);
        self.out.extend(timer);
        if is_news {
            let why = if self.sight.is_cut_off() { "this node is cut off" } else { "a look at the evidence" };
            self.control.reconsider(why);
        }
    }

    /// Lets go of everything, unless people want what runs here left alone: nobody takes it over until that ends, and
    /// then this is asked for again.
    pub(super) fn release(&mut self, now: Moment) {
        if self.is_left_alone(now) {
            self.out.push(Output::Postponed);
        } else {
            self.let_go(now);
        }
    }

    /// Whether a pause or maintenance of this node that was asked for goes on.
    fn is_left_alone(&self, now: Moment) -> bool {
        self.state.durable.overlay.alone_until(&self.settings.name, now).is_some()
    }

    /// Lets go of everything, alone.
    pub(super) fn let_go(&mut self, now: Moment) {
        if !self.sight.is_released() {
            self.sight.release();
            self.phase = Phase::Outside;
            self.go_alone(now);
            self.control.reconsider("this node lets go of everything");
        }
    }

    /// Times how long this node may hold what others take over, from when it lost its permission to run
    /// anything, whether members are still agreeing or not; where it is left alone, from when that ends: the others
    /// wait for as long.
    pub(super) fn time_release(&mut self, now: Moment) {
        if self.outbox.is_closed() {
            return;
        }
        let is_left_alone = self.is_left_alone(now);
        if self.sight.has_quorum() || is_left_alone {
            self.is_left_alone = is_left_alone;
            if self.releases.take().is_some() {
                self.out.push(Output::ClearTimer(Timer::Release));
            }
            return;
        }
        let Some(bound) = self.bound_of_release().filter(|_| self.releases.is_none()) else { return };
        let was_left_alone = std::mem::take(&mut self.is_left_alone);
        let since = self.sight.alone_since().filter(|_| !was_left_alone).unwrap_or(self.uptime);
        self.releases = Some(since);
        let after = (bound - margin(bound)).saturating_sub(self.uptime.since(since));
        self.out.push(Output::SetTimer { timer: Timer::Release, after });
    }

    fn bound_of_release(&self) -> Option<Duration> {
        let told = self.sight.is_released().then_some(Isolation::WITHIN_DEFAULT);
        self.state.hold_bound().or(told)
    }

    /// What this node may not run any more should have ended by now.
    pub(super) fn end_release(&mut self, now: Moment) {
        let is_over = self.releases.is_some() && !self.sight.has_quorum();
        let held = if is_over { self.held(now) } else { Vec::new() };
        if !held.is_empty() {
            let because = format!("{} did not end here in time", held.join(", "));
            self.out.push(Output::Reset { because });
        }
    }

    /// Ends a release when nothing is left.
    pub(super) fn finish_release(&mut self, now: Moment) {
        let is_idle = self.is_settled() && self.control.is_idle() && self.state.live.in_flight.is_empty();
        if self.sight.is_released() && is_idle && !self.has_let_go && self.held(now).is_empty() {
            self.has_let_go = true;
            self.keep_record();
            self.out.push(Output::Released);
        }
    }

    /// What runs or may run here and should not. What people want left alone does not count: nobody takes
    /// it over.
    fn held(&self, now: Moment) -> Vec<String> {
        if self.state.durable.overlay.pause_at(now).is_some() {
            return Vec::new();
        }
        let (cluster, status) = (self.effective(now), self.status(now));
        let (placement, _) = scheduler::decide(&cluster, &status, now.seconds());
        let facts = &placement.facts;
        let me = facts.nodes.iter().position(|node| self.is_me(&node.name));
        let is_service = |variant: &Variant<'_>| {
            variant.primitive_facts().is_some_and(|primitive| primitive.agent.class != AgentClass::Stonith)
        };
        let here = facts.resources.iter().filter(|resource| {
            is_service(&resource.variant)
                && (resource.is_managed || resource.is_blocked)
                && !resource.in_maintenance
                && resource.active_on.iter().any(|node| Some(node.index()) == me)
        });
        let mut held: Vec<String> = here.map(|resource| resource.id.to_string()).collect();
        let begins = |task: &Task| matches!(task, Task::Start | Task::Promote | Task::MigrateFrom);
        let flights = self.state.live.in_flight.iter();
        let begun = flights.filter(|flight| self.is_me(&flight.worker) && begins(&flight.action.task));
        held.extend(begun.filter_map(|flight| flight.action.resource.as_ref().map(ToString::to_string)));
        held.sort();
        held.dedup();
        held
    }

    /// A node that learns that it was fenced, and is here all the same, is reset, or ends everything and
    /// leaves, as the cluster wishes. One that fenced itself, as there was nobody else, and is still here is reset:
    /// what it could not stop still runs.
    pub(super) fn notice_fencing(&mut self, now: Moment) {
        let me = &self.settings.name;
        let fencing = self.state.live.fencing_of(me, self.settings.life).filter(|_| self.is_settled());
        let Some(fencing) = fencing else { return };
        let because = format!("this node was fenced by {}, and is here all the same", fencing.by);
        if fencing.by == *me {
            self.out.push(Output::Reset { because });
            return;
        }
        if self.is_condemned || self.sight.is_released() {
            return;
        }
        self.is_condemned = true;
        self.out.push(Output::Tell(Event::Condemned { because: because.clone() }));
        if self.state.durable.panics_when_fenced() {
            self.out.push(Output::Reset { because });
        } else if self.state.live.ledger.status.node(me.as_str()).is_some_and(|own| own.is_fenced) {
            // The others do not take it for a member any more, so that they cannot let it leave.
            self.let_go(now);
        } else {
            self.tell(now, Tiding::Leave(Leave::Drained), None);
        }
    }
}

/// The part of a bound that is kept free: the two sides of a cut see it at slightly different moments,
/// and a reset takes a moment as well.
fn margin(bound: Duration) -> Duration {
    (bound / 5).clamp(Duration::from_secs(1), Duration::from_secs(5)).min(bound)
}
