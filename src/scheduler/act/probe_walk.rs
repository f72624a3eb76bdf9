//! What a probe's answer may change, followed along what requires what.

use super::draft::{Draft, DraftIx};
use super::link::Relations;
use super::verb::{Key, Verb};
use super::work::Work;
use crate::scheduler::facts::{ResourceIx, Variant};
use crate::scheduler::variant::actions::instance;

/// A walk from the probes of one resource along successors; each action is visited once per
/// resource.
#[derive(Debug)]
pub struct Walk {
    /// The last resource whose probes came by each action.
    visited: Vec<Option<ResourceIx>>,
    /// Whether anything stops or is demoted at all.
    any_downward: bool,
}

impl Walk {
    /// A walk over the drafts there are.
    pub fn new(work: &Work<'_, '_>) -> Self {
        let any_downward = work.actions.drafts.iter().any(is_real_downward);
        Self { visited: vec![None; work.actions.drafts.len()], any_downward }
    }

    /// Links the probes of a primitive to the stops and demotes of others whose start or promote
    /// follows from them.
    pub fn link_dependents(&mut self, work: &mut Work<'_, '_>, owner: ResourceIx, probes: &[DraftIx]) {
        for probe in probes {
            self.guard_inactive(work, *probe, owner);
        }
        if !self.any_downward {
            return;
        }
        let mut waiting: Vec<_> =
            probes.iter().flat_map(|probe| successors(work, *probe, |_| true)).collect();
        while let Some(after) = waiting.pop() {
            let Some(seen) = self.visited.get_mut(after.index()) else { continue };
            if *seen == Some(owner) {
                continue;
            }
            *seen = Some(owner);
            let draft = work.actions.draft(after);
            let (verb, resource) = (draft.verb, draft.resource);
            if let Some(other) = resource
                && matches!(verb, Verb::Start | Verb::Promote)
                && other != owner
                && work.resource(other).primitive().is_some()
            {
                for probe in probes {
                    link_downward(work, *probe, other);
                }
            }
            let is_collective = resource.is_some_and(|other| work.resource(other).primitive().is_none());
            if !is_collective && !work.facts.release.probes_come_first() {
                self.skip_first_met_otherwise(work, after, owner);
            }
            waiting.extend(successors(work, after, |link| link.has(Relations::FIRST_REQUIRES_THEN)));
            if let Some(other) = resource
                && work.resource(owner).parent != Some(other)
            {
                for child in instance::concerned(work, owner, other) {
                    let action = work.actions.youngest(child, verb, None);
                    waiting.extend(action.filter(|action| is_followed(work, *action)));
                }
            }
        }
    }

    /// What follows by another relation first is not looked at for one that requires it.
    fn skip_first_met_otherwise(&mut self, work: &Work<'_, '_>, draft: DraftIx, owner: ResourceIx) {
        let mut met: Vec<DraftIx> = Vec::new();
        for link in &work.actions.draft(draft).successors {
            let link = work.actions.link(*link);
            if met.contains(&link.then) {
                continue;
            }
            met.push(link.then);
            if !link.relations.has(Relations::FIRST_REQUIRES_THEN)
                && let Some(seen) = self.visited.get_mut(link.then.index())
            {
                *seen = Some(owner);
            }
        }
    }

    /// A probe that cannot run keeps inactive instances of its clone from starting.
    fn guard_inactive(&self, work: &mut Work<'_, '_>, probe: DraftIx, owner: ResourceIx) {
        if work.actions.draft(probe).is_runnable() {
            return;
        }
        let top = work.facts.topmost(owner);
        if !matches!(work.resource(top).variant, Variant::Clone(_) | Variant::Bundle(_)) {
            return;
        }
        for after in &work.actions.draft(probe).successors.clone() {
            let link = *work.actions.link(*after);
            let draft = work.actions.draft(link.then);
            let is_top_start = draft.resource == Some(top) && draft.verb == Verb::Start;
            if is_top_start && !link.relations.has(Relations::BLOCKS) {
                for next in successors(work, link.then, |_| true) {
                    let next_draft = work.actions.draft(next);
                    let is_inactive_start = next_draft.verb == Verb::Start
                        && next_draft.resource.is_some_and(|instance| {
                            instance != top && !work.any_leaf(instance, |leaf| work.is_active(leaf))
                        });
                    if is_inactive_start {
                        let relations = Relations::ORDERED | Relations::BLOCKS;
                        work.actions.link_drafts(probe, next, relations);
                    }
                }
            }
        }
    }
}

/// Whether a part's action counts where its collective's does: also if it happens nowhere.
fn is_followed(work: &Work<'_, '_>, action: DraftIx) -> bool {
    let draft = work.actions.draft(action);
    let is_part = draft.resource.is_some_and(|resource| work.resource(resource).primitive().is_some());
    work.facts.release.probes_come_first() || !is_part || draft.node.is_some()
}

fn successors(work: &Work<'_, '_>, draft: DraftIx, keep: impl Fn(Relations) -> bool) -> Vec<DraftIx> {
    let links = work.actions.draft(draft).successors.iter().map(|link| work.actions.link(*link));
    links.filter(|link| keep(link.relations)).map(|link| link.then).collect()
}

fn is_real_downward(draft: &Draft) -> bool {
    !draft.is_pseudo && matches!(draft.verb, Verb::Stop | Verb::Demote)
}

fn link_downward(work: &mut Work<'_, '_>, probe: DraftIx, resource: ResourceIx) {
    let demotes = work.facts.release.probes_come_first();
    for verb in [Some(Verb::Stop), Some(Verb::Demote).filter(|_| demotes)].into_iter().flatten() {
        for draft in work.actions.with_key(resource, Key::once(verb)).to_vec() {
            if is_real_downward(work.actions.draft(draft)) {
                work.actions.link_drafts(probe, draft, Relations::ORDERED);
            }
        }
    }
}
