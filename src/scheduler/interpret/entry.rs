//! One entry of a history: what its result says.

use std::sync::Arc;

use super::Reading;
use super::running::Course;
use crate::model::{Role, Score};
use crate::scheduler::facts::{FailedAction, NodeIx, Pending, ResourceIx};
use crate::scheduler::operation::{Lookup, OnFail};
use crate::status::{HistoryEntry, ResultCode, ResultStatus};

/// Tasks whose results say something about a resource.
const TELLING: [&str; 8] =
    ["monitor", "start", "stop", "promote", "demote", "migrate_to", "migrate_from", "asyncmon"];

/// A result as it is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) rc: ResultCode,
    pub(super) status: ResultStatus,
    /// The answer that was expected; -1 if that is not known.
    pub(super) expected: i64,
}

impl Finding {
    /// The result as recorded; `None` if it says nothing.
    fn of(entry: &HistoryEntry) -> Option<Self> {
        let status = entry.status.filter(|status| *status != ResultStatus::Cancelled)?;
        let is_telling = TELLING.contains(&&*entry.operation);
        is_telling.then_some(Self { rc: entry.rc?, status, expected: entry.expected_rc() })
    }

    pub(super) fn is_expected(self) -> bool {
        i64::from(self.rc.0) == self.expected
    }
}

impl<'a> Reading<'a> {
    /// Reads one entry.
    pub(super) fn read_entry(&mut self, course: &mut Course<'a>, entry: &'a HistoryEntry) {
        let Some(recorded) = Finding::of(entry) else { return };
        let is_maskable = self.is_maskable(course, entry, recorded);
        let is_expired = self.has_expired(course, entry, recorded);
        let finding = self.remap(course, entry, recorded, is_maskable, is_expired);
        if is_expired && self.is_ignored_by_age(course, entry, recorded, finding, is_maskable) {
            return;
        }
        if is_maskable {
            self.succeed(course, entry, expected_code(finding), true);
            self.list_failure(course, entry);
            self.ban(course.resource, Some(course.node));
            return;
        }
        match finding.status {
            ResultStatus::Pending => self.note_pending(course, entry),
            ResultStatus::Done => self.succeed(course, entry, finding.rc, false),
            ResultStatus::NotInstalled => {
                self.ban(course.resource, Some(course.node));
                let on_fail = self.on_fail(course, entry);
                if on_fail == OnFail::Ignore {
                    course.reaction = course.reaction.max(OnFail::Ban);
                }
                self.fail(course, entry, finding, on_fail);
            }
            ResultStatus::NotConnected => {
                self.fail_connection(course.node);
                self.read_failure(course, entry, finding);
            }
            ResultStatus::Cancelled
            | ResultStatus::TimedOut
            | ResultStatus::NotSupported
            | ResultStatus::Error
            | ResultStatus::ErrorHard
            | ResultStatus::ErrorFatal
            | ResultStatus::Invalid
            | ResultStatus::NoFenceDevice
            | ResultStatus::NoSecrets => self.read_failure(course, entry, finding),
        }
    }

    /// A failure of some kind, unless failures of this operation are ignored.
    fn read_failure(&mut self, course: &mut Course<'a>, entry: &'a HistoryEntry, finding: Finding) {
        let on_fail = self.on_fail(course, entry);
        let is_stop = &*entry.operation == "stop";
        if on_fail == OnFail::Ignore || (on_fail == OnFail::Container && is_stop) {
            self.succeed(course, entry, expected_code(finding), false);
            self.resource_mut(course.resource).is_failure_ignored = true;
            self.list_failure(course, entry);
            if on_fail == OnFail::Container && course.reaction <= OnFail::Restart {
                course.reaction = OnFail::Container;
            }
            return;
        }
        self.fail(course, entry, finding, on_fail);
        match finding.status {
            ResultStatus::ErrorHard => self.ban(course.resource, Some(course.node)),
            ResultStatus::ErrorFatal => self.ban(course.resource, None),
            ResultStatus::Pending
            | ResultStatus::Done
            | ResultStatus::Cancelled
            | ResultStatus::TimedOut
            | ResultStatus::NotSupported
            | ResultStatus::Error
            | ResultStatus::NotInstalled
            | ResultStatus::NotConnected
            | ResultStatus::Invalid
            | ResultStatus::NoFenceDevice
            | ResultStatus::NoSecrets => {}
        }
    }

    /// A probe that found the agent unable to run here means no more than that nothing runs.
    fn is_maskable(&self, course: &Course<'a>, entry: &HistoryEntry, recorded: Finding) -> bool {
        let is_unable = matches!(recorded.rc, ResultCode::NOT_INSTALLED | ResultCode::ARGS)
            || recorded.status == ResultStatus::NotInstalled;
        entry.is_probe() && is_unable && !self.is_in_bundle(course.resource)
    }

    pub(super) fn is_in_bundle(&self, resource: ResourceIx) -> bool {
        let mut level = self.facts.resource(resource).parent;
        while let Some(current) = level {
            let facts = self.facts.resource(current);
            if facts.variant.is_bundle() {
                return true;
            }
            level = facts.parent;
        }
        false
    }

    /// What a failure of the entry's operation leads to.
    pub(super) fn on_fail(&self, course: &Course<'a>, entry: &HistoryEntry) -> OnFail {
        let op = self.facts.find_operation(course.resource, &entry.operation, entry.interval, Lookup::Any);
        let options = self.facts.operation_options(course.resource, &entry.operation, entry.interval, op);
        self.facts.on_fail(course.resource, &entry.operation, &options, entry.is_probe())
    }

    /// Whether an expired entry has nothing more to say. One of a recurring operation that is
    /// passed over is marked, so that the operation is scheduled anew.
    fn is_ignored_by_age(
        &mut self,
        course: &mut Course<'a>,
        entry: &HistoryEntry,
        recorded: Finding,
        finding: Finding,
        is_maskable: bool,
    ) -> bool {
        if is_maskable && !recorded.is_expected() {
            if course.role <= Some(Role::Stopped) {
                course.role = None;
            }
            return true;
        }
        if finding.is_expected() {
            return false;
        }
        let node = self.facts.node(course.node);
        let is_ignored = entry.interval.is_zero() || (node.is_online && node.unclean.is_none());
        if is_ignored && !entry.interval.is_zero() {
            let mark = (course.node, Arc::clone(&entry.id));
            self.resource_mut(course.resource).memo.spoiled.insert(mark);
        }
        is_ignored
    }

    /// An operation in flight.
    fn note_pending(&mut self, course: &mut Course<'a>, entry: &'a HistoryEntry) {
        let is_outdated = course.last_failure.is_some_and(|failure| {
            failure.operation == entry.operation
                && failure.interval == entry.interval
                && failure.last_rc_change.unwrap_or(0) >= entry.last_rc_change.unwrap_or(0)
        });
        if is_outdated {
            return;
        }
        match &*entry.operation {
            "start" => {
                self.resource_mut(course.resource).is_start_pending = true;
                course.role = Some(self.active_role(course.resource));
            }
            "promote" => course.role = Some(Role::Promoted),
            "migrate_to" if self.facts.node(course.node).unclean.is_some() => {
                let target = entry.migrate_target.as_ref().and_then(|target| self.node_named(target));
                if let Some(target) = target {
                    self.request_stop(course.resource, Some(target));
                }
            }
            _ => {}
        }
        let node = course.node;
        let facts = self.resource_mut(course.resource);
        if facts.pending.is_none() && !entry.is_probe() {
            facts.pending = Some(Pending { task: Arc::clone(&entry.operation), node });
        }
    }

    /// The role of what is found active without further word.
    pub(super) fn active_role(&self, resource: ResourceIx) -> Role {
        if self.is_top_promotable(resource) { Role::Unpromoted } else { Role::Started }
    }

    /// The executor could not reach a remote node: its connection failed.
    fn fail_connection(&mut self, node: NodeIx) {
        let connection = self.facts.node(node).connection.filter(|_| self.facts.node(node).is_remote());
        if let Some(connection) = connection.filter(|connection| self.facts.resource(*connection).is_managed)
        {
            self.resource_mut(connection).is_failed = true;
        }
    }

    /// Keeps the resource (the whole clone if its instances are alike) off a node, or off all.
    pub(super) fn ban(&mut self, resource: ResourceIx, node: Option<NodeIx>) {
        let is_unique = self.facts.resource(resource).is_unique;
        let target = if is_unique { resource } else { self.facts.topmost(resource) };
        match node {
            Some(node) => self.facts.add_score(target, node, Score::MINUS_INFINITY),
            None => self.score_everywhere(target, Score::MINUS_INFINITY),
        }
    }

    /// Adds a score on every node.
    pub(super) fn score_everywhere(&mut self, resource: ResourceIx, score: Score) {
        for node in self.facts.node_numbers() {
            self.facts.add_score(resource, node, score);
        }
    }

    /// Lists a failure for people, once per operation and node.
    pub(super) fn list_failure(&mut self, course: &Course<'a>, entry: &HistoryEntry) {
        let key = Arc::clone(entry.operation_key.as_ref().unwrap_or(&entry.id));
        let is_online = self.facts.node(course.node).is_online;
        if !is_online || !self.listed_failures.insert((Arc::clone(&key), course.node)) {
            return;
        }
        self.facts.failed_actions.push(FailedAction {
            resource: Arc::clone(&course.history.id),
            node: course.node,
            key,
            task: Arc::clone(&entry.operation),
            interval: entry.interval,
            rc: entry.rc.unwrap_or(ResultCode::UNKNOWN),
            status: entry.status.unwrap_or(ResultStatus::Error),
            at: entry.last_rc_change,
            exit_reason: entry.exit_reason.clone(),
        });
    }
}

/// The expected answer as a code; an unknown one is an answer no agent gives.
fn expected_code(finding: Finding) -> ResultCode {
    u8::try_from(finding.expected).map_or(ResultCode::UNKNOWN, ResultCode)
}
