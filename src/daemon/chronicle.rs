//! What happens, as lines of the log.

use std::time::Duration;

use crate::cluster::{Durable, Event, Record};
use crate::executor::ActionResult;
use crate::model::NodeName;
use crate::scheduler::{Action, ActionKind};

/// Writes what a daemon begins with into the log.
pub(super) fn write_beginning(node: &NodeName, durable: Option<&Durable>, record: &Record) {
    tracing::info!(
        %node,
        generation = durable.map_or(0, |durable| durable.generation.0),
        resources = record.resources.len(),
        in_flight = record.in_flight.len(),
        "a daemon begins"
    );
}

/// Writes an event into the log.
pub(super) fn write(event: &Event) {
    match event {
        Event::Settled { members, dc } => {
            tracing::info!(%dc, members = names(members), "members agree");
        }
        Event::Gone { node, why } => tracing::warn!(%node, ?why, "a node is gone"),
        Event::Quorum { quorate: true } => tracing::info!("the cluster has quorum"),
        Event::Quorum { quorate: false } => tracing::warn!("the cluster has no quorum"),
        Event::Forsaken { node } => tracing::warn!(%node, "the daemon of a node did not come back"),
        Event::ConfirmedDown { node, by } => {
            tracing::warn!(%node, %by, "SOMEBODY CONFIRMED THAT A NODE IS DOWN: what it ran is started elsewhere, and runs twice if that is not so");
        }
        Event::Condemned { because } => tracing::error!(because, "this node stops everything and leaves"),
        Event::InForce { generation, origin } => {
            tracing::info!(generation = generation.0, origin, "a desired state is in force");
        }
        Event::Dropped { generation, origin } => {
            tracing::warn!(generation = generation.0, origin, "this node's desired state was not taken");
        }
        Event::Forgone { overrides, pause } => {
            let overrides: Vec<&str> = overrides.iter().map(|id| id.0.as_str()).collect();
            tracing::warn!(
                overrides = overrides.join(" "),
                pause,
                "what was asked for here without quorum was not taken"
            );
        }
        Event::Overridden => tracing::info!("overrides have changed"),
        Event::Lapsed(ids) => tracing::info!(?ids, "overrides have lapsed"),
        Event::Scheduled(decision) => {
            let actions = decision.schedule.transition.actions.len();
            let because = decision.because.join(", ");
            tracing::info!(transition = decision.transition, actions, because, "decided");
        }
        Event::Held { attempts, .. } => tracing::warn!(attempts, "the same was tried too often; it waits"),
        Event::Started(flight) => {
            let node = &flight.worker;
            tracing::debug!(action = describe(&flight.action), %node, "began");
        }
        Event::Finished { worker, action, result, .. } => finished(worker, action, result),
        Event::Refused { from, because } => {
            tracing::warn!(node = from.node, process = from.process, because, "a message was refused");
        }
    }
}

fn finished(worker: &NodeName, action: &Action, result: &ActionResult) {
    let (action, rc, took) = (describe_for(action), result.rc.name(), millis(result.took));
    let reason = result.exit_reason.as_deref().unwrap_or_default();
    match action {
        Told::Quietly(action) => tracing::debug!(action, node = %worker, rc, took, reason, "ended"),
        Told::Plainly(action) => tracing::info!(action, node = %worker, rc, took, reason, "ended"),
    }
}

/// How loudly an action is told.
enum Told {
    Quietly(String),
    Plainly(String),
}

fn describe_for(action: &Action) -> Told {
    let text = describe(action);
    if action.is_probe() || action.kind == ActionKind::Pseudo {
        Told::Quietly(text)
    } else {
        Told::Plainly(text)
    }
}

/// `start WebSite`.
pub(super) fn describe(action: &Action) -> String {
    let target = action.resource.as_deref().or(action.node.as_ref().map(NodeName::as_str));
    let every = if action.interval.is_zero() {
        String::new()
    } else {
        format!(" every {}", crate::model::period::format(action.interval))
    };
    format!("{} {}{every}", action.task.as_str(), target.unwrap_or_default())
}

fn names(members: &[NodeName]) -> String {
    members.iter().map(NodeName::as_str).collect::<Vec<_>>().join(" ")
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
