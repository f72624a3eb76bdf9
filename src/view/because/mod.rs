//! Reasons as sentences.

mod obstacle;

pub use obstacle::{obstacle_at, refusals};

use super::{escaped, explain, fold};
use crate::model::id::without_number;
use crate::model::{NodeName, Score};
use crate::plan::trouble::Hold;
use crate::plan::unplaced::Obstacle;
use crate::plan::{Address, Because, Caution, Plan, Trouble, Unplaced, Verb};

/// A reason in a few words, without capital and full stop. Empty when there is nothing to say.
pub fn because(because: &Because) -> String {
    escaped(&words(because))
}

fn words(because: &Because) -> String {
    match because {
        Because::IsNew => "new".to_owned(),
        Because::IsRemoved => "no longer configured".to_owned(),
        Because::IsSurplus => "more instances than asked for".to_owned(),
        Because::Displaced { by, node, limit } => displaced(by, node, *limit),
        Because::EnoughInstances { resource, limit } => enough(resource, *limit),
        Because::NotPromoted { node, outcome } => explain::not_promoted(outcome, node),
        Because::BroughtAlong { resources, constraint } => brought_along(resources, constraint),
        Because::FailedInside { resource, because } => format!("{resource}: {}", words(because)),
        Because::HalfMigrated { from, to } => format!("its migration from {from} to {to} was not completed"),
        Because::NotRunning => "not running".to_owned(),
        Because::TargetRole { role } => format!("target-role is {role}"),
        Because::NodeStandby { node } => format!("{node} is in standby"),
        Because::NodeMaintenance { node } => format!("{node} is in maintenance"),
        Because::NodeShuttingDown { node } => format!("{node} shuts down"),
        Because::NodeOffline { node } => format!("{node} is offline"),
        Because::NodeUnclean { node } => format!("{node} was lost without notice"),
        Because::MustBeWith { resource, moves: true } => format!("must be with {resource}, which moves"),
        Because::MustBeWith { resource, moves: false } => format!("must be with {resource}"),
        Because::LikesToBeWith { resource, score, moves } => likes(resource, *score, *moves),
        Because::KeptOff { node, obstacle } => obstacle_at(node, obstacle),
        Because::After { resource, verb } => after(resource, *verb),
        Because::Before { resource, verb } => format!("before {resource} {}", third_person(*verb)),
        Because::Awaits { resource, verb } => format!("{resource} {} first", third_person(*verb)),
        Because::Prefers { who, node, constraint, score } => {
            let who = who.as_ref().map(|who| format!("{who} ")).unwrap_or_default();
            format!("{who}prefers {node} ({}, score {score})", Address::of_constraint(constraint))
        }
        Because::Avoids { node, constraint, score } => {
            format!("avoids {node} ({}, score {score})", Address::of_constraint(constraint))
        }
        Because::ScoresHigher { node, score, against } => {
            format!("{node} scores {score}, against {against}")
        }
        Because::EvensOut { node } => format!("{node} is as good, and runs less"),
        Because::Failed { operation, node, answer, exit_reason } => {
            let said = exit_reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
            format!("{operation} failed on {node} ({answer}{said})")
        }
        Because::ParametersChange { paths } => parameters_change(paths),
        Because::StopAll => "all resources were told to stop".to_owned(),
        Because::NoNode => "no node may run it".to_owned(),
        Because::NoTicket { ticket, is_standby } => no_ticket(ticket, *is_standby),
        Because::MustBeFenced { node, why } => format!("{node} must be fenced: {why}"),
        Because::RunsTwice { nodes } => format!("it runs on {}", on_each(nodes)),
        Because::PromotedElsewhere { node, score, against } => {
            format!("{node} has the better promotion score ({score}, against {against})")
        }
        Because::TooFew { resource, needed, able } => too_few(resource, *needed, *able),
        Because::NoneOf { resources } => {
            format!("one of these must start first, and none can: {}", fold::names(resources))
        }
        Because::NoFenceDevice => "there is no fence device, and fencing is enabled".to_owned(),
        Because::HeldUp { resource, verb } => format!("{resource} must {} first, and cannot", verb.as_str()),
        Because::Circle { resources, constraints } => circle(resources, constraints),
        Because::ToldToStop { resource } => format!("{resource} is told to stop (target-role)"),
        Because::LeftAlone { resource } => format!("{resource} does not run, and is unmanaged"),
        Because::NoQuorum => "no quorum".to_owned(),
        Because::Other { text } => text.clone(),
    }
}

fn displaced(by: &[String], node: &NodeName, limit: u32) -> String {
    let has = if by.len() == 1 { "has its place" } else { "have the places" };
    format!("{} {has} on {node} (clone-node-max: {limit})", fold::names(by))
}

fn enough(clone: &str, limit: u32) -> String {
    format!("other instances of {clone} have places, as many as may (clone-max: {limit})")
}

fn brought_along(resources: &[String], constraint: &str) -> String {
    match resources.len() {
        0 => format!("it is ordered so ({constraint})"),
        1 => format!("{} changes ({constraint})", fold::names(resources)),
        _ => format!("{} change ({constraint})", fold::names(resources)),
    }
}

fn too_few(clone: &str, needed: u32, able: u32) -> String {
    let takes = if needed == 1 { "1 instance".to_owned() } else { format!("{needed} instances") };
    format!("it takes {takes} of {clone} first, and {able} can run")
}

fn likes(resource: &str, score: Score, moves: bool) -> String {
    let moves = if moves { ", which moves" } else { "" };
    format!("prefers to be with {resource}{moves} (score {score})")
}

fn parameters_change(paths: &[String]) -> String {
    match paths.len() {
        0 => "its parameters change".to_owned(),
        1 => format!("{} changes", paths.join(", ")),
        _ => format!("{} change", paths.join(", ")),
    }
}

fn circle(resources: &[String], constraints: &[String]) -> String {
    let orders = orders(constraints);
    match resources {
        [only] => format!("{only} waits for itself{orders}"),
        several => format!("{} wait for each other{orders}", fold::names(several)),
    }
}

fn after(resource: &str, verb: Verb) -> String {
    match verb {
        Verb::Start | Verb::Move | Verb::Recover => format!("after {resource}"),
        Verb::Restart => format!("after {resource}, which restarts"),
        Verb::Stop
        | Verb::Migrate
        | Verb::Reload
        | Verb::Promote
        | Verb::Demote
        | Verb::RePromote
        | Verb::Fence
        | Verb::Unfence
        | Verb::Shutdown => format!("after {resource} {}", third_person(verb)),
    }
}

/// What cannot be done, and why: `WebSite cannot start: no quorum`.
pub fn cannot(verb: Verb, subject: &str, why: &Because) -> String {
    let verb = match verb {
        Verb::Promote => "be promoted",
        Verb::Demote => "be demoted",
        Verb::RePromote => "be demoted and promoted again",
        Verb::Fence => "be fenced",
        Verb::Unfence => "be unfenced",
        Verb::Start
        | Verb::Stop
        | Verb::Move
        | Verb::Migrate
        | Verb::Restart
        | Verb::Recover
        | Verb::Reload
        | Verb::Shutdown => verb.as_str(),
    };
    match because(why) {
        reason if reason.is_empty() => format!("{subject} cannot {verb}"),
        reason => format!("{subject} cannot {verb}: {reason}"),
    }
}

/// What is wrong with a resource: `WebSite has failed: stop failed on node1 (error)`.
pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Failed { resource, because: None, .. } => format!("{resource} has failed"),
        Trouble::Failed { resource, because: Some(why), .. } => {
            format!("{resource} has failed: {}", because(why))
        }
        Trouble::RunsTwice { resource, nodes, .. } => {
            let nodes: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
            let times = if nodes.len() == 2 { "twice".to_owned() } else { format!("{} times", nodes.len()) };
            format!("{resource} runs {times}: on {}", nodes.join(" and on "))
        }
    }
}

/// What helps against it.
pub fn remedy(trouble: &Trouble) -> String {
    let cleanup = |resource: &str| format!("`quorate cleanup {}`", without_number(resource));
    match trouble {
        Trouble::Failed { resource, hold: Hold::Unmanaged, .. } => {
            format!("mend {resource} by hand, as it is unmanaged, or let it be managed again")
        }
        Trouble::Failed { resource, because: Some(Because::Failed { operation, node, .. }), .. }
            if operation == "stop" =>
        {
            format!("see to it that {resource} does not run on {node}, then {}", cleanup(resource))
        }
        Trouble::Failed { resource, .. } => mend_and_clean_up(resource),
        Trouble::RunsTwice { is_split: true, .. } => {
            "these nodes do not see one another: fencing or a witness keeps this from happening".to_owned()
        }
        Trouble::RunsTwice { resource, is_split: false, .. } => {
            format!("end it by hand where it should not run, then {}", cleanup(resource))
        }
    }
}

/// A resource that has no node, why, and what helps if a failure keeps it off.
pub fn no_node(unplaced: &Unplaced) -> String {
    let help = way_out(unplaced).map(|help| format!("; {help}")).unwrap_or_default();
    format!("no node can run {}: {}{help}", unplaced.resource, refusals(unplaced))
}

/// What helps a resource that failures keep off nodes.
pub fn way_out(unplaced: &Unplaced) -> Option<String> {
    let failed = unplaced.nodes.iter().find_map(|refusal| match &refusal.obstacle {
        Obstacle::Failures | Obstacle::FailedForGood { .. } | Obstacle::Halted => {
            Some(unplaced.resource.as_str())
        }
        Obstacle::StandbyAfterFailure { resource } => resource.as_deref(),
        Obstacle::Offline
        | Obstacle::Unclean
        | Obstacle::ShuttingDown
        | Obstacle::Standby
        | Obstacle::Maintenance
        | Obstacle::Constraint { .. }
        | Obstacle::Ticket { .. }
        | Obstacle::Company { .. }
        | Obstacle::Absent { .. }
        | Obstacle::Apart { .. }
        | Obstacle::StoppedAsMultiple { .. }
        | Obstacle::Locked { .. }
        | Obstacle::Unhealthy
        | Obstacle::NotAllowed
        | Obstacle::Capacity { .. }
        | Obstacle::CapacityTogether
        | Obstacle::NotOpened
        | Obstacle::OtherPlaces
        | Obstacle::Score { .. } => None,
    })?;
    Some(mend_and_clean_up(failed))
}

/// What helps after a failure: `mend what failed, then `quorate cleanup WebSite``.
pub fn mend_and_clean_up(resource: &str) -> String {
    format!("mend what failed, then `quorate cleanup {}`", without_number(resource))
}

/// What keeps undoing a plan that was tried again and again: `WebSite: monitor failed on n1 (not running)`.
pub fn undone(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().map(|step| {
        let node = step.from.as_ref().or(step.to.as_ref()).map(NodeName::as_str).unwrap_or_default();
        let subject = step.resource.as_deref().unwrap_or(node);
        let why = because(&step.because);
        let done = match (&step.because, &step.resource) {
            (Because::Failed { .. }, Some(resource)) => format!("{resource} fails again and again: {why}"),
            (_, None) => format!("{subject} {} again and again", third_person(step.verb)),
            (_, Some(resource)) => {
                format!("{resource} {} again and again on {node}", third_person(step.verb))
            }
        };
        if matches!(step.because, Because::Failed { .. }) || why.is_empty() {
            done
        } else {
            format!("{done}: {why}")
        }
    });
    steps.map(|line| escaped(&line)).collect()
}

/// What helps against it.
pub fn undone_remedies(plan: &Plan) -> Vec<String> {
    let elsewhere = match plan.desired.nodes.as_slice() {
        [] | [_] => "",
        [_, _, ..] => "; with a `migration-threshold` it leaves a node where it fails too often",
    };
    let mut named: Vec<&str> = Vec::new();
    for resource in plan.steps.iter().filter_map(|step| step.resource.as_deref()) {
        let resource = without_number(resource);
        if !named.contains(&resource) {
            named.push(resource);
        }
    }
    let line = |resource: &&str| {
        escaped(&format!(
            "see why in its logs (`quorate explain {resource}` has what its agent said), mend it, then \
             `quorate cleanup {resource}`{elsewhere}"
        ))
    };
    named.iter().map(line).collect()
}

/// What of a plan cannot be done, and why.
pub fn obstacles(plan: &Plan) -> Vec<String> {
    let blocked = plan.blocked.iter().map(|blocked| {
        let node = blocked.from.as_ref().map(NodeName::as_str);
        let subject = blocked.resource.as_deref().or(node).unwrap_or_default();
        cannot(blocked.verb, subject, &blocked.because)
    });
    let unplaced = plan.unplaced.iter().filter(|unplaced| !unplaced.is_later).map(no_node);
    let troubles = plan.troubles.iter().map(|it| format!("{}; {}", trouble(it), remedy(it)));
    let pause = plan.cautions.contains(&Caution::Paused);
    let pause = pause.then(|| "decisions are paused; `quorate resume` ends that".to_owned());
    let all = pause.into_iter().chain(troubles).chain(unplaced).chain(blocked);
    all.map(|line| escaped(&line)).collect()
}

/// `start` as in "it starts".
pub fn third_person(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "starts",
        Verb::Stop => "stops",
        Verb::Move => "moves",
        Verb::Migrate => "migrates",
        Verb::Restart => "restarts",
        Verb::Recover => "recovers",
        Verb::Reload => "reloads",
        Verb::Promote => "is promoted",
        Verb::Demote => "is demoted",
        Verb::RePromote => "is demoted and promoted again",
        Verb::Fence => "is fenced",
        Verb::Unfence => "is unfenced",
        Verb::Shutdown => "shuts down",
    }
}

/// What is the matter with a ticket.
pub fn no_ticket(ticket: &str, is_standby: bool) -> String {
    format!("ticket {ticket} is {}", if is_standby { "in standby" } else { "not granted" })
}

fn on_each(nodes: &[NodeName]) -> String {
    let names: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
    names.join(" and on ")
}

/// The orders that make a circle, in brackets.
fn orders(constraints: &[String]) -> String {
    if constraints.is_empty() {
        return String::new();
    }
    let spelled: Vec<String> = constraints.iter().map(|id| Address::of_constraint(id)).collect();
    format!(" ({})", fold::names(&spelled))
}
