//! Debts: what a transition that is given up, or replaced, still has to tell the instances of clones.

use std::collections::BTreeMap;

use super::{Control, Ground, Running};
use crate::cluster::call::Call;
use crate::cluster::state::worker_of;
use crate::executor::{ActionResult, Executor, Owed};
use crate::scheduler::{Action, ActionId};
use crate::status::{ResultCode, ResultStatus};

/// A notification that is owed, and the calls of which it tells, that have not ended.
#[derive(Debug, Clone)]
pub(super) struct Debt {
    action: Action,
    after: Vec<Call>,
}

impl Control {
    /// Remembers what the present transition owes, as it will be no more.
    pub(super) fn note_debts(&mut self) {
        let Some(running) = &self.running else { return };
        let owed = running.executor.owed();
        let debts = owed.into_iter().filter_map(|owed| {
            // What has no call any more has ended, and not as it should.
            let after = owed.after.iter().map(|id| call_of(running, *id)).collect::<Option<_>>()?;
            Some(Debt { action: owed.action, after })
        });
        self.debts.extend(debts);
    }

    /// A call ended: nobody is told of what failed.
    pub(super) fn settle_debts(&mut self, call: Call, result: &ActionResult) {
        let has_worked = result.status == ResultStatus::Done && result.undegraded() == ResultCode::OK;
        self.debts.retain_mut(|debt| {
            let is_about_it = debt.after.contains(&call);
            debt.after.retain(|known| *known != call);
            has_worked || !is_about_it
        });
    }

    /// Has a new transition give what is owed to instances that can still be told.
    pub(super) fn hand_over_debts(
        &mut self,
        ground: &Ground<'_>,
        executor: &mut Executor,
        calls: &BTreeMap<Call, ActionId>,
    ) {
        let is_there = |debt: &Debt| {
            worker_of(&debt.action).is_some_and(|worker| ground.state.member_on(worker).is_some())
        };
        let debts = std::mem::take(&mut self.debts);
        let owed = debts.into_iter().filter(is_there).filter_map(|debt| {
            let after = debt.after.iter().map(|call| calls.get(call).copied()).collect::<Option<_>>()?;
            Some(Owed { action: debt.action, after })
        });
        executor.owe(owed.collect());
    }
}

fn call_of(running: &Running, id: ActionId) -> Option<Call> {
    running.calls.iter().find(|(_, action)| **action == id).map(|(call, _)| *call)
}
