//! Remapping: what an answer and an execution status mean together.

use super::Reading;
use super::entry::Finding;
use super::running::Course;
use crate::model::Role;
use crate::scheduler::operation::OnFail;
use crate::status::{HistoryEntry, ResultCode, ResultStatus};

impl<'a> Reading<'a> {
    /// The result as it is to be understood. Some answers also settle the role.
    pub(super) fn remap(
        &mut self,
        course: &mut Course<'a>,
        entry: &'a HistoryEntry,
        recorded: Finding,
        is_maskable: bool,
        is_expired: bool,
    ) -> Finding {
        let mut finding = recorded;
        if finding.rc.is_degraded() {
            let is_promoted = finding.rc == ResultCode::DEGRADED_PROMOTED;
            finding.rc = if is_promoted { ResultCode::PROMOTED } else { ResultCode::OK };
            if !is_expired {
                self.list_failure(course, entry);
            }
        }
        if is_maskable {
            finding.status = ResultStatus::Done;
            finding.rc = ResultCode::NOT_RUNNING;
        }
        match finding.status {
            ResultStatus::Done | ResultStatus::Error => {}
            ResultStatus::NoFenceDevice | ResultStatus::NoSecrets => {
                finding.status = ResultStatus::ErrorHard;
                return finding;
            }
            ResultStatus::Pending
            | ResultStatus::Cancelled
            | ResultStatus::TimedOut
            | ResultStatus::NotSupported
            | ResultStatus::ErrorHard
            | ResultStatus::ErrorFatal
            | ResultStatus::NotInstalled
            | ResultStatus::NotConnected
            | ResultStatus::Invalid => return finding,
        }
        let is_done = finding.is_expected() && finding.expected >= 0;
        finding.status = if is_done { ResultStatus::Done } else { ResultStatus::Error };
        finding.status = self.status_of_answer(course, entry, finding, is_expired);
        finding
    }

    /// The status that the answer calls for.
    fn status_of_answer(
        &mut self,
        course: &mut Course<'a>,
        entry: &'a HistoryEntry,
        finding: Finding,
        is_expired: bool,
    ) -> ResultStatus {
        let is_probe = entry.is_probe();
        let says_role = !is_expired || !self.facts.release.expired_roles_are_forgotten();
        match finding.rc {
            ResultCode::OK if is_probe && finding.expected == i64::from(ResultCode::NOT_RUNNING.0) => {
                ResultStatus::Done
            }
            ResultCode::OK => finding.status,
            ResultCode::NOT_RUNNING => {
                let is_managed = self.facts.resource(course.resource).is_managed;
                if is_probe || finding.is_expected() || !is_managed {
                    course.role = Some(Role::Stopped);
                    course.reaction = OnFail::Ignore;
                    self.resource_mut(course.resource).next_role = None;
                    return ResultStatus::Done;
                }
                finding.status
            }
            ResultCode::PROMOTED => {
                if says_role || finding.is_expected() {
                    course.role = Some(Role::Promoted);
                }
                if is_probe && !finding.is_expected() { ResultStatus::Done } else { finding.status }
            }
            ResultCode::FAILED_PROMOTED => {
                if says_role {
                    course.role = Some(Role::Promoted);
                }
                ResultStatus::Error
            }
            ResultCode::NOT_CONFIGURED => ResultStatus::ErrorFatal,
            ResultCode::UNIMPLEMENTED if !entry.interval.is_zero() => ResultStatus::NotSupported,
            ResultCode::UNIMPLEMENTED | ResultCode::ARGS | ResultCode::PERM | ResultCode::NOT_INSTALLED => {
                if !is_expired {
                    self.check_stuck(course, entry);
                }
                ResultStatus::ErrorHard
            }
            ResultCode(_) if finding.status == ResultStatus::Done => ResultStatus::Error,
            ResultCode(_) => finding.status,
        }
    }

    /// What cannot be stopped on a node that cannot be fenced is stuck there.
    fn check_stuck(&mut self, course: &Course<'a>, entry: &HistoryEntry) {
        if &*entry.operation == "stop" && !self.facts.can_fence(course.node) {
            let facts = self.resource_mut(course.resource);
            facts.is_managed = false;
            facts.is_blocked = true;
        }
    }
}
