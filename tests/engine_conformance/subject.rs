//! What a case may do to an engine beside speaking to it, and what it remembers of the talk.

use quorate::engine::{Desired, Engine, EngineError, Event, Outcome};
use quorate::model::{Agent, Cluster, Generation};
use quorate::scheduler::ActionKind;
use quorate::status::{NodeState, ResultCode};

/// An engine under test, with one node, and ways to make services fail.
pub(crate) trait Subject: Sized {
    /// A new, empty engine.
    fn new() -> Self;
    /// The engine.
    fn engine(&mut self) -> &mut dyn Engine;
    /// The name of its node.
    fn node(&self) -> String;
    /// An agent that does no harm.
    fn agent(&self) -> Agent;
    /// Parameters that this agent needs to stand for `resource`.
    fn params(&self, resource: &str) -> Vec<(String, String)>;
    /// From now on, an operation of a resource answers `rc` and does nothing; `start`, `stop`, `monitor`.
    fn force(&mut self, resource: &str, operation: &str, rc: ResultCode);
    /// From now on, all operations of a resource work again.
    fn release(&mut self, resource: &str);
    /// The service of a resource dies.
    fn kill(&mut self, resource: &str);
    /// Lets time pass until recurring monitors have run, and the engine has acted upon what they found.
    async fn let_monitors_run(&mut self, log: &mut Log) -> Result<(), EngineError>;
    /// The process ends and another one opens the same engine.
    fn reopen(self) -> Self;
}

/// What an engine told.
#[derive(Default)]
pub(crate) struct Log(pub(crate) Vec<Event>);

impl Log {
    /// What agents did, as `start A`, in order of beginning; probes and monitors apart from the rest.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.started()
            .into_iter()
            .filter(|text| !text.starts_with("monitor") && !text.starts_with("probe"))
            .collect()
    }

    /// Every real action in order of beginning.
    pub(crate) fn started(&self) -> Vec<String> {
        let words = |event: &Event| match event {
            Event::Started(action) if action.kind != ActionKind::Pseudo => {
                let task = if action.is_probe() { "probe" } else { action.task.as_str() };
                Some(format!("{task} {}", action.resource.as_deref().unwrap_or_default()))
            }
            Event::Started(_)
            | Event::Scheduled { .. }
            | Event::Finished { .. }
            | Event::Waiting { .. }
            | Event::Aborted { .. } => None,
        };
        self.0.iter().filter_map(words).collect()
    }

    /// The place in the talk at which an action began (`true`) or ended.
    pub(crate) fn place(&self, what: &str, began: bool) -> usize {
        let is_it = |event: &Event| match event {
            Event::Started(action) => {
                began && *what == format!("{} {}", action.task, action.resource.as_deref().unwrap_or(""))
            }
            Event::Finished { action, .. } => {
                !began && *what == format!("{} {}", action.task, action.resource.as_deref().unwrap_or(""))
            }
            Event::Scheduled { .. } | Event::Waiting { .. } | Event::Aborted { .. } => false,
        };
        self.0.iter().position(is_it).unwrap_or_else(|| unreachable!("no {what} in {:?}", self.started()))
    }
}

/// Puts a cluster in force and converges.
pub(crate) async fn apply<S: Subject>(subject: &mut S, cluster: &Cluster) -> (Outcome, Log) {
    let base = subject.engine().observe().await.unwrap().generation;
    submit(subject, cluster, base).await.unwrap();
    converge(subject).await
}

/// Puts a cluster in force.
pub(crate) async fn submit<S: Subject>(
    subject: &mut S,
    cluster: &Cluster,
    base: Generation,
) -> Result<Generation, EngineError> {
    let desired = Desired { cluster: cluster.clone(), base, origin: "test".to_owned(), renames: Vec::new() };
    subject.engine().submit(desired).await
}

/// Converges on what is in force.
pub(crate) async fn converge<S: Subject>(subject: &mut S) -> (Outcome, Log) {
    let mut log = Log::default();
    let outcome = subject.engine().converge(&mut |event| log.0.push(event)).await.unwrap();
    (outcome, log)
}

/// What the engine knows of its node.
pub(crate) async fn node_state<S: Subject>(subject: &mut S) -> NodeState {
    let name = subject.node();
    subject.engine().observe().await.unwrap().status.node(&name).unwrap().clone()
}

/// A node attribute such as a fail count.
pub(crate) async fn attribute<S: Subject>(subject: &mut S, name: &str) -> Option<String> {
    let state = node_state(subject).await;
    let pairs = state.attributes.iter().flat_map(|set| &set.pairs);
    pairs.into_iter().find(|pair| *pair.name == *name).map(|pair| pair.value.to_text().to_string())
}

/// Whether a plain look, without any action, shows nothing left to do.
pub(crate) async fn is_at_rest<S: Subject>(subject: &mut S) -> bool {
    let seen = subject.engine().observe().await.unwrap();
    let schedule = quorate::scheduler::schedule(&seen.in_force, &seen.status, seen.now);
    schedule.transition.actions.iter().all(|action| action.kind == ActionKind::Pseudo)
}
