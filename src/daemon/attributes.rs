//! Node attributes that agents of this node set and ask for.
//!
//! An attribute with dampening is written once it has not changed for that long: what is seen by
//! several nodes at nearly the same time (a gateway that answers nobody) is then decided on as one.

#![expect(clippy::disallowed_methods, reason = "dampening takes time")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Door;
use super::door::Snapshot;
use crate::agent::{Installation, Tools};
use crate::cluster::{Change, Lifetime, Refusal, Request};
use crate::model::{NodeName, OptionSet};
use crate::tool::{
    self, Answer, Folder, Knowledge, Oracle, Place, Problem, Question, Serving, Shelf, Stored,
};

/// Answers the agents' tools.
#[derive(Debug)]
struct Attributes {
    door: Door,
    damping: Arc<Mutex<Damping>>,
}

/// What is held back, and for how long.
#[derive(Debug, Default)]
struct Damping {
    delays: BTreeMap<Arc<str>, Duration>,
    waiting: BTreeMap<(NodeName, Arc<str>), Waiting>,
    count: u64,
}

/// A value that is held back.
#[derive(Debug)]
struct Waiting {
    value: Option<Arc<str>>,
    /// Tells a change from those before it.
    number: u64,
}

/// The tools of the agents of a daemon.
pub(super) fn tools(run_dir: &Path) -> Tools {
    // Agents run elsewhere. Without a working folder there is nothing to be relative to.
    let run_dir = std::path::absolute(run_dir).unwrap_or_else(|_| run_dir.to_owned());
    Tools { folder: run_dir.join("tools"), socket: run_dir.join("agents.sock") }
}

/// Begins to answer. Without it agents run all the same: their tools then fail, and say why.
pub(super) fn begin(site: &Installation, door: &Door) -> Option<Serving> {
    let tools = site.tools.as_ref()?;
    let attributes = Attributes { door: door.clone(), damping: Arc::default() };
    let begun = Folder::make(&tools.folder, site.tool_program.as_deref())
        .and_then(|_| tool::serve(&tools.socket, Arc::new(attributes)));
    begun.inspect_err(|error| tracing::error!(%error, "agents cannot set node attributes")).ok()
}

impl Oracle for Attributes {
    async fn answer(&self, question: Question) -> Answer {
        let Ok(snapshot) = self.door.look().await else { return gone() };
        match question {
            Question::Write { place, value, dampening } => {
                match self.write(&snapshot, &place, value, dampening).await {
                    Ok(()) => Answer::Done,
                    Err(problem) => Answer::Refused(problem),
                }
            }
            Question::Dampen { name, delay } => {
                self.damping().delays.insert(name, delay);
                Answer::Done
            }
            Question::Read(_) | Question::Members | Question::Resource(_) => self.read(&snapshot, &question),
        }
    }
}

impl Attributes {
    /// How long a tool waits until the cluster has taken a change. It takes it later all the same.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// What is held back counts already for who asks.
    fn read(&self, snapshot: &Snapshot, question: &Question) -> Answer {
        let answer = knowledge(snapshot).answer(question).unwrap_or(Answer::Done);
        let (Question::Read(place), Answer::Stored(mut stored)) = (question, answer.clone()) else {
            return answer;
        };
        if let (Shelf::UntilLeave, Ok((nodes, name, _))) = (place.shelf, knowledge(snapshot).target(place)) {
            let damping = self.damping();
            for node in nodes {
                if let Some(held) = damping.waiting.get(&(node.clone(), Arc::clone(&name))) {
                    stored.retain(|known| known.node.as_ref() != Some(&node));
                    let value = held.value.clone();
                    stored.extend(value.map(|value| Stored {
                        node: Some(node),
                        name: Arc::clone(&name),
                        value,
                    }));
                }
            }
        }
        Answer::Stored(stored)
    }

    async fn write(
        &self,
        snapshot: &Snapshot,
        place: &Place,
        value: Option<Arc<str>>,
        dampening: Option<Duration>,
    ) -> Result<(), Problem> {
        let (nodes, name, is_lasting) = knowledge(snapshot).target(place)?;
        let lifetime = if is_lasting { Lifetime::Forever } else { Lifetime::UntilLeave };
        for node in nodes {
            let known = known(snapshot, &node, &name, lifetime);
            let key = (node.clone(), Arc::clone(&name));
            let change = Change::Attribute { node, name: Arc::clone(&name), value: value.clone(), lifetime };
            let delay = if is_lasting { Duration::ZERO } else { self.delay(&name, dampening) };
            if delay.is_zero() {
                self.damping().waiting.remove(&key);
                if known != value {
                    submit(self.door.clone(), change).await?;
                }
            } else {
                self.hold(key, known.as_ref(), value.clone(), change, delay);
            }
        }
        Ok(())
    }

    /// How long changes of an attribute wait: as it was first said, until it is said anew.
    fn delay(&self, name: &Arc<str>, dampening: Option<Duration>) -> Duration {
        let mut damping = self.damping();
        match damping.delays.get(name) {
            Some(delay) => *delay,
            None => {
                let delay = dampening.unwrap_or_default();
                damping.delays.insert(Arc::clone(name), delay);
                delay
            }
        }
    }

    /// Holds a value back until it has not changed for a while.
    fn hold(
        &self,
        key: (NodeName, Arc<str>),
        known: Option<&Arc<str>>,
        value: Option<Arc<str>>,
        change: Change,
        delay: Duration,
    ) {
        let mut damping = self.damping();
        let before = damping.waiting.get(&key).map_or(known, |held| held.value.as_ref());
        if before == value.as_ref() {
            return;
        }
        damping.count += 1;
        let number = damping.count;
        damping.waiting.insert(key.clone(), Waiting { value, number });
        drop(damping);
        let (door, shared) = (self.door.clone(), Arc::clone(&self.damping));
        tokio::spawn(async move {
            sleep(delay).await;
            let is_last = lock(&shared).waiting.get(&key).is_some_and(|held| held.number == number);
            if is_last {
                if let Err(problem) = submit(door, change).await {
                    tracing::warn!(%problem, node = %key.0, attribute = &*key.1, "an attribute was not taken");
                }
                let mut damping = lock(&shared);
                if damping.waiting.get(&key).is_some_and(|held| held.number == number) {
                    damping.waiting.remove(&key);
                }
            }
        });
    }

    fn damping(&self) -> MutexGuard<'_, Damping> {
        lock(&self.damping)
    }
}

fn lock(damping: &Mutex<Damping>) -> MutexGuard<'_, Damping> {
    damping.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the cluster for a change, and waits a while for it.
async fn submit(door: Door, change: Change) -> Result<(), Problem> {
    let asking = tokio::spawn(async move { door.request(Request::Change(Box::new(change))).await });
    match timeout(Attributes::PATIENCE, asking).await {
        // It is taken as soon as the members agree again.
        Err(_) => Ok(()),
        Ok(Ok(Ok(Ok(_) | Err(Refusal::Leaving)))) => Ok(()),
        Ok(Ok(Ok(Err(Refusal::UnknownNode(node))))) => Err(Problem::UnknownNode(node)),
        Ok(Ok(Ok(Err(refusal)))) => Err(Problem::Unsupported(refusal.to_string())),
        Ok(Ok(Err(_)) | Err(_)) => Err(Problem::Unreachable(super::Gone.to_string())),
    }
}

fn gone() -> Answer {
    Answer::Refused(Problem::Unreachable(super::Gone.to_string()))
}

fn knowledge(snapshot: &Snapshot) -> Knowledge<'_> {
    Knowledge {
        here: &snapshot.node,
        cluster: &snapshot.durable.cluster,
        lasting: &snapshot.durable.overlay.attributes,
        status: &snapshot.status,
        now: snapshot.now.seconds(),
    }
}

/// What an attribute is set to.
fn known(snapshot: &Snapshot, node: &NodeName, name: &str, lifetime: Lifetime) -> Option<Arc<str>> {
    match lifetime {
        Lifetime::Forever => snapshot.durable.overlay.attributes.get(node)?.get(name).cloned(),
        Lifetime::UntilLeave => {
            let sets = &snapshot.status.node(node.as_str())?.attributes;
            OptionSet::unruled(sets, name)
        }
    }
}
