//! The local engine: this host as a cluster of one node, with real agents.
//!
//! What should be is durable. What is known of this host belongs to one boot of it: after a reboot
//! everything is found out again by probes. Both are read anew for each piece of work and written
//! under a lock, so that one command may apply while another watches. Who only looks needs no lock and
//! makes no files.
//!
//! A command may be killed while agents run: they are on record ([`flight`]), and whoever has the lock
//! next settles them first ([`orphan`]).

mod attributes;
mod flight;
mod folders;
mod hands;
mod lookout;
mod monitor;
mod orphan;
mod store;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::change;
use super::converge::{self, Bounds, Report};
use super::file::Lock;
use super::{BoxFuture, Desired, Engine, EngineError, Event, Observation, Outcome};
use crate::agent::{Installation, make_shelf, settle_process};
use crate::cluster::Change;
use crate::diagnostic::{Diagnostic, without_effect};
use crate::host::CallCount;
use crate::host::clock::now;
use crate::host::runner::Runner;
use crate::host::secrets::Secrets;
use crate::model::rename;
use crate::model::{Cluster, Generation, NodeName};
use crate::plan::aside::Aside;
use crate::tool::Serving;
use attributes::Attributes;
pub use folders::Folders;
use hands::LocalHands;
use monitor::Answers;
use store::{InForce, Live, Standing, Store};

/// This host as a cluster.
#[derive(Debug)]
pub struct Local {
    store: Store,
    runner: Arc<Runner>,
    node: NodeName,
    bounds: Bounds,
    stop: CancellationToken,
    attributes: Arc<Attributes>,
    site: Installation,
    /// Answers the tools of agents, from the first agent on.
    serving: OnceCell<Option<Serving>>,
    /// What monitors had answered when this engine last looked or converged: also another command may
    /// be the one that runs a monitor and hears that its answer is a new one.
    heard: Option<Answers>,
}

/// One piece of work on what is known.
struct Session {
    in_force: InForce,
    live: Live,
    /// Nothing may be written without it.
    _lock: Option<Lock>,
}

impl Local {
    /// How long a command that is about to begin waits for another. One that watches needs the lock
    /// for a moment now and then; one that applies keeps it.
    const PATIENCE: Duration = Duration::from_secs(1);
    /// How long it waits once something is in force: a watch may have been the first to begin with it.
    const PATIENCE_IN_FORCE: Duration = Duration::from_secs(10);

    /// This host under its own name, with the agents installed on it.
    ///
    /// # Errors
    /// When the host's name or boot cannot be read.
    pub fn open(folders: &Folders) -> Result<Self, EngineError> {
        let node = crate::host::name().map_err(|source| EngineError::Storage {
            what: "cannot read this host's name".to_owned(),
            source,
        })?;
        Self::open_as(node, folders, Installation::default())
    }

    /// This host under a given name, with given agents.
    ///
    /// # Errors
    /// As for [`Local::open`].
    pub fn open_as(node: NodeName, folders: &Folders, mut site: Installation) -> Result<Self, EngineError> {
        settle_process();
        site.tools = Some(attributes::tools(&folders.volatile));
        site.shelf = Some(folders.volatile.join("metadata"));
        let secrets = Secrets::new(folders.secrets.clone());
        Ok(Self {
            store: Store::new(folders)?,
            runner: Arc::new(Runner::new(site.clone(), secrets, node.clone())),
            attributes: Arc::new(Attributes::new(node.clone(), &folders.durable)),
            site,
            serving: OnceCell::new(),
            node,
            bounds: Bounds::default(),
            stop: CancellationToken::new(),
            heard: None,
        })
    }

    /// Changes how long converging keeps trying.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// How many times agents were called since this was opened.
    pub fn calls(&self) -> CallCount {
        self.runner.calls.count()
    }

    /// Takes the lock, reads what should be and what is known, and settles what an earlier command
    /// left in flight.
    async fn begin(&self, patience: Duration, report: &mut Report<'_>) -> Result<Session, EngineError> {
        self.answer_agents().await;
        let lock = self.store.lock(patience).await?;
        make_shelf(&self.site);
        let mut session = self.read(Some(lock))?;
        self.settle(&mut session, report).await?;
        Ok(session)
    }

    /// Answers the tools of agents from now on.
    async fn answer_agents(&self) {
        self.serving.get_or_init(async || attributes::begin(&self.site, &self.attributes)).await;
    }

    fn read(&self, lock: Option<Lock>) -> Result<Session, EngineError> {
        let in_force = self.store.in_force()?;
        let mut live = self.store.live()?;
        if live.take_names(&in_force) && lock.is_some() {
            self.store.keep(&live.ledger, &live.standing)?;
        }
        hands::look(&mut live.ledger, &in_force.cluster, &self.node);
        self.attributes.know(&in_force.cluster, &mut live.ledger)?;
        Ok(Session { in_force, live, _lock: lock })
    }

    /// The hands for a piece of work.
    fn hands<'a>(&'a self, cluster: &'a Cluster, standing: &'a mut Standing) -> LocalHands<'a> {
        LocalHands::new(
            &self.store,
            &self.runner,
            &self.attributes,
            standing,
            cluster,
            &self.node,
            self.stop.clone(),
        )
    }

    async fn bring_about(
        &mut self,
        session: &mut Session,
        report: &mut Report<'_>,
    ) -> Result<Outcome, EngineError> {
        if session.in_force.generation == Generation::default() {
            return Ok(Outcome::Converged);
        }
        self.require_suitable(&session.in_force.cluster)?;
        let now = now();
        if session.in_force.overlay.pause_at(now).is_some() {
            return Ok(Outcome::Stuck);
        }
        let cluster = &*session.in_force.overlay.over(&session.in_force.cluster, now);
        let Live { ledger, standing, .. } = &mut session.live;
        let mut hands = self.hands(cluster, standing);
        let outcome = converge::converge(cluster, ledger, &mut hands, &self.bounds, report).await;
        drop(hands);
        self.attributes.gather(ledger);
        self.store.keep(ledger, standing)?;
        self.heard = Some(Answers::of(&standing.monitors));
        outcome
    }

    async fn observe_now(&mut self) -> Result<Observation, EngineError> {
        let aside = Aside { at_work: self.store.at_work(), ..Aside::default() };
        let session = self.look_after(self.read(None)?).await?;
        self.heard = Some(Answers::of(&session.live.standing.monitors));
        Ok(Observation {
            now: now().seconds(),
            generation: session.in_force.generation,
            origin: session.in_force.origin,
            in_force: session.in_force.cluster,
            overlay: session.in_force.overlay,
            status: session.live.ledger.status,
            aside,
        })
    }

    async fn put_in_force(&self, desired: Desired) -> Result<Generation, EngineError> {
        self.require_suitable(&desired.cluster)?;
        let mut session = self.begin(Self::PATIENCE, &mut |_| {}).await?;
        let actual = session.in_force.generation;
        if desired.base != actual {
            let in_force = session.in_force.origin.clone();
            return Err(EngineError::Conflict { planned: desired.base, actual, in_force });
        }
        let overlay = rename::in_overlay(&session.in_force.overlay, &desired.renames).into_owned();
        let next = InForce::new(Generation(actual.0 + 1), desired, overlay);
        // Whoever is killed after this line has put it in force, with its names: they are taken up from
        // the file that holds both.
        self.store.put_in_force(&next)?;
        if session.live.take_names(&next) {
            self.store.keep(&session.live.ledger, &session.live.standing)?;
        }
        Ok(next.generation)
    }

    async fn take_change(&self, wanted: &Change) -> Result<Generation, EngineError> {
        let mut session = self.begin(Self::PATIENCE, &mut |_| {}).await?;
        let Session { in_force, live, .. } = &mut session;
        let InForce { cluster, overlay, .. } = in_force;
        change::apply(wanted, cluster, overlay, &mut live.ledger, now())?;
        self.store.put_in_force(in_force)?;
        self.store.keep(&live.ledger, &live.standing)?;
        Ok(in_force.generation)
    }

    /// Only a cluster of this one host can be run here.
    fn require_suitable(&self, cluster: &Cluster) -> Result<(), EngineError> {
        let members: Vec<&str> = cluster.members().map(|node| node.name.as_str()).collect();
        let unsuitable = |what: String| Err(EngineError::Unsuitable(what));
        match members.as_slice() {
            [only] if self.node.is(only) => Ok(()),
            [only] => unsuitable(format!(
                "the manifest is for the node `{only}`, this host is `{}`; engine `local` runs a cluster of this one host",
                self.node
            )),
            [] => unsuitable(format!("the manifest has no node; add `{}`, which is this host", self.node)),
            several => unsuitable(format!(
                "the manifest has {} nodes ({}); engine `local` runs a cluster of this one host",
                several.len(),
                several.join(", ")
            )),
        }
    }
}

impl Engine for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn observe(&mut self) -> BoxFuture<'_, Result<Observation, EngineError>> {
        Box::pin(self.observe_now())
    }

    fn submit(&mut self, desired: Desired) -> BoxFuture<'_, Result<Generation, EngineError>> {
        Box::pin(self.put_in_force(desired))
    }

    fn change(&mut self, change: Change) -> BoxFuture<'_, Result<Generation, EngineError>> {
        Box::pin(async move { self.take_change(&change).await })
    }

    fn converge<'a>(
        &'a mut self,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<Outcome, EngineError>> {
        Box::pin(async {
            let mut session = self.begin(Self::PATIENCE_IN_FORCE, report).await?;
            self.run_due(&mut session, report).await?;
            self.bring_about(&mut session, report).await
        })
    }

    fn rest<'a>(
        &'a mut self,
        length: Duration,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(self.rest_for(length, report))
    }

    fn admit(&self, cluster: &Cluster) -> Result<(), EngineError> {
        self.require_suitable(cluster)
    }

    fn claim<'a>(
        &'a mut self,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async {
            self.begin(Self::PATIENCE, report).await?;
            Ok(())
        })
    }

    fn check<'a>(&'a mut self, cluster: &'a Cluster) -> BoxFuture<'a, Vec<Diagnostic>> {
        Box::pin(async {
            match self.require_suitable(cluster) {
                Ok(()) => {
                    let mut found = self.runner.check(cluster).await;
                    found.extend(not_on_one_host(cluster));
                    found
                }
                Err(error) => vec![Diagnostic::error("unsuitable-engine", error.to_string())],
            }
        })
    }
}

/// What is said of other nodes, of which this engine knows none, or for those who watch over them.
fn not_on_one_host(cluster: &Cluster) -> Vec<Diagnostic> {
    without_effect(&[
        (
            "corosync",
            cluster.corosync.is_some(),
            "engine `local` runs this host alone, there is nobody to talk to",
        ),
        (
            "isolation",
            cluster.isolation.is_some(),
            "engine `local` runs this host alone, nobody else could take over",
        ),
        ("alerts", !cluster.alerts.is_empty(), "engine `local` tells no alert agents"),
        ("acls", !cluster.acls.roles.is_empty(), "whoever may run engine `local` may do everything"),
    ])
}

#[cfg(test)]
mod tests;
