//! Runs of recurring monitors, side by side.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, Id, JoinSet};

use super::runner::{Runner, broken_off};
use crate::executor::ActionResult;
use crate::model::Agent;
use crate::scheduler::Action;

/// The runs in flight, one for each key at most; killed when dropped.
#[derive(Debug)]
pub(crate) struct Rounds<K> {
    runner: Arc<Runner>,
    /// How many may run at once.
    places: Arc<Semaphore>,
    tasks: JoinSet<ActionResult>,
    running: BTreeMap<K, AbortHandle>,
}

impl<K: Ord + Clone + Send + 'static> Rounds<K> {
    pub(crate) fn new(runner: &Arc<Runner>, at_once: usize) -> Self {
        Self {
            runner: Arc::clone(runner),
            places: Arc::new(Semaphore::new(at_once)),
            tasks: JoinSet::new(),
            running: BTreeMap::new(),
        }
    }

    /// Begins a run, once there is a place for it; kills the one before with this key.
    pub(crate) fn begin(&mut self, key: K, action: Action, agent: Agent) {
        self.end(&key);
        let (runner, places) = (Arc::clone(&self.runner), Arc::clone(&self.places));
        let run = self.tasks.spawn(async move {
            let _place = places.acquire().await;
            runner.run(&action, &agent, None).await
        });
        self.running.insert(key, run);
    }

    /// Kills a run; whether there was one.
    pub(crate) fn end(&mut self, key: &K) -> bool {
        self.running.remove(key).map(|run| run.abort()).is_some()
    }

    /// Kills the runs that are over.
    pub(crate) fn end_those(&mut self, is_over: impl Fn(&K) -> bool) {
        for (_, run) in self.running.extract_if(.., |key, _| is_over(key)) {
            run.abort();
        }
    }

    /// The next answer; never comes while nothing is running. May be dropped without losing one.
    pub(crate) async fn next(&mut self) -> (K, ActionResult) {
        loop {
            let (id, ended) = match self.tasks.join_next_with_id().await {
                Some(Ok((id, result))) => (id, Ok(result)),
                Some(Err(error)) => (error.id(), Err(error)),
                None => pending().await,
            };
            // Nobody asks any more about one that was killed; broken off, it is no fault of ours.
            if let Some(key) = self.key_of(id) {
                self.running.remove(&key);
                return (key, ended.unwrap_or_else(|error| broken_off(&error)));
            }
        }
    }

    fn key_of(&self, id: Id) -> Option<K> {
        self.running.iter().find(|(_, run)| run.id() == id).map(|(key, _)| key.clone())
    }

    /// Whether this one is running.
    pub(crate) fn has(&self, key: &K) -> bool {
        self.running.contains_key(key)
    }

    /// Whether nothing is running.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Installation;
    use crate::host::secrets::Secrets;
    use crate::model::NodeName;
    use crate::status::ResultStatus;

    #[tokio::test]
    async fn a_round_that_is_broken_off_by_a_fault_of_ours_has_failed_and_a_killed_one_says_nothing() {
        let runner = Runner::new(Installation::default(), Secrets::new("".into()), NodeName::from("n"));
        let mut rounds = Rounds::new(&Arc::new(runner), 1);
        for key in ["killed", "broken"] {
            let run = rounds.tasks.spawn(async { unreachable!("a fault of ours") });
            rounds.running.insert(key, run);
        }
        assert!(rounds.end(&"killed") && !rounds.end(&"killed"));
        let (key, result) = rounds.next().await;
        assert_eq!((key, result.status), ("broken", ResultStatus::Error));
        assert!(rounds.is_empty());
    }
}
