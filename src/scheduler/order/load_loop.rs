//! Load loops: migrations that wait for each other to make room. The room is then not waited for.

use super::graph;
use crate::scheduler::act::draft::DraftIx;
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::Verb;
use crate::scheduler::act::work::Work;

/// Drops load links into migrations that would wait for themselves, youngest first.
pub(super) fn break_loops(work: &mut Work<'_, '_>) {
    for draft in work.actions.draft_numbers().rev() {
        if work.actions.draft(draft).verb != Verb::MigrateTo {
            continue;
        }
        for number in work.actions.draft(draft).inputs.clone().into_iter().rev() {
            let link = *work.actions.link(number);
            let is_load = link.relations == Relations::LOAD && graph::is_relevant(work, &link);
            if is_load && waits_for(work, link.first, link.then) {
                work.actions.link_mut(number).relations = Relations::NONE;
            }
        }
    }
}

/// Whether `from` waits for `target`, directly or not.
fn waits_for(work: &Work<'_, '_>, from: DraftIx, target: DraftIx) -> bool {
    let mut visited = vec![false; work.actions.drafts.len()];
    let mut waiting = vec![from];
    while let Some(draft) = waiting.pop() {
        if draft == target {
            return true;
        }
        if std::mem::replace(&mut visited[draft.index()], true) {
            continue;
        }
        waiting.extend(graph::relevant_inputs(work, work.actions.draft(draft)));
    }
    false
}
