//! Reasons: why an action is needed, or cannot be done. They name facts; texts follow from them.

use std::fmt;
use std::sync::Arc;

use super::task::Task;

/// Why something is done or cannot be done. `Display` gives the field's usual words, as
/// `crm_simulate` prints them; `view` has friendlier ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No node may run the resource.
    NodeAvailability,
    /// It runs more often than it should.
    BeingMultiplyActive,
    /// The partition has no quorum.
    NoQuorum,
    /// The partition has no quorum and may only keep what runs.
    QuorumFreeze,
    /// A colocated resource cannot be there.
    ColocationWith(Arc<str>),
    /// Another action happens, so this must.
    Required(ActionRef),
    /// Another action cannot be done, so this cannot.
    Unrunnable(ActionRef),
    /// Another action cannot be part of a live migration, so this cannot.
    Unmigrateable(ActionRef),
    /// Parameters that need a restart changed.
    DefinitionChange,
    /// A fence device changed.
    DeviceDefinitionChanged,
    /// Parameters of a fence device changed; the word is how it takes them up.
    DeviceParametersChanged(Option<&'static str>),
    /// Unfencing that this action needs.
    RequiredBy(ActionRef),
    /// A failure is older than `failure-timeout`.
    FailureExpired,
    /// Parameters changed since a failure.
    ParametersChanged,
    /// A failed connection may be tried again.
    ReconnectInterval,
    /// The resource is no longer configured.
    Removed,
    /// Membership: never seen.
    PeerUnseen,
    /// Membership: gone without notice, fencing disabled.
    PeerUnexpectedlyDown,
    /// Membership: refused.
    PeerBanned,
    /// Somebody asked for fencing.
    FencingRequested,
    /// Membership: too long on its way up.
    PeerPendingTimedOut,
    /// Membership: gone.
    PeerLost,
    /// Membership: there, but its daemon is not.
    PeerProcessLost,
    /// Membership: neither joined nor joining.
    PeerStateUnknown,
    /// `no-quorum-policy: fence`.
    ClusterWithoutQuorum,
    /// A resource failed there and `on-fail` is `fence`.
    FailedThere(Arc<str>),
    /// A resource may still run there.
    ThoughtActiveThere(Arc<str>),
    /// A resource may still run on a remote node whose connection may come back.
    ActiveUnlessReconnected(Arc<str>),
    /// A remote connection cannot be recovered.
    ConnectionUnrecoverable(ConnectionTrouble),
    /// A stop cannot be run there.
    StopUnrunnable,
    /// A ticket with loss policy `fence` was lost.
    DeadmanTicketLost,
    /// Nothing is known of the node.
    NodeUnclean,
    /// The guest must be recovered.
    GuestUnclean,
    /// The container of a guest failed.
    ContainerFailed,
    /// A failure with `on-fail` as configured; used where no other action is the cause.
    OnFail(Arc<str>),
    /// Free text of something rarer.
    Other(Arc<str>),
}

/// An action, as a reason names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionRef {
    /// Whose action; empty for one of the cluster itself.
    pub resource: Arc<str>,
    /// Which.
    pub task: Task,
}

/// What made a remote connection's loss unbearable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionTrouble {
    /// `remote connection is unrecoverable`
    Connection,
    /// `the connection is unrecoverable`
    Probe,
    /// `resources are active but connection is unrecoverable`
    ActiveResources,
    /// `resources are in unknown state and connection is unrecoverable`
    UnknownResources,
}

impl fmt::Display for ActionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.resource.is_empty() {
            return write!(f, "{}", self.task);
        }
        write!(f, "{} {}", self.resource, self.task)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeAvailability => f.write_str("node availability"),
            Self::BeingMultiplyActive => f.write_str("being multiply active"),
            Self::NoQuorum => f.write_str("no quorum"),
            Self::QuorumFreeze => f.write_str("quorum freeze"),
            Self::ColocationWith(resource) => write!(f, "colocation with {resource}"),
            Self::Required(action) => write!(f, "required {action}"),
            Self::Unrunnable(action) => write!(f, "unrunnable {action}"),
            Self::Unmigrateable(action) => write!(f, "unmigrateable {action}"),
            Self::DefinitionChange => f.write_str("resource definition change"),
            Self::DeviceDefinitionChanged => f.write_str("Device definition changed"),
            Self::DeviceParametersChanged(None) => f.write_str("Device parameters changed"),
            Self::DeviceParametersChanged(Some(how)) => write!(f, "Device parameters changed ({how})"),
            Self::RequiredBy(action) => write!(f, "required by {action}"),
            Self::FailureExpired => f.write_str("it expired"),
            Self::ParametersChanged => f.write_str("resource parameters have changed"),
            Self::ReconnectInterval => f.write_str("reconnect interval is set"),
            Self::Removed => f.write_str("it is orphaned"),
            Self::PeerUnseen => f.write_str("peer has not been seen by the cluster"),
            Self::PeerUnexpectedlyDown => f.write_str("peer is unexpectedly down"),
            Self::PeerBanned => f.write_str("peer failed Pacemaker membership criteria"),
            Self::FencingRequested => f.write_str("fencing was requested"),
            Self::PeerPendingTimedOut => f.write_str("peer pending timed out on joining the process group"),
            Self::PeerLost => f.write_str("peer is no longer part of the cluster"),
            Self::PeerProcessLost => f.write_str("peer process is no longer available"),
            Self::PeerStateUnknown => f.write_str("peer was in an unknown state"),
            Self::ClusterWithoutQuorum => f.write_str("cluster does not have quorum"),
            Self::FailedThere(resource) => write!(f, "{resource} failed there"),
            Self::ThoughtActiveThere(resource) => write!(f, "{resource} is thought to be active there"),
            Self::ActiveUnlessReconnected(resource) => write!(
                f,
                "{resource} is active there (fencing will be revoked if remote connection can be \
                 re-established elsewhere)"
            ),
            Self::ConnectionUnrecoverable(ConnectionTrouble::Connection) => {
                f.write_str("remote connection is unrecoverable")
            }
            Self::ConnectionUnrecoverable(ConnectionTrouble::Probe) => {
                f.write_str("the connection is unrecoverable")
            }
            Self::ConnectionUnrecoverable(ConnectionTrouble::ActiveResources) => {
                f.write_str("resources are active but connection is unrecoverable")
            }
            Self::ConnectionUnrecoverable(ConnectionTrouble::UnknownResources) => {
                f.write_str("resources are in unknown state and connection is unrecoverable")
            }
            Self::StopUnrunnable => f.write_str("stop is unrunnable"),
            Self::DeadmanTicketLost => f.write_str("deadman ticket was lost"),
            Self::NodeUnclean => f.write_str("node is unclean"),
            Self::GuestUnclean => f.write_str("guest is unclean"),
            Self::ContainerFailed => f.write_str("container failed"),
            Self::OnFail(what) => write!(f, "on-fail {what}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}
