//! Why a step is taken, in facts that people know: the scheduler's reason where it has one,
//! otherwise what is seen in the cluster and in its constraints.

use serde::{Deserialize, Serialize};

use super::explain::Outcome;
use super::step::Verb;
use super::unplaced::Obstacle;
use crate::model::{NodeName, Role, Score};
use crate::scheduler::facts::FailedAction;
use crate::scheduler::{Reason, Task};
use crate::status::ResultStatus;

/// Why a step is taken, or cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Because {
    /// The resource is new in the manifest.
    IsNew,
    /// The resource is no longer configured.
    IsRemoved,
    /// There are more instances than asked for.
    IsSurplus,
    /// Other instances of its clone have the places on the node that it is on.
    Displaced {
        /// Which.
        by: Vec<String>,
        /// Which node.
        node: NodeName,
        /// How many may be there (`clone-node-max`).
        limit: u32,
    },
    /// Other instances of its clone have places, as many as there may be.
    EnoughInstances {
        /// The clone.
        resource: String,
        /// How many there may be (`clone-max`).
        limit: u32,
    },
    /// It is not to be promoted.
    NotPromoted {
        /// Where it is.
        node: NodeName,
        /// Why not.
        outcome: Box<Outcome>,
    },
    /// An order with several firsts, or with a clone of which some are enough, brings it along.
    BroughtAlong {
        /// Whose actions these are, as far as anything is done with them.
        resources: Vec<String>,
        /// The order.
        constraint: String,
    },
    /// What runs in it, or makes it a node, failed.
    FailedInside {
        /// Which.
        resource: String,
        /// What failed.
        because: Box<Because>,
    },
    /// Its live migration was not completed.
    HalfMigrated {
        /// From where.
        from: NodeName,
        /// To where.
        to: NodeName,
    },
    /// It should run and does not.
    NotRunning,
    /// `target-role` says so.
    TargetRole {
        /// What it says.
        role: Role,
    },
    /// The node is in standby.
    NodeStandby {
        /// Which.
        node: NodeName,
    },
    /// The node is in maintenance.
    NodeMaintenance {
        /// Which.
        node: NodeName,
    },
    /// The node shuts down.
    NodeShuttingDown {
        /// Which.
        node: NodeName,
    },
    /// The node is not there.
    NodeOffline {
        /// Which.
        node: NodeName,
    },
    /// The node's state is unknown.
    NodeUnclean {
        /// Which.
        node: NodeName,
    },
    /// The node has to be fenced for a reason of its own.
    MustBeFenced {
        /// Which.
        node: NodeName,
        /// Why, in words.
        why: String,
    },
    /// It is active on several nodes, and should be on one.
    RunsTwice {
        /// Where.
        nodes: Vec<NodeName>,
    },
    /// Another instance is fitter to be promoted.
    PromotedElsewhere {
        /// Where that is.
        node: NodeName,
        /// The promotion score there.
        score: Score,
        /// The promotion score of the instance that is demoted.
        against: Score,
    },
    /// It starts after so many instances of a clone, and fewer can run.
    TooFew {
        /// The clone.
        resource: String,
        /// How many it takes (`clone-min`).
        needed: u32,
        /// How many can run.
        able: u32,
    },
    /// It starts after one of these, and none can run.
    NoneOf {
        /// Which.
        resources: Vec<String>,
    },
    /// Fencing is enabled, and there is nothing to fence with.
    NoFenceDevice,
    /// It must be with another resource.
    MustBeWith {
        /// Which.
        resource: String,
        /// Whether the other changes its place in this plan.
        moves: bool,
    },
    /// It would rather be with another resource.
    LikesToBeWith {
        /// Which.
        resource: String,
        /// How much.
        score: Score,
        /// Whether the other changes its place in this plan.
        moves: bool,
    },
    /// Something keeps it off the node that it is on.
    KeptOff {
        /// Which node.
        node: NodeName,
        /// What.
        obstacle: Box<Obstacle>,
    },
    /// Another resource comes first.
    After {
        /// Which.
        resource: String,
        /// What the other does.
        verb: Verb,
    },
    /// Another resource must do something afterwards.
    Before {
        /// Which.
        resource: String,
        /// What the other does.
        verb: Verb,
    },
    /// It goes down and comes up again, as another resource has to do something in between.
    Awaits {
        /// Which.
        resource: String,
        /// What the other does.
        verb: Verb,
    },
    /// A location constraint prefers the node.
    Prefers {
        /// Who prefers it, if it is not the resource itself.
        who: Option<String>,
        /// Which node.
        node: NodeName,
        /// The constraint.
        constraint: String,
        /// How much.
        score: Score,
    },
    /// A location constraint keeps it off the node.
    Avoids {
        /// Which node.
        node: NodeName,
        /// The constraint.
        constraint: String,
        /// How much.
        score: Score,
    },
    /// The node's score is higher.
    ScoresHigher {
        /// Where it goes.
        node: NodeName,
        /// The score there.
        score: Score,
        /// The score where it was.
        against: Score,
    },
    /// The node is as good, and runs less.
    EvensOut {
        /// Where it goes.
        node: NodeName,
    },
    /// An operation failed.
    Failed {
        /// Which.
        operation: String,
        /// Where.
        node: NodeName,
        /// What the agent answered, in words.
        answer: String,
        /// What the agent said.
        exit_reason: Option<String>,
    },
    /// Parameters changed.
    ParametersChange {
        /// Which, such as `params.ip`.
        paths: Vec<String>,
    },
    /// All resources were told to stop (`stop-all-resources`).
    StopAll,
    /// No node may run it.
    NoNode,
    /// It needs a ticket that this site does not hold.
    NoTicket {
        /// Which.
        ticket: String,
        /// Whether it is granted, and in standby.
        #[serde(default)]
        is_standby: bool,
    },
    /// Another resource has to do something first, and cannot.
    HeldUp {
        /// Which.
        resource: String,
        /// What it cannot do.
        verb: Verb,
    },
    /// Another resource has to run first, and is told to be stopped.
    ToldToStop {
        /// Which.
        resource: String,
    },
    /// Another resource has to run first, does not, and is unmanaged: nobody starts it.
    LeftAlone {
        /// Which.
        resource: String,
    },
    /// Resources wait for each other in a circle.
    Circle {
        /// Which.
        resources: Vec<String>,
        /// The orders that make them wait, such as `order.b-after-a`.
        constraints: Vec<String>,
    },
    /// There is no quorum.
    NoQuorum,
    /// Something rarer, in the scheduler's words.
    Other {
        /// The words.
        text: String,
    },
}

/// A failure as a reason.
pub(super) fn failed_because(failed: &FailedAction, node: &NodeName) -> Because {
    Because::Failed {
        operation: failed.task.to_string(),
        node: node.clone(),
        answer: answer(failed).to_owned(),
        exit_reason: failed.exit_reason.as_ref().map(ToString::to_string).filter(|text| !text.is_empty()),
    }
}

/// What an agent answered, in words.
pub(super) fn answer(failed: &FailedAction) -> &'static str {
    if failed.status == ResultStatus::TimedOut { "timed out" } else { failed.rc.name() }
}

/// What an action does, also where it only tells that something was done: a promotion that was
/// announced is a promotion.
fn infinitive(task: &Task) -> &str {
    match task {
        Task::Promote => "be promoted",
        Task::Demote => "be demoted",
        Task::Pseudo(name) => match &**name {
            "started" | "running" => "start",
            "stopped" => "stop",
            "promoted" | "notified" => "be promoted",
            "demoted" => "be demoted",
            other => other,
        },
        other @ (Task::Start
        | Task::Stop
        | Task::MigrateTo
        | Task::MigrateFrom
        | Task::Reload
        | Task::FenceReboot
        | Task::FenceOff
        | Task::FenceOn
        | Task::Shutdown
        | Task::Monitor
        | Task::Cancel
        | Task::Notify
        | Task::Delete
        | Task::ClearFailCount
        | Task::ClearHistory) => other.as_str(),
    }
}

/// A point in time that several actions lead to.
fn of_point(task: &Task) -> String {
    match task.as_str().strip_prefix("load_stopped_") {
        Some(node) => format!("what makes room on {node} stops first"),
        None => "one that it is ordered after begins anew".to_owned(),
    }
}

/// The rarer reasons in friendlier words than the field's.
pub(super) fn words(reason: &Reason) -> String {
    match reason {
        Reason::PeerLost | Reason::PeerUnexpectedlyDown => "the node was lost".to_owned(),
        Reason::PeerProcessLost => "the cluster daemon there is gone".to_owned(),
        Reason::PeerUnseen => "the node has never been seen".to_owned(),
        Reason::PeerStateUnknown | Reason::NodeUnclean => "the state of the node is unknown".to_owned(),
        Reason::PeerPendingTimedOut => "the node took too long to join (node-pending-timeout)".to_owned(),
        Reason::ClusterWithoutQuorum => "there is no quorum".to_owned(),
        Reason::BeingMultiplyActive => "it runs on more nodes than it should".to_owned(),
        Reason::ThoughtActiveThere(resource) => format!("{resource} may still run there"),
        Reason::Unrunnable(action) if action.resource.is_empty() => {
            "what has to come before it cannot be done".to_owned()
        }
        Reason::Required(action) if action.resource.is_empty() && action.task.as_str() == "stonith" => {
            "its node is unfenced or fenced first".to_owned()
        }
        Reason::Required(action) if action.resource.is_empty() => of_point(&action.task),
        Reason::RequiredBy(action) if !action.resource.is_empty() => {
            format!("{} needs its node unfenced", action.resource)
        }
        Reason::Unrunnable(action) => format!("{} cannot {}", action.resource, infinitive(&action.task)),
        Reason::Unmigrateable(action) => format!("{} cannot migrate", action.resource),
        Reason::NodeAvailability
        | Reason::NoQuorum
        | Reason::QuorumFreeze
        | Reason::ColocationWith(_)
        | Reason::Required(_)
        | Reason::DefinitionChange
        | Reason::DeviceDefinitionChanged
        | Reason::DeviceParametersChanged(_)
        | Reason::RequiredBy(_)
        | Reason::FailureExpired
        | Reason::ParametersChanged
        | Reason::ReconnectInterval
        | Reason::Removed
        | Reason::PeerBanned
        | Reason::FencingRequested
        | Reason::FailedThere(_)
        | Reason::ActiveUnlessReconnected(_)
        | Reason::ConnectionUnrecoverable(_)
        | Reason::StopUnrunnable
        | Reason::DeadmanTicketLost
        | Reason::GuestUnclean
        | Reason::ContainerFailed
        | Reason::OnFail(_)
        | Reason::Other(_) => reason.to_string(),
    }
}
