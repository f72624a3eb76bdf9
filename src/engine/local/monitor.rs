//! Recurring monitors: which there are, and when each is due.

#![expect(clippy::disallowed_methods, reason = "monitors are due by the clock of this host")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rounds::Round;
use crate::executor::ActionResult;
use crate::model::{Agent, NodeName};
use crate::plan::Rename;
use crate::plan::rename::{rename_instance, rename_key};
use crate::scheduler::facts::Table;
use crate::scheduler::{Action, ActionId, ActionKind, Task};
use crate::status::{ResultCode, ResultStatus};

/// A recurring monitor that goes on until it is cancelled or its resource stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StandingMonitor {
    pub(super) resource: Arc<str>,
    pub(super) interval: Duration,
    pub(super) agent: Agent,
    /// When it runs next, in milliseconds since 1970.
    due: i64,
    /// What it answered last.
    last: Answer,
    node: Option<NodeName>,
    instance: Option<Arc<str>>,
    key: Arc<str>,
    timeout: Option<Duration>,
    expected_rc: Option<u8>,
    params: Table,
    meta: Table,
    id: ActionId,
}

/// What monitors have answered last, for finding out later whether one has answered anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers(BTreeMap<(Arc<str>, Duration), Answer>);

impl Answers {
    pub(super) fn of(monitors: &[StandingMonitor]) -> Self {
        let key = |monitor: &StandingMonitor| (Arc::clone(&monitor.resource), monitor.interval);
        Self(monitors.iter().map(|monitor| (key(monitor), monitor.last)).collect())
    }

    /// Whether a monitor that was there then has another answer now.
    pub(super) fn differ_from(&self, monitors: &[StandingMonitor]) -> bool {
        let now = Self::of(monitors);
        self.0.iter().any(|(key, then)| now.0.get(key).is_some_and(|now| now != then))
    }
}

/// What counts as the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    rc: ResultCode,
    status: ResultStatus,
}

impl Answer {
    fn of(result: &ActionResult) -> Self {
        Self { rc: result.undegraded(), status: result.status }
    }
}

impl StandingMonitor {
    /// Goes on under another name.
    pub(super) fn rename(&mut self, renames: &[Rename]) {
        let old = std::mem::replace(&mut self.resource, Arc::from(""));
        self.resource = rename_instance(&old, renames);
        self.instance = self.instance.as_ref().map(|instance| rename_instance(instance, renames));
        self.key = rename_key(&self.key, &old, &self.resource);
    }

    /// What goes on after the first answer of a recurring monitor; `None` for anything else.
    pub(super) fn after(action: &Action, agent: &Agent, result: &ActionResult) -> Option<Self> {
        if action.task != Task::Monitor || action.interval.is_zero() {
            return None;
        }
        let mut monitor = Self {
            resource: action.resource.clone()?,
            interval: action.interval,
            agent: agent.clone(),
            due: 0,
            last: Answer::of(result),
            node: action.node.clone(),
            instance: action.instance.clone(),
            key: Arc::clone(&action.key),
            timeout: action.timeout,
            expected_rc: action.expected_rc,
            params: action.params.clone(),
            meta: action.meta.clone(),
            id: action.id,
        };
        monitor.due = now().saturating_add(millis(monitor.interval.saturating_sub(monitor.jitter())));
        Some(monitor)
    }

    /// How much earlier it runs the second time, up to a tenth of its interval: monitors that began
    /// together should not stay together. The same for the same monitor, and never a longer wait.
    fn jitter(&self) -> Duration {
        let spread = self
            .resource
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        (self.interval / 10) * (spread >> 16) / 0x1_0000
    }

    /// This run of it.
    pub(super) fn round(&self) -> Round {
        Round { resource: Arc::clone(&self.resource), interval: self.interval, due: self.due }
    }

    /// Takes the answer of one of these, whose next run is one interval away; the action if the answer
    /// is a new one. The answer of a run that is not of now counts for nothing.
    pub(super) fn take_answer(monitors: &mut [Self], round: &Round, result: &ActionResult) -> Option<Action> {
        let monitor = monitors.iter_mut().find(|monitor| monitor.round() == *round)?;
        monitor.due = now().saturating_add(millis(monitor.interval));
        let answer = Answer::of(result);
        let before = std::mem::replace(&mut monitor.last, answer);
        (before != answer).then(|| monitor.action())
    }

    /// How long until it should run. A clock that was set back does not silence it.
    pub(super) fn wait(&self) -> Duration {
        let left = u64::try_from(self.due.saturating_sub(now())).unwrap_or(0);
        Duration::from_millis(left).min(self.interval)
    }

    /// Whether this is the same operation.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.resource == other.resource && self.interval == other.interval
    }

    /// The action that is done once more.
    pub(super) fn action(&self) -> Action {
        Action {
            id: self.id,
            kind: ActionKind::Resource,
            task: Task::Monitor,
            resource: Some(Arc::clone(&self.resource)),
            instance: self.instance.clone(),
            node: self.node.clone(),
            router: None,
            interval: self.interval,
            notify: None,
            key: Arc::clone(&self.key),
            timeout: self.timeout,
            expected_rc: self.expected_rc,
            params: self.params.clone(),
            meta: self.meta.clone(),
            priority: 0,
            reason: None,
            after: Vec::new(),
        }
    }
}

/// Now, in milliseconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
