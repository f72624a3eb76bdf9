//! The engine of real clusters: node daemons over corosync do the work; this speaks to one of them.
//!
//! The daemon is reached through its socket on this host, or through ssh and its socket on another.
//! It schedules and executes by itself: [`Engine::converge`] only watches until all is done.

#![expect(clippy::disallowed_methods, reason = "waits for what a daemon tells")]

mod call;
mod link;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{BoxFuture, Desired, Engine, EngineError, Event, Observation, Outcome};
use crate::api::{DecisionId, Granted, Sighting, Tale, Told, unhonoured};
use crate::cluster::{Change, Proposal};
use crate::diagnostic::Diagnostic;
use crate::model::{Cluster, Generation};
use crate::scheduler::{self, ActionKind};
use call::{Caller, Request};
pub use link::{Link, SSH, quoted};

/// A real cluster, seen through one of its daemons.
#[derive(Debug)]
pub struct Corosync {
    caller: Caller,
    /// Events after this follow from what was asked for last.
    since: Option<u64>,
    /// The generation in force since something was asked for and taken.
    taken: Option<Generation>,
}

/// How far a cluster is.
enum Progress {
    /// It is done, in this way.
    Done(Outcome),
    /// Something is being done, or is about to be.
    Working,
}

impl Corosync {
    /// How long an answer to "what happened since" may be held back.
    const HOLD: Duration = Duration::from_secs(1);
    /// How long nothing may happen, though there is something to do, before it is called stuck.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How long to wait before asking again a daemon that has no cluster yet, or is away.
    const PAUSE: Duration = Duration::from_millis(200);
    /// How long a daemon may be away that was spoken to before: it may have been restarted.
    const RETURN: Duration = Duration::from_secs(60);

    /// A cluster, to be reached in this way. Nothing is opened yet.
    pub fn new(link: Link) -> Self {
        Self { caller: Caller::new(link), since: None, taken: None }
    }

    /// All that the daemon knows.
    ///
    /// # Errors
    /// When it cannot be reached, or knows no cluster.
    pub async fn sight(&mut self) -> Result<Sighting, EngineError> {
        self.caller.ask(Request::get("/v1/observation?secrets=plain")).await
    }

    /// What happened after a position, as soon as there is any; nothing after this time without.
    ///
    /// # Errors
    /// When the daemon cannot be reached.
    pub async fn events_since(&mut self, position: u64, wait: Duration) -> Result<Vec<Told>, EngineError> {
        let wait = wait.as_millis();
        self.caller.lines(Request::get(&format!("/v1/events?since={position}&wait={wait}"))).await
    }

    /// What is remembered of what happened, oldest first.
    ///
    /// # Errors
    /// When the daemon cannot be reached.
    pub async fn history(&mut self) -> Result<Vec<Told>, EngineError> {
        self.caller.lines(Request::get("/v1/history")).await
    }

    /// The recording of a decision.
    ///
    /// # Errors
    /// When the daemon cannot be reached, or does not know that decision.
    pub async fn recording(&mut self, id: DecisionId) -> Result<String, EngineError> {
        self.caller.text(Request::get(&format!("/v1/history/{id}"))).await
    }

    async fn request(&mut self, change: &Change) -> Result<Generation, EngineError> {
        let granted: Granted = self.caller.ask(Request::post("/v1/changes", change)?).await?;
        self.since.get_or_insert(granted.position);
        self.taken = Some(granted.generation);
        Ok(granted.generation)
    }

    /// All that the daemon knows, once it is back and takes part in its cluster: it answered before.
    async fn sight_again(&mut self) -> Result<Sighting, EngineError> {
        let until = Instant::now() + Self::RETURN;
        loop {
            match self.sight().await {
                Ok(sighting) if sighting.is_settled || Instant::now() > until => return Ok(sighting),
                Err(EngineError::Unreachable(why)) if Instant::now() > until => return Err(self.lost(&why)),
                Ok(_) | Err(EngineError::Unreachable(_)) => sleep(Self::PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// What is known when the daemon is away for good.
    fn lost(&self, why: &str) -> EngineError {
        EngineError::Unreachable(match self.taken {
            Some(generation) => format!(
                "what was asked for was taken (generation {} is in force), but what became of it is not known: \
                 {why}",
                generation.0
            ),
            None => why.to_owned(),
        })
    }

    /// Proposes a desired state. Where the answer gets lost, what is in force tells whether it was taken.
    async fn propose(&mut self, proposal: Proposal) -> Result<Generation, EngineError> {
        let change = Change::Propose(Box::new(proposal));
        let lost = match self.request(&change).await {
            Err(EngineError::Unreachable(why)) => why,
            other => return other,
        };
        let Change::Propose(proposal) = &change else { return Err(EngineError::Unreachable(lost)) };
        let sighting = self.sight_again().await?;
        if sighting.generation != proposal.base && *sighting.desired == proposal.cluster {
            self.taken = Some(sighting.generation);
            return Ok(sighting.generation);
        }
        // On another generation than it was planned on it is refused.
        self.request(&change).await
    }

    /// Waits for something to happen, for so long at most. A daemon that is away may come back.
    async fn rest_for(&mut self, length: Duration, report: &mut (dyn FnMut(Event) + Send)) {
        let until = Instant::now() + length;
        let mut position = None;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let news = match position {
                None => self.sight().await.map(|sighting| {
                    position = Some(sighting.position);
                    Vec::new()
                }),
                Some(position) => self.events_since(position, left.min(Self::HOLD)).await,
            };
            match news {
                Ok(news) if news.is_empty() => {}
                Ok(news) => {
                    for told in news {
                        self.since = Some(told.position);
                        report_told(told.tale, report);
                    }
                    return;
                }
                Err(_) => sleep(left.min(Self::HOLD)).await,
            }
        }
    }

    async fn watch(&mut self, report: &mut (dyn FnMut(Event) + Send)) -> Result<Outcome, EngineError> {
        let mut position = self.since.take();
        let mut gave_up = None;
        let mut last_news = Instant::now();
        loop {
            let sighting = self.sight_again().await?;
            if let Some(attempts) = gave_up.take() {
                return Ok(Outcome::GaveUp { transitions: attempts });
            }
            if let Progress::Done(outcome) = progress(&sighting) {
                // What was told until then belongs to it.
                let since = position.unwrap_or(sighting.position);
                let told = self.events_since(since, Duration::ZERO).await.unwrap_or_default();
                told.into_iter().for_each(|told| report_told(told.tale, report));
                return Ok(outcome);
            }
            let since = *position.get_or_insert(sighting.position);
            // Whether the daemon is away for good is found out above.
            let news = self.events_since(since, Self::HOLD).await.unwrap_or_default();
            if news.is_empty() && !sighting.is_settled {
                sleep(Self::PAUSE).await;
            }
            if !news.is_empty() || !sighting.in_flight.is_empty() {
                last_news = Instant::now();
            } else if last_news.elapsed() > Self::PATIENCE {
                return Ok(Outcome::Stuck);
            }
            for told in news {
                // After a restart of the daemon they are counted anew.
                position = Some(told.position);
                if let Tale::Held { attempts, .. } = &told.tale {
                    gave_up = Some(*attempts);
                }
                report_told(told.tale, report);
            }
        }
    }
}

impl Engine for Corosync {
    fn name(&self) -> &'static str {
        "corosync"
    }

    fn observe(&mut self) -> BoxFuture<'_, Result<Observation, EngineError>> {
        Box::pin(async {
            let sighting = match self.taken {
                Some(_) => self.sight_again().await?,
                None => self.sight().await?,
            };
            let aside = sighting.aside();
            Ok(Observation {
                now: sighting.now.seconds(),
                generation: sighting.generation,
                origin: sighting.origin,
                in_force: sighting.desired.as_ref().clone(),
                overlay: sighting.overlay,
                status: sighting.status,
                aside,
            })
        })
    }

    fn submit(&mut self, desired: Desired) -> BoxFuture<'_, Result<Generation, EngineError>> {
        Box::pin(async move {
            let Desired { cluster, base, origin, renames } = desired;
            let proposal = Proposal { cluster, base, origin, renames };
            self.propose(proposal).await
        })
    }

    fn converge<'a>(
        &'a mut self,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<Outcome, EngineError>> {
        Box::pin(self.watch(report))
    }

    fn rest<'a>(
        &'a mut self,
        length: Duration,
        report: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move {
            self.rest_for(length, report).await;
            Ok(())
        })
    }

    fn change(&mut self, change: Change) -> BoxFuture<'_, Result<Generation, EngineError>> {
        Box::pin(async move { self.request(&change).await })
    }

    /// Its members admit what they can run, each by itself.
    fn admit(&self, _: &Cluster) -> Result<(), EngineError> {
        Ok(())
    }

    /// The daemons are at work for all who ask, and a killed command leaves nothing unfinished there.
    fn claim<'a>(
        &'a mut self,
        _: &'a mut (dyn FnMut(Event) + Send),
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async { Ok(()) })
    }

    fn check<'a>(&'a mut self, cluster: &'a Cluster) -> BoxFuture<'a, Vec<Diagnostic>> {
        Box::pin(async { unhonoured(cluster) })
    }
}

/// How far a cluster is, by what one daemon sees.
fn progress(sighting: &Sighting) -> Progress {
    if !sighting.is_settled || !sighting.in_flight.is_empty() || !sighting.awaited.is_empty() {
        return Progress::Working;
    }
    if sighting.generation == Generation::default() {
        return Progress::Done(Outcome::Converged);
    }
    let wanted = sighting.overlay.over(&sighting.desired, sighting.now);
    let schedule = scheduler::schedule(&wanted, &sighting.status, sighting.now.seconds());
    let is_real = schedule.transition.actions.iter().any(|action| action.kind != ActionKind::Pseudo);
    let is_paused = sighting.overlay.pause_at(sighting.now).is_some();
    match (is_real, is_paused) {
        (true, false) => Progress::Working,
        (true, true) => Progress::Done(Outcome::Stuck),
        (false, _) if schedule.is_stuck() => Progress::Done(Outcome::Stuck),
        (false, _) => Progress::Done(Outcome::Converged),
    }
}

/// Tells what engines tell; the rest is for the log.
fn report_told(tale: Tale, report: &mut (dyn FnMut(Event) + Send)) {
    let told = |because: String| Event::Aborted { because };
    let event = match tale {
        Tale::Decided { actions, .. } => Event::Scheduled { actions },
        Tale::Started { action, .. } => Event::Started(action),
        Tale::Finished { action, result, .. } => Event::Finished { action, result },
        Tale::Gone { node, .. } => told(format!("{node} is gone")),
        Tale::Quorum { quorate: true } => told("the cluster has quorum".to_owned()),
        Tale::Quorum { quorate: false } => told("the cluster has no quorum".to_owned()),
        Tale::Forsaken { node } => told(format!("the daemon of {node} did not come back")),
        Tale::ConfirmedDown { node, by } => told(format!("{node} is down, as was confirmed on {by}")),
        Tale::Condemned { because } => told(because),
        Tale::InForce { .. }
        | Tale::Settled { .. }
        | Tale::Dropped { .. }
        | Tale::Forgone { .. }
        | Tale::Overridden
        | Tale::Lapsed { .. }
        | Tale::Held { .. }
        | Tale::Refused { .. }
        | Tale::Missed { .. }
        | Tale::Unknown => return,
    };
    report(event);
}
