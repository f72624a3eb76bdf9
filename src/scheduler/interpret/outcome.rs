//! Outcomes: what success and failure of an operation do to role and reaction.

use super::Reading;
use super::entry::Finding;
use super::running::Course;
use crate::model::{Role, Score};
use crate::scheduler::facts::ResourceIx;
use crate::scheduler::node_table::{Entry, NodeTable};
use crate::scheduler::operation::OnFail;
use crate::status::{HistoryEntry, ResultCode};

impl<'a> Reading<'a> {
    /// An operation that went as it should, answering `rc`.
    pub(super) fn succeed(
        &mut self,
        course: &mut Course<'a>,
        entry: &'a HistoryEntry,
        rc: ResultCode,
        is_masked: bool,
    ) {
        if is_masked || rc == ResultCode::NOT_INSTALLED {
            course.role = Some(Role::Stopped);
            return;
        }
        if rc == ResultCode::NOT_RUNNING {
            self.clear_past(course);
            return;
        }
        let clears = match &*entry.operation {
            "monitor" => {
                self.raise_to_active(course);
                course.last_failure.is_some_and(|failure| key(failure) == key(entry))
            }
            "start" | "migrate_from" => {
                course.role = Some(Role::Started);
                true
            }
            "stop" => {
                course.role = Some(Role::Stopped);
                true
            }
            "promote" => {
                course.role = Some(Role::Promoted);
                true
            }
            "demote" => {
                course.role = Some(Role::Unpromoted);
                course.reaction == OnFail::Demote
            }
            "migrate_to" => {
                self.follow_migration(course, entry);
                false
            }
            _ => {
                self.raise_to_active(course);
                false
            }
        };
        if clears {
            self.clear_past(course);
        }
    }

    fn raise_to_active(&self, course: &mut Course<'a>) {
        if course.role < Some(Role::Started) {
            course.role = Some(self.active_role(course.resource));
        }
    }

    /// A success makes up for most failures before it.
    fn clear_past(&mut self, course: &mut Course<'a>) {
        let has_pause = self.facts.resource(course.resource).reconnect_interval.is_some();
        let is_cleared = match course.reaction {
            OnFail::Stop | OnFail::Ban | OnFail::Standby | OnFail::Fence => false,
            OnFail::Block | OnFail::Ignore | OnFail::Demote | OnFail::Restart | OnFail::Container => true,
            OnFail::ResetRemote => !has_pause,
        };
        if is_cleared {
            course.reaction = OnFail::Ignore;
            self.resource_mut(course.resource).next_role = None;
        }
    }

    /// An operation that failed.
    pub(super) fn fail(
        &mut self,
        course: &mut Course<'a>,
        entry: &'a HistoryEntry,
        finding: Finding,
        on_fail: OnFail,
    ) {
        course.last_failure = Some(entry);
        let is_missing = finding.rc == ResultCode::NOT_INSTALLED;
        if self.facts.properties.symmetric || !is_missing {
            self.list_failure(course, entry);
        }
        course.reaction = course.reaction.max(on_fail);
        match &*entry.operation {
            "stop" => self.facts.add_score(course.resource, course.node, Score::MINUS_INFINITY),
            "migrate_to" => self.fail_migrate_to(course, entry),
            "migrate_from" => self.fail_migrate_from(course, entry),
            "promote" => course.role = Some(Role::Promoted),
            "demote" => self.fail_demote(course, finding, on_fail),
            _ => {}
        }
        if entry.is_probe() && is_missing {
            course.role = Some(Role::Stopped);
        } else {
            self.raise_to_active(course);
        }
        let role = self.facts.role_after_failure(course.resource, &entry.operation, on_fail);
        let facts = self.resource_mut(course.resource);
        if role != Role::Started && facts.next_role < Some(role) {
            facts.next_role = Some(role);
        }
        if role == Role::Stopped {
            let is_unique = self.facts.resource(course.resource).is_unique;
            let target = if is_unique { course.resource } else { self.facts.topmost(course.resource) };
            self.forbid_everywhere(target);
        }
    }

    fn fail_demote(&mut self, course: &mut Course<'a>, finding: Finding, on_fail: OnFail) {
        if on_fail == OnFail::Block {
            course.role = Some(Role::Promoted);
            self.resource_mut(course.resource).next_role = Some(Role::Stopped);
        } else if finding.rc == ResultCode::NOT_RUNNING {
            course.role = Some(Role::Stopped);
        } else {
            course.role = Some(Role::Unpromoted);
        }
    }

    /// Gives the resource a new table in which every node is forbidden.
    pub(super) fn forbid_everywhere(&mut self, resource: ResourceIx) {
        let mut table = NodeTable::empty(self.facts.nodes.len());
        for node in self.facts.node_numbers() {
            let discovery = self.facts.node(node).discovery;
            table.insert(node, Entry { score: Score::MINUS_INFINITY, discovery, count: 0 });
        }
        self.resource_mut(resource).table = table;
    }
}

/// What tells operations of one history apart.
fn key(entry: &HistoryEntry) -> &str {
    entry.operation_key.as_deref().unwrap_or(&entry.id)
}
