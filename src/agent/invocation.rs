//! One call of an agent, and how it ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::witness::Witness;
use crate::model::secrecy::is_secret;
use crate::model::{Agent, NodeName};
use crate::status::{ResultCode, ResultStatus};

/// One action to be run by an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Which agent.
    pub agent: Agent,
    /// What the agent calls the resource.
    pub resource: Arc<str>,
    /// What to do, in OCF terms (`start`, `monitor`, `reload-agent`, ...).
    pub action: Arc<str>,
    /// Zero for what runs once.
    pub interval: Duration,
    /// How long it may take.
    pub timeout: Duration,
    /// The resource's parameters.
    pub params: BTreeMap<Arc<str>, Arc<str>>,
    /// What is not to be told of what the agent says, besides parameters that hold secrets by name.
    pub secrets: Vec<String>,
    /// What else the agent is told of the resource and the cluster, by name without prefix.
    pub meta: BTreeMap<Arc<str>, Arc<str>>,
    /// The node it runs on.
    pub node: NodeName,
    /// Who is told of its processes.
    pub witness: Option<Witness>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// The agent's answer, in OCF terms.
    pub rc: ResultCode,
    /// How the execution went.
    pub status: ResultStatus,
    /// Why it failed, in the agent's words or ours.
    pub exit_reason: Option<String>,
    /// What was printed on standard output; the middle is left out when it was long.
    pub stdout: String,
    /// What was printed on standard error, in the same way.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Invocation {
    /// The time limit of an action for which none is configured.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);

    /// A call with nothing said but what to do to what.
    pub fn new(agent: Agent, resource: &str, action: &str, node: NodeName) -> Self {
        Self {
            agent,
            resource: resource.into(),
            action: action.into(),
            interval: Duration::ZERO,
            timeout: Self::DEFAULT_TIMEOUT,
            params: BTreeMap::new(),
            secrets: Vec::new(),
            meta: BTreeMap::new(),
            node,
            witness: None,
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// What is not to be told of what the agent says.
    pub(super) fn untold(&self) -> Vec<String> {
        self.secrets.iter().cloned().chain(secret_params(&self.params)).collect()
    }

    /// Sets the time limit.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl Completed {
    /// The longest reason kept, in bytes: it is stored with every result.
    const REASON_MAX: usize = 512;

    /// A call that ended before anything ran.
    pub(super) fn refused(rc: ResultCode, status: ResultStatus, reason: impl Into<String>) -> Self {
        Self {
            rc,
            status,
            exit_reason: Some(bounded(reason.into(), Self::REASON_MAX)),
            stdout: String::new(),
            stderr: String::new(),
            took: Duration::ZERO,
        }
    }

    /// A call that came to an end with this answer.
    pub(super) fn done(rc: ResultCode) -> Self {
        Self {
            rc,
            status: ResultStatus::Done,
            exit_reason: None,
            stdout: String::new(),
            stderr: String::new(),
            took: Duration::ZERO,
        }
    }

    /// The same with a reason.
    #[must_use]
    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        self.exit_reason = Some(bounded(reason.into(), Self::REASON_MAX));
        self
    }

    /// Whether the agent answered success.
    pub fn is_ok(&self) -> bool {
        self.status == ResultStatus::Done && self.rc == ResultCode::OK
    }
}

/// The values of parameters whose names say that they are secret.
pub(super) fn secret_params(params: &BTreeMap<Arc<str>, Arc<str>>) -> impl Iterator<Item = String> + '_ {
    params.iter().filter(|(name, value)| is_secret(name, value)).map(|(_, value)| value.to_string())
}

/// The text, cut at a character's border to at most `limit` bytes.
pub(super) fn bounded(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
