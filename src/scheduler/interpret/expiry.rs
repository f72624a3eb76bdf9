//! Expiry: whether a failure is old enough to be forgotten.

use super::Reading;
use super::entry::Finding;
use super::running::Course;
use crate::model::Score;
use crate::scheduler::digest::{self, DefinitionChange};
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::failures;
use crate::scheduler::reason::Reason;
use crate::scheduler::request::Request;
use crate::status::{HistoryEntry, ResultCode, ResultStatus};

impl<'a> Reading<'a> {
    /// Whether the entry is too old to count. A fail count that nothing holds any longer is to
    /// be cleared.
    pub(super) fn has_expired(
        &mut self,
        course: &Course<'a>,
        entry: &HistoryEntry,
        recorded: Finding,
    ) -> bool {
        if recorded.status == ResultStatus::NotInstalled {
            return false;
        }
        let (resource, node) = (course.resource, course.node);
        let mut is_expired = false;
        let mut count = Score::ZERO;
        let timeout = failures::timeout(&self.facts, resource);
        if let (true, Some(at)) = (timeout > 0, entry.last_rc_change) {
            is_expired =
                self.facts.now >= at.saturating_add(timeout) && !self.waits_for_fencing(resource, entry);
            count = failures::effective_count(&self.facts, resource, node, Some(entry));
            if count > Score::ZERO {
                let last = failures::last_failure(&self.facts, resource, node).unwrap_or(0);
                self.facts.recheck.note(last.saturating_add(timeout).saturating_add(1));
            }
        }
        let is_last_failure = entry.id.ends_with("_last_failure_0");
        if is_expired {
            let has_pause = self.facts.resource(resource).reconnect_interval.is_some();
            if failures::raw_count(&self.facts, resource, node) > Score::ZERO {
                is_expired = count == Score::ZERO;
                if is_expired {
                    self.clear_fail_count(resource, node, Reason::FailureExpired);
                }
            } else if is_last_failure && has_pause {
                self.clear_fail_count(resource, node, Reason::ReconnectInterval);
            }
        }
        if !is_expired && is_last_failure && self.has_changed_since(course, entry) {
            self.clear_fail_count(resource, node, Reason::ParametersChanged);
        }
        let is_plain_probe = entry.is_probe()
            && matches!(
                recorded.rc,
                ResultCode::OK
                    | ResultCode::NOT_RUNNING
                    | ResultCode::PROMOTED
                    | ResultCode::DEGRADED
                    | ResultCode::DEGRADED_PROMOTED
            );
        is_expired && !is_plain_probe
    }

    /// A failed monitor of a connection that waits before it reconnects does not expire before
    /// the remote node is fenced.
    fn waits_for_fencing(&self, resource: ResourceIx, entry: &HistoryEntry) -> bool {
        let facts = self.facts.resource(resource);
        let is_fenced = facts.connects.is_some_and(|node| self.facts.node(node).is_fenced);
        facts.reconnect_interval.is_some()
            && &*entry.operation == "monitor"
            && !entry.interval.is_zero()
            && self.facts.properties.fencing_enabled
            && !is_fenced
    }

    /// Whether the parameters changed since a start or monitor failed. The address of a bundle's
    /// connection is known only once its container has a place.
    fn has_changed_since(&self, course: &Course<'a>, entry: &HistoryEntry) -> bool {
        if !matches!(&*entry.operation, "start" | "monitor") || self.has_late_address(course.resource) {
            return false;
        }
        match digest::compare(&self.facts, course.resource, course.node, entry) {
            DefinitionChange::Same | DefinitionChange::Unknown => false,
            DefinitionChange::Changed | DefinitionChange::NeedsRestart => true,
        }
    }

    fn has_late_address(&self, resource: ResourceIx) -> bool {
        let facts = self.facts.resource(resource);
        facts.is_connection()
            && facts.launcher.is_some()
            && self.facts.params(resource, None).get("addr").is_some_and(|addr| &**addr == "#uname")
    }

    /// Asks for the resource's failures on the node to be forgotten.
    fn clear_fail_count(&mut self, resource: ResourceIx, node: NodeIx, reason: Reason) {
        self.facts.clearing.insert((resource, node));
        self.facts.requests.push(Request::ClearFailCount { resource, node, reason });
    }
}
