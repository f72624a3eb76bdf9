//! Deliberation: the status to decide by, with what is in flight as facts, and what is made of it.

use std::time::Duration;

use super::{Control, Ground};
use crate::cluster::call::Flight;
use crate::cluster::state::worker_of;
use crate::executor::ActionResult;
use crate::ledger::roster::Roster;
use crate::ledger::{AgentTraits, Ledger, Performed};
use crate::model::fencing::TERMINATE;
use crate::model::id::without_number;
use crate::model::{AgentClass, Cluster, NodeName};
use crate::scheduler::{self, Action, ActionKind, Schedule, Task, Transition};
use crate::status::{ClusterStatus, JoinState, NodeState, Presence, ProcessState, ResultCode};

impl Control {
    /// What is in flight, what was ordered and is not seen yet included. What a member that is not
    /// there had in flight is not waited for.
    pub(super) fn flights(&self, ground: &Ground<'_>) -> Vec<Flight> {
        let all = ground.state.live.in_flight.iter().chain(&self.sent);
        all.filter(|flight| ground.state.member_on(&flight.worker).is_some()).cloned().collect()
    }

    /// The status to decide by.
    pub(in crate::cluster) fn status(&self, ground: &Ground<'_>) -> ClusterStatus {
        let mut ledger = ground.state.live.ledger.clone();
        for flight in ground.state.live.in_flight.iter().chain(&self.sent) {
            if flight.action.task == Task::Start && ground.state.member_on(&flight.worker).is_some() {
                ledger.record_pending(&flight.action, flight.agent.as_ref(), flight.since.seconds());
            }
            // A lost one is fenced anyhow; with the attribute it would count as one whose end was asked for and came.
            if let Some(target) = flight.action.node.as_ref().filter(|_| flight.action.task.takes_node_down())
                && !ledger.is_lost(target)
            {
                ledger.set_attribute(target, TERMINATE, Some("true"));
            }
        }
        for state in &mut ledger.status.nodes {
            see_node(ground, state);
        }
        let frozen = ground.state.live.awaited.keys().chain(&ground.state.live.detached);
        for node in frozen {
            ledger.set_attribute(node, "maintenance", Some("true"));
        }
        let dc = ground.state.dc().and_then(|dc| ledger.status.node(dc.name.as_str()));
        ledger.status.dc = dc.map(|state| state.id.clone());
        ledger.status.has_quorum = ground.sight.has_quorum();
        ledger.status.is_cut_off = ground.sight.must_let_go();
        ledger.status.observed_at = Some(ground.now.seconds());
        ledger.status
    }

    /// The status in which what is being stopped where a daemon is waited for does not run any more: nothing
    /// may count on it, though nobody hears of its end. It starts nowhere either ([`keep_feasible`]).
    fn without_what_ends(&self, ground: &Ground<'_>) -> ClusterStatus {
        let status = self.status(ground);
        let live = &ground.state.live;
        let is_unheard = |flight: &&Flight| {
            flight.action.task == Task::Stop
                && live.awaited.keys().any(|node| node.is(flight.worker.as_str()))
                && ground.state.member_on(&flight.worker).is_none()
        };
        let (transition, writer) = (live.ledger.transition, live.ledger.writer.clone());
        let mut ledger = Ledger { status, transition, writer };
        for flight in live.in_flight.iter().filter(is_unheard) {
            pretend_done(&mut ledger, flight, ground.now.seconds());
        }
        ledger.status
    }

    /// Schedules. A promotion in flight that is not planned any more counts as done, so that its
    /// opposite is planned; and so does such a stop, so that the next start is. Both will wait for it.
    pub(super) fn deliberate(
        &self,
        ground: &Ground<'_>,
        cluster: &Cluster,
        flights: &[Flight],
    ) -> (ClusterStatus, Schedule) {
        let now = ground.now.seconds();
        let status = self.without_what_ends(ground);
        let schedule = scheduler::schedule(cluster, &status, now);
        let planned = &schedule.transition.actions;
        let is_planned = |flight: &&Flight| planned.iter().any(|action| action.is_same_as(&flight.action));
        let unplanned: Vec<&Flight> = flights.iter().filter(|flight| !is_planned(flight)).collect();
        let is_telling = |flight: &&Flight| matches!(flight.action.task, Task::Promote | Task::Stop);
        if !unplanned.iter().any(is_telling) {
            return (status, schedule);
        }
        let ledger = &ground.state.live.ledger;
        let mut ledger = Ledger { status, transition: ledger.transition, writer: ledger.writer.clone() };
        for flight in unplanned.into_iter().filter(is_telling) {
            if flight.action.task == Task::Stop {
                pretend_done(&mut ledger, flight, ground.now.seconds());
            } else {
                ledger.record_pending(&flight.action, flight.agent.as_ref(), flight.since.seconds());
            }
        }
        let schedule = scheduler::schedule(cluster, &ledger.status, now);
        (ledger.status, schedule)
    }
}

/// Leaves only what can be done: what would be done by a member that is not there, and all that comes
/// after it, has to wait for another decision. A node does not go before it is known what it runs, nothing
/// starts that may run where a daemon is waited for, and nothing is promoted while it is asked elsewhere whether it
/// is promoted there.
pub(super) fn keep_feasible(ground: &Ground<'_>, transition: &mut Transition, roster: &Roster) {
    let probes = transition.actions.iter().filter(|action| action.is_probe());
    let probes: Vec<(NodeName, String)> = probes
        .filter_map(|probe| {
            Some((probe.node.clone()?, without_number(probe.resource.as_deref()?).to_owned()))
        })
        .collect();
    let is_probed = |node: &NodeName| probes.iter().any(|(probed, _)| probed == node);
    let is_asked_elsewhere = |action: &Action| {
        let name = action.resource.as_deref().map(without_number);
        probes
            .iter()
            .any(|(node, probed)| Some(probed.as_str()) == name && action.node.as_ref() != Some(node))
    };
    let is_feasible = |action: &Action| match action.kind {
        ActionKind::Pseudo => true,
        ActionKind::Fence => {
            !ground.sight.hears_strangers()
                && action.node.as_ref().is_none_or(|node| !ground.state.is_frozen(node))
        }
        ActionKind::Cluster => {
            action.task != Task::Shutdown
                || action
                    .node
                    .as_ref()
                    .is_some_and(|node| ground.state.member_on(node).is_some() && !is_probed(node))
        }
        ActionKind::Resource => {
            worker_of(action).is_some_and(|worker| ground.state.member_on(worker).is_some())
                && !is_in_doubt(ground, action, roster)
                && !(action.task == Task::Promote && is_asked_elsewhere(action))
        }
    };
    let mut dropped = std::collections::BTreeSet::new();
    transition.actions.retain(|action| {
        let stays = is_feasible(action) && !action.after.iter().any(|first| dropped.contains(first));
        if !stays {
            dropped.insert(action.id);
        }
        stays
    });
}

/// Whether an action would activate something that may be active where a daemon is waited for: that was told
/// to activate or to stop it and did not answer, or was not asked yet.
fn is_in_doubt(ground: &Ground<'_>, action: &Action, roster: &Roster) -> bool {
    let live = &ground.state.live;
    let Some(resource) = action.resource.as_deref().filter(|_| !live.awaited.is_empty()) else {
        return false;
    };
    let is_instance_of_many = action.meta.contains_key("clone") && action.task != Task::Promote;
    let is_device = roster.agent(resource).is_some_and(|agent| agent.class == AgentClass::Stonith);
    if !action.task.may_activate() || is_instance_of_many || is_device {
        return false;
    }
    let name = without_number(resource);
    live.awaited.keys().any(|node| {
        let was_told = live.in_flight.iter().any(|flight| {
            flight.worker.is(node.as_str())
                && (flight.action.task.may_activate() || flight.action.task == Task::Stop)
                && flight.action.resource.as_deref().is_some_and(|told| without_number(told) == name)
        });
        let state = live.ledger.status.node(node.as_str());
        let was_asked = state
            .is_some_and(|state| state.resources.iter().any(|history| without_number(&history.id) == name));
        was_told || !was_asked
    })
}

/// What the membership layer shows of a node that has no member on it, and what is assumed of one that
/// is frozen.
fn see_node(ground: &Ground<'_>, state: &mut NodeState) {
    let Some(name) = state.name.clone() else { return };
    if ground.state.is_frozen(&name) {
        state.member = Presence::Present;
        state.process = ProcessState::Online;
        state.join = JoinState::Member;
        state.expected_up = true;
        return;
    }
    if ground.state.member_on(&name).is_some() || ground.state.durable.is_remote(name.as_str()) {
        return;
    }
    match (ground.sight.sees(&name), state.member) {
        // Where nodes are fenced, one that no daemon has ever spoken for is, though its machine is seen:
        // it may run anything.
        (true, Presence::Unknown) if !ground.state.durable.has_fencing() => state.member = Presence::Present,
        (true, Presence::Absent) if !state.expected_up => state.member = Presence::Present,
        (false, Presence::Present | Presence::Since(_)) => state.member = Presence::Absent,
        (_, Presence::Unknown | Presence::Absent | Presence::Present | Presence::Since(_)) => {}
    }
}

fn pretend_done(ledger: &mut Ledger, flight: &Flight, at: i64) {
    let result = ActionResult::done(ResultCode::OK, Duration::ZERO);
    ledger.record(&Performed {
        action: &flight.action,
        agent: flight.agent.as_ref(),
        traits: &AgentTraits::default(),
        result: &result,
        at,
        start_failure_is_fatal: false,
    });
}
