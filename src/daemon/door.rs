//! The door to a running daemon: what others in its process (the API, the manifest's watcher, signals)
//! may ask of it, and what it tells them.

use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, oneshot};

use crate::cluster::{
    Accepted, Durable, Event, Lifetime, Moment, Node, Quorum, Refusal, Request, State, Vigil,
};
use crate::model::{Cluster, NodeName};
use crate::status::ClusterStatus;

/// A way to ask a running daemon, and to hear from it. Copies lead to the same daemon.
#[derive(Debug, Clone)]
pub struct Door {
    asks: mpsc::Sender<Ask>,
    events: broadcast::Sender<Arc<Event>>,
}

/// Something asked.
#[derive(Debug)]
pub(super) enum Ask {
    /// To change something.
    Request(Request, oneshot::Sender<Result<Accepted, Refusal>>),
    /// To set a node attribute, or to take it away, on behalf of an agent.
    Attribute(Attribute),
    /// To read the manifest again.
    Reread,
    /// What is.
    Look(oneshot::Sender<Box<Snapshot>>),
}

/// A node attribute that an agent sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Of which node.
    pub node: NodeName,
    /// Its name.
    pub name: Arc<str>,
    /// Its value; `None` takes it away.
    pub value: Option<Arc<str>>,
    /// How long it lasts.
    pub lifetime: Lifetime,
}

/// The daemon's own end.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) events: broadcast::Sender<Arc<Event>>,
}

/// What a daemon knows at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When.
    pub now: Moment,
    /// The daemon's node.
    pub node: NodeName,
    /// Whether members agree on a state and this daemon is one of them.
    pub is_settled: bool,
    /// Whether this daemon is the designated controller.
    pub is_dc: bool,
    /// What the membership layer said last.
    pub quorum: Quorum,
    /// The desired state, and what was asked for on top of it.
    pub durable: Durable,
    /// What members agree on, once they do.
    pub state: Option<State>,
    /// Nodes that are waited for.
    pub vigils: Vec<Vigil>,
    /// The desired cluster with all overrides in force.
    pub effective: Arc<Cluster>,
    /// The cluster as the scheduler sees it.
    pub status: ClusterStatus,
}

impl Snapshot {
    /// What a daemon's node knows now.
    pub(super) fn of(node: &Node, name: &NodeName, now: Moment) -> Self {
        Self {
            now,
            node: name.clone(),
            is_settled: node.is_settled(),
            is_dc: node.is_dc(),
            quorum: node.quorum().clone(),
            durable: node.durable().clone(),
            state: node.state().cloned(),
            vigils: node.vigils(),
            effective: node.effective(now),
            status: node.status(now),
        }
    }
}

/// The daemon has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the daemon has ended")]
pub struct Gone;

impl Door {
    /// How many requests may wait. More than that wait outside.
    const WAITING: usize = 64;
    /// How many events a slow listener may be behind before it misses some.
    const BEHIND: usize = 1024;

    /// A door, and what is behind it.
    pub(super) fn new() -> (Self, Inside) {
        let (asks, asked) = mpsc::channel(Self::WAITING);
        let (events, _) = broadcast::channel(Self::BEHIND);
        (Self { asks, events: events.clone() }, Inside { asks: asked, events })
    }

    /// Asks for something, and waits until the cluster has decided on it.
    ///
    /// # Errors
    /// When the daemon has ended, also in between.
    pub async fn request(&self, request: Request) -> Result<Result<Accepted, Refusal>, Gone> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Request(request, answer)).await.map_err(|_| Gone)?;
        answered.await.map_err(|_| Gone)
    }

    /// What the daemon knows.
    ///
    /// # Errors
    /// When the daemon has ended.
    pub async fn look(&self) -> Result<Box<Snapshot>, Gone> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Look(answer)).await.map_err(|_| Gone)?;
        answered.await.map_err(|_| Gone)
    }

    /// Sets a node attribute on behalf of an agent; it holds once the cluster has heard of it.
    ///
    /// # Errors
    /// When the daemon has ended.
    pub async fn set_attribute(&self, attribute: Attribute) -> Result<(), Gone> {
        self.asks.send(Ask::Attribute(attribute)).await.map_err(|_| Gone)
    }

    /// Lets the daemon read its manifest again, at some time soon.
    pub fn reread(&self) {
        // Where so many wait, another look is under way.
        let _ = self.asks.try_send(Ask::Reread);
    }

    /// Everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }
}
