//! The border of [`super::Node`]: what comes in, what goes out.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::call::{Call, Flight};
use super::event::Event;
use super::member::{MemberId, Moment, Quorum, View};
use super::request::{Accepted, Leave, Lifetime, Refusal, Request, RequestId};
use super::solitude::Evidence;
use super::state::Durable;
use crate::executor::ActionResult;
use crate::ledger::AgentTraits;
use crate::model::{Agent, NodeName, OptionSet, Rename};
use crate::scheduler::Action;
use crate::status::ResourceHistory;

/// What one daemon starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The node, as the desired cluster calls it.
    pub name: NodeName,
    /// When this daemon started.
    pub life: Moment,
    /// How many actions this node runs at once, unless the desired cluster says otherwise.
    pub jobs: Option<u32>,
    /// How long a daemon that died is waited for while its node is still there. 10 s by default.
    pub return_grace: Duration,
    /// How long a node that went in good order after its daemon had ended is given to let go of what it
    /// runs, where nobody fences it and no bound is configured. 5 s by default.
    pub release_grace: Duration,
    /// How long a member may take to say what it has; then the others go on without it. 2 s by default.
    pub announce_grace: Duration,
    /// How long this node may be without a group before it acts as one that was cut off: no longer than
    /// the others need to see that it is gone. 0.3 s by default.
    pub group_grace: Duration,
}

impl Settings {
    /// The usual settings.
    pub fn new(name: NodeName, life: Moment) -> Self {
        Self {
            name,
            life,
            jobs: None,
            return_grace: Duration::from_secs(10),
            release_grace: Duration::from_secs(5),
            announce_grace: Duration::from_secs(2),
            group_grace: Duration::from_millis(300),
        }
    }
}

/// What a node's own executor knows of its node when the daemon starts: all that was kept by
/// [`Output::Record`] since the node booted. Empty after a boot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What resources did here.
    pub resources: Vec<ResourceHistory>,
    /// Attributes that last until the node leaves.
    pub attributes: Vec<OptionSet>,
    /// What was begun and not known to have ended. Each gets its [`Input::Ended`] in the end.
    pub in_flight: Vec<Flight>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The group's membership changed. The first one lets the daemon in.
    View(View),
    /// What the membership layer says changed.
    Quorum(Quorum),
    /// The group cannot be reached any more; a later view says that it can be again.
    GroupLost,
    /// A message of a member, this one included, in the group's order.
    Delivered {
        /// Whose.
        from: MemberId,
        /// As given to [`Output::Multicast`].
        message: Vec<u8>,
    },
    /// What [`Output::Begin`] began has ended. For a recurring monitor this is its first answer.
    Ended {
        /// Which run.
        call: Call,
        /// How.
        result: ActionResult,
        /// What the agent says of its parameters.
        traits: AgentTraits,
    },
    /// A recurring monitor of this node answers something else than before.
    Observed {
        /// The monitor, as it was begun.
        action: Box<Action>,
        /// What ran it.
        agent: Agent,
        /// Its answer.
        result: ActionResult,
        /// What the agent says of its parameters.
        traits: AgentTraits,
    },
    /// An agent of this node, or somebody on it, sets a node attribute or takes it away.
    AttributeSet {
        /// Of which node; usually this one.
        node: NodeName,
        /// Its name.
        name: Arc<str>,
        /// Its value.
        value: Option<Arc<str>>,
        /// How long it lasts.
        lifetime: Lifetime,
    },
    /// What a look at the evidence of `isolation` found; looked at while [`super::Node::lookout`] asks
    /// for it.
    Evidence(Evidence),
    /// This node has to let go of everything, alone: nobody else is heard any more. Ends with
    /// [`Output::Released`], or with [`Output::Reset`]; or at once with [`Output::Postponed`].
    Release,
    /// The time of a timer is over.
    Timer(Timer),
    /// Somebody asks for something. There will be exactly one [`Output::Answer`].
    Request {
        /// Number for the answer.
        id: RequestId,
        /// What.
        request: Request,
    },
}

/// A timer. Setting one that is set replaces it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A decision may differ by itself.
    Recheck,
    /// Members were slow to say what they have.
    Announce,
    /// The group was away for too long.
    Group,
    /// Quorum that was gained may be believed.
    QuorumGain,
    /// A node was waited for long enough.
    Return(NodeName),
    /// What this node may not run any more should have ended.
    Release,
    /// A run took too long.
    Call(Call),
}

/// Something to do. Outputs are to be obeyed in order: what is to be durable is written before what
/// follows is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send this to all members, this one included, in one order for all.
    Multicast(Vec<u8>),
    /// Run an action here; its end is told by [`Input::Ended`]. A recurring monitor goes on after its
    /// first answer until its resource stops or it is cancelled, and replaces one of the same
    /// resource and interval; only other answers are told, by [`Input::Observed`].
    Begin(Box<Flight>),
    /// Kill a run. Its end is told all the same.
    Kill(Call),
    /// Tell [`Input::Timer`] after this time.
    SetTimer {
        /// Which.
        timer: Timer,
        /// When.
        after: Duration,
    },
    /// A timer is not wanted any more.
    ClearTimer(Timer),
    /// Write this so that it outlasts a power failure.
    Persist(Box<Durable>),
    /// Keep this until the node boots: it is part of the next daemon's [`Record`].
    Record(Kept),
    /// Standing monitors and remembered parameters of these resources go on under another name.
    Rename(Vec<Rename>),
    /// Answer a request.
    Answer {
        /// Whose number.
        request: RequestId,
        /// What came of it.
        answer: Result<Accepted, Refusal>,
    },
    /// Tell whoever watches.
    Tell(Event),
    /// Leave the group and end.
    Leave(Leave),
    /// Nothing is held any more: end.
    Released,
    /// People want what runs here left alone, and nobody takes it over as long as they do: end, and ask for the
    /// release again in a while.
    Postponed,
    /// Reset this host at once, without any order: it holds what others take over now.
    Reset {
        /// What it holds, for people.
        because: String,
    },
}

/// A part of a [`Record`] that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Kept {
    /// The history of a resource is this from now on.
    History(Box<ResourceHistory>),
    /// There is no history of this resource any more.
    Forgotten(Arc<str>),
    /// The attributes are these from now on.
    Attributes(Vec<OptionSet>),
}
