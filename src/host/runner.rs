//! Runs single actions with the agents of this host, and counts the calls.

#![expect(clippy::disallowed_methods, reason = "waits out the delays of operations")]

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinError;

use super::secrets::Secrets;
use crate::agent::check::check_cluster;
use crate::agent::systemd::Bus;
use crate::agent::{Completed, Installation, Invocation, Witness, catalog};
use crate::diagnostic::Diagnostic;
use crate::executor::{ActionResult, expected_rc};
use crate::ledger::AgentTraits;
use crate::model::{Agent, AgentClass, Cluster, NodeName};
use crate::scheduler::{Action, ActionKind, Task};
use crate::status::{ResultCode, ResultStatus};

/// What runs agents; shared by all actions in flight.
#[derive(Debug)]
pub(crate) struct Runner {
    site: Installation,
    secrets: Secrets,
    node: NodeName,
    pub(crate) calls: Calls,
    traits: Mutex<BTreeMap<Agent, Arc<OnceCell<AgentTraits>>>>,
}

/// Counters of agent calls.
#[derive(Debug, Default)]
pub struct Calls {
    recurring: AtomicU64,
    probes: AtomicU64,
    metadata: AtomicU64,
    others: AtomicU64,
}

/// How many times agents were called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Recurring monitors.
    pub recurring: u64,
    /// One-shot monitors.
    pub probes: u64,
    /// Questions about the agent itself.
    pub metadata: u64,
    /// All that may change something.
    pub others: u64,
}

impl Calls {
    /// The counters at this moment.
    pub fn count(&self) -> CallCount {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CallCount {
            recurring: read(&self.recurring),
            probes: read(&self.probes),
            metadata: read(&self.metadata),
            others: read(&self.others),
        }
    }

    fn add(&self, action: &Action) {
        let counter = match (&action.task, action.interval.is_zero()) {
            (Task::Monitor, true) => &self.probes,
            (Task::Monitor, false) => &self.recurring,
            (_, _) => &self.others,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Runner {
    /// A recurring operation does not wait longer: it counts as run until it first recurs.
    const DELAY_MAX: Duration = Duration::from_secs(300);

    pub(crate) fn new(site: Installation, secrets: Secrets, node: NodeName) -> Self {
        Self { site, secrets, node, calls: Calls::default(), traits: Mutex::default() }
    }

    /// How long an agent may take to end after it was asked to.
    pub(crate) const fn grace(&self) -> Duration {
        self.site.grace
    }

    /// The agents and the secrets of this host.
    pub(crate) const fn means(&self) -> (&Installation, &Secrets) {
        (&self.site, &self.secrets)
    }

    /// The way to this host's systemd.
    pub(crate) fn bus(&self) -> Bus {
        self.site.bus.clone()
    }

    /// Compares a cluster with the agents of this host.
    pub(crate) async fn check(&self, cluster: &Cluster) -> Vec<Diagnostic> {
        let mut found = check_cluster(&self.site, cluster).await;
        found.extend(self.secrets.check(cluster));
        found
    }

    /// Performs an action to its end; `witness` is told of its processes.
    pub(crate) async fn perform(
        &self,
        action: &Action,
        agent: Option<&Agent>,
        witness: Option<Witness>,
    ) -> ActionResult {
        match action.kind {
            ActionKind::Fence => {
                ActionResult::failed(ResultStatus::NoFenceDevice, "engine `local` fences nobody")
            }
            ActionKind::Resource if action.runs_agent() => match agent {
                Some(agent) => self.run_after_delay(action, agent, witness).await,
                None => ActionResult::failed(
                    ResultStatus::NotInstalled,
                    "nothing is known of the agent of this resource",
                ),
            },
            ActionKind::Resource | ActionKind::Pseudo | ActionKind::Cluster => {
                ActionResult::done(ResultCode::OK, Duration::ZERO)
            }
        }
    }

    async fn run_after_delay(
        &self,
        action: &Action,
        agent: &Agent,
        witness: Option<Witness>,
    ) -> ActionResult {
        let delay = action.start_delay();
        // Whatever happens once has to be waited for: nothing else says that it happened.
        if action.is_recurring() && delay > Self::DELAY_MAX {
            return ActionResult::done(expected_rc(action), Duration::ZERO);
        }
        tokio::time::sleep(delay).await;
        if action.shows_reloadable() {
            // Side by side: what the agent says of itself is wanted with the result, not before.
            tokio::join!(self.run(action, agent, witness), self.learn(agent)).0
        } else {
            self.run(action, agent, witness).await
        }
    }

    /// Runs the agent itself.
    pub(crate) async fn run(&self, action: &Action, agent: &Agent, witness: Option<Witness>) -> ActionResult {
        let mut call = Invocation::new(
            agent.clone(),
            action.resource.as_deref().unwrap_or_default(),
            action.task.as_str(),
            self.node.clone(),
        );
        call.interval = action.interval;
        call.timeout = action.timeout.unwrap_or(Invocation::DEFAULT_TIMEOUT);
        call.params.clone_from(&action.params);
        call.meta.clone_from(&action.meta);
        call.witness = witness;
        let Revealed { secrets, missing } = match self.reveal(action, &mut call.params) {
            Ok(revealed) => revealed,
            Err(problem) => return ActionResult::failed(ResultStatus::NoSecrets, problem),
        };
        call.secrets = secrets;
        self.calls.add(action);
        let done = self.site.run(&call).await;
        let result = to_result(done);
        match missing {
            Some(problem) if action.is_recurring() => untrusted(action, result, &problem),
            Some(problem) if !result.has_succeeded(action) => lacking(result, &problem),
            Some(_) | None => result,
        }
    }

    /// Puts secrets in place of what stands for them. Where one is away, what runs is looked at and ended with the
    /// secret as it was read last, or without the parameter: what stands for a secret would be tried as a password.
    ///
    /// # Errors
    /// What is wrong with a secret that the action cannot do without.
    fn reveal(&self, action: &Action, params: &mut BTreeMap<Arc<str>, Arc<str>>) -> Result<Revealed, String> {
        let mut revealed = Revealed::default();
        for (name, value) in mem::take(params) {
            let known = match self.secrets.reveal(&value) {
                Ok(None) => {
                    params.insert(name, value);
                    continue;
                }
                Ok(Some(secret)) => Ok(secret),
                Err(problem) if can_do_without_secrets(action) => self.secrets.recall(&value).ok_or(problem),
                Err(problem) => return Err(problem),
            };
            match known {
                Ok(secret) => {
                    params.insert(name, secret.as_str().into());
                    revealed.secrets.push(secret);
                }
                Err(problem) => revealed.missing = Some(problem),
            }
        }
        Ok(revealed)
    }

    /// What an agent says of its parameters, if it has been asked.
    pub(crate) fn traits(&self, agent: &Agent) -> AgentTraits {
        self.cell(agent).get().cloned().unwrap_or_default()
    }

    /// Asks an agent what it says of its parameters, once.
    async fn learn(&self, agent: &Agent) {
        let cell = self.cell(agent);
        cell.get_or_init(async || {
            if agent.class != AgentClass::Ocf {
                return AgentTraits::default();
            }
            let said = match catalog::recall(&self.site, agent) {
                Some(known) => Ok(known),
                None => {
                    self.calls.metadata.fetch_add(1, Ordering::Relaxed);
                    catalog::describe(&self.site, agent).await
                }
            };
            let Ok(metadata) = said else { return AgentTraits::default() };
            let restart_params = metadata.restart_parameters();
            AgentTraits {
                restart_params: restart_params.map(|names| names.into_iter().map(Into::into).collect()),
                secret_params: Vec::new(),
            }
        })
        .await;
    }

    fn cell(&self, agent: &Agent) -> Arc<OnceCell<AgentTraits>> {
        let mut traits = self.traits.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(traits.entry(agent.clone()).or_default())
    }
}

/// The secrets of an action, and what is wrong with one that is not there.
#[derive(Default)]
struct Revealed {
    secrets: Vec<String>,
    missing: Option<String>,
}

/// Whether an action is tried though a secret is not here. Whether something runs and how it is ended can
/// mostly be told without: to take it as running because nobody looked would block what never ran, and to take it
/// as dead would end what is well.
fn can_do_without_secrets(action: &Action) -> bool {
    matches!(action.task, Task::Stop | Task::Monitor)
}

/// The result of a recurring monitor that was run without one of its secrets: whether the service is there can
/// be seen; any other complaint may be of the secret, and ends no service.
fn untrusted(action: &Action, result: ActionResult, problem: &str) -> ActionResult {
    if result.has_succeeded(action) || result.rc == ResultCode::NOT_RUNNING {
        return result;
    }
    let resource = action.resource.as_deref().unwrap_or_default();
    tracing::warn!(
        resource,
        rc = result.rc.0,
        problem,
        "what a monitor says counts for nothing without its secret"
    );
    ActionResult::done(expected_rc(action), result.took)
}

/// A failed result of an agent that was run without one of its secrets.
fn lacking(mut result: ActionResult, problem: &str) -> ActionResult {
    let said = result.exit_reason.as_ref().map(|reason| format!("; {reason}")).unwrap_or_default();
    result.exit_reason = Some(format!("{problem}{said}").into());
    result
}

fn to_result(done: Completed) -> ActionResult {
    ActionResult {
        rc: done.rc,
        status: done.status,
        exit_reason: done.exit_reason.map(Into::into),
        took: done.took,
    }
}

/// What came of a run whose task was broken off: a fault of our own is told as a failure, so that nobody
/// waits for its end for ever.
pub(crate) fn broken_off(error: &JoinError) -> ActionResult {
    tracing::error!(%error, "the run of an agent was broken off by a fault of ours");
    ActionResult::failed(ResultStatus::Error, "was broken off by a fault of Quorate")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests run agents that are files")]

    use super::*;

    #[tokio::test]
    async fn only_what_recurs_may_count_as_run_before_its_delay_is_over() {
        let runner = Runner::new(Installation::default(), Secrets::new("".into()), NodeName::from("n"));
        let agent = Agent::parse("ocf:test:nothing");
        let run = async |task: Task, interval: u64| {
            let mut action = Action::new(task, "A", NodeName::from("n"));
            action.interval = Duration::from_secs(interval);
            action.meta.insert("start_delay".into(), "600000".into());
            let run = runner.perform(&action, agent.as_ref(), None);
            tokio::time::timeout(Duration::from_millis(20), run).await.ok()
        };
        assert_eq!(run(Task::Monitor, 10).await.map(|result| result.rc), Some(ResultCode::OK));
        for task in [Task::Start, Task::Stop, Task::Monitor, Task::Promote] {
            assert_eq!(run(task.clone(), 0).await, None, "{task:?} is waited for");
        }
    }

    #[tokio::test]
    async fn what_runs_is_not_taken_for_dead_because_its_secret_is_away() {
        let dir = tempfile::tempdir().unwrap();
        let agents = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/ocf");
        let site = Installation { ocf_root: agents, ..Installation::default() };
        let runner = Runner::new(site, Secrets::new(dir.path().to_owned()), NodeName::from("n"));
        let agent = Agent::parse("ocf:test:service").unwrap();
        let state = dir.path().join("A").display().to_string();
        let mut action = Action::new(Task::Monitor, "A", NodeName::from("n"));
        action.interval = Duration::from_secs(10);
        action.params.insert("state".into(), state.as_str().into());
        action.params.insert("password".into(), "secret:s".into());
        let answers = async |rc: &str| {
            std::fs::write(format!("{state}.force-monitor"), rc).unwrap();
            runner.run(&action, &agent, None).await.rc
        };
        assert_eq!(answers("1").await, ResultCode::OK, "it may complain of its secret");
        assert_eq!(answers("7").await, ResultCode::NOT_RUNNING);
        std::fs::write(&state, "").unwrap();
        let stop = Action { interval: Duration::ZERO, task: Task::Stop, ..action.clone() };
        assert_eq!(runner.run(&stop, &agent, None).await.rc, ResultCode::OK, "without the parameter");
        let secret = dir.path().join("s");
        std::fs::write(&secret, "x").unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, private).unwrap();
        assert_eq!(answers("0").await, ResultCode::OK);
        std::fs::remove_file(&secret).unwrap();
        assert_eq!(answers("1").await, ResultCode::ERROR, "it was told the secret as it was");
    }
}
