//! Engines: how a desired state becomes real.
//!
//! An engine observes a cluster, takes a desired state, and brings the cluster there. The same
//! conformance tests run on each (`tests/engine_conformance.rs`).

mod change;
pub mod converge;
pub mod corosync;
pub mod drill;
pub(crate) mod file;
pub mod hands;
pub mod local;
mod recurring;
pub mod simulated;

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::ledger::Ledger;

use crate::cluster::Change;
use crate::diagnostic::Diagnostic;
use crate::executor::ActionResult;
use crate::model::{Cluster, Generation, Moment, Overlay, Rename};
use crate::plan::aside::Aside;
use crate::scheduler::Action;
use crate::status::ClusterStatus;

/// A future that may be awaited on any thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that can observe and change a cluster.
pub trait Engine: Send {
    /// The engine's name, as `--engine` takes it.
    fn name(&self) -> &'static str;

    /// What is in force and what is.
    ///
    /// # Errors
    /// When the cluster cannot be reached or its durable state cannot be read.
    fn observe(&mut self) -> BoxFuture<'_, Result<Observation, EngineError>>;

    /// Puts a desired state in force, if the cluster is still at the generation it was planned on.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when another state came in force meanwhile; otherwise as for `observe`.
    fn submit(&mut self, desired: Desired) -> BoxFuture<'_, Result<Generation, EngineError>>;

    /// Brings the cluster to what is in force and waits until it holds, telling `report` of each step.
    ///
    /// # Errors
    /// As for `observe`. That something could not be done is an [`Outcome`], not an error.
    fn converge<'a>(
        &'a mut self,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<Outcome, EngineError>>;

    /// Changes what is on top of the desired state, or what is remembered of failures. Gives the
    /// generation in force. What follows from it is brought about by [`Engine::converge`].
    ///
    /// # Errors
    /// [`EngineError::Refused`] when it makes no sense for this cluster or this engine; otherwise as
    /// for `observe`.
    fn change(&mut self, change: Change) -> BoxFuture<'_, Result<Generation, EngineError>>;

    /// Lets this much time pass between two rounds of a watch. An engine that has recurring monitors
    /// to run itself runs those that fall due, and is done early when one answers anew or when
    /// another command changed what should be.
    ///
    /// # Errors
    /// As for `observe`.
    #[expect(clippy::disallowed_methods, reason = "waiting is what this is for")]
    fn rest<'a>(
        &'a mut self,
        length: Duration,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        let _ = report;
        Box::pin(async move {
            tokio::time::sleep(length).await;
            Ok(())
        })
    }

    /// Whether this engine can run such a cluster at all.
    ///
    /// # Errors
    /// [`EngineError::Unsuitable`], which says why not.
    fn admit(&self, cluster: &Cluster) -> Result<(), EngineError>;

    /// Makes sure that nobody else is at work on the cluster, and brings to an end what a command that
    /// was killed left unfinished. Called before a plan is made that will be carried out.
    ///
    /// # Errors
    /// [`EngineError::Locked`] names who is at work; otherwise as for `observe`.
    fn claim<'a>(
        &'a mut self,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>>;

    /// What the nodes know better than the manifest: agents that are not there, parameters that their
    /// agents do not know. Engines that cannot ask find nothing.
    fn check<'a>(&'a mut self, cluster: &'a Cluster) -> BoxFuture<'a, Vec<Diagnostic>>;
}

/// A desired state on its way into force.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// What should be.
    pub cluster: Cluster,
    /// The generation it was planned on.
    pub base: Generation,
    /// Where it came from, for people (`cluster.yaml at 3f2c1d`).
    pub origin: String,
    /// Resources that have another name from now on; what is known of them goes with them.
    pub renames: Vec<Rename>,
}

/// What an engine saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When, seconds since 1970 (virtual in a simulation).
    pub now: i64,
    /// Generation in force.
    pub generation: Generation,
    /// Where it came from, for people; empty before the first.
    pub origin: String,
    /// Desired state in force; empty before the first.
    pub in_force: Cluster,
    /// What was asked for on top of it.
    pub overlay: Overlay,
    /// What is.
    pub status: ClusterStatus,
    /// What else is known.
    pub aside: Aside,
}

impl Observation {
    /// The desired state with everything on top of it.
    pub fn effective(&self) -> Cow<'_, Cluster> {
        self.overlay.over(&self.in_force, Moment::at(self.now))
    }
}

/// What happens while an engine converges.
#[derive(Debug, Clone)]
pub enum Event {
    /// A new schedule is being carried out.
    Scheduled {
        /// How many actions it has.
        actions: usize,
    },
    /// An action began.
    Started(Box<Action>),
    /// An action ended.
    Finished {
        /// Which.
        action: Box<Action>,
        /// How.
        result: ActionResult,
    },
    /// Nothing is done for a while.
    Waiting {
        /// How long, where that is known.
        length: Option<Duration>,
        /// What for.
        because: String,
    },
    /// The transition was given up, because of this.
    Aborted {
        /// What came between.
        because: String,
    },
}

/// How converging ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do.
    Converged,
    /// Nothing more can be done now; the last schedule's blocked changes say why.
    Stuck,
    /// Results kept undoing the plan, and trying was given up.
    GaveUp {
        /// After so many transitions.
        transitions: u32,
    },
}

/// Why an engine could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The cluster or its executor cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// Another desired state came in force since the plan was made.
    #[error("the cluster is at generation {} (from {in_force}), the plan was made on {}", actual.0, planned.0)]
    Conflict {
        /// The plan's base.
        planned: Generation,
        /// In force.
        actual: Generation,
        /// Where what is in force came from.
        in_force: String,
    },
    /// Durable state could not be read or written.
    #[error("{what}")]
    Storage {
        /// What was being done.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// Durable state is damaged.
    #[error("{0}")]
    Damaged(String),
    /// This engine cannot run such a cluster.
    #[error("{0}")]
    Unsuitable(String),
    /// Another process is at work on the same state.
    #[error("{0}")]
    Locked(String),
    /// What was asked needs quorum, and there is none.
    #[error("{0}")]
    NoQuorum(String),
    /// What was asked makes no sense for this cluster.
    #[error("{0}")]
    Refused(String),
}
