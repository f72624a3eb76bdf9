//! What a probe's answer may change, followed along what requires what.

use super::draft::{Draft, DraftIx};
use super::link::Relations;
use super::verb::{Key, Verb};
use super::work::Work;
use crate::scheduler::facts::ResourceIx;
use crate::scheduler::variant::actions::instance;

/// A walk from the probes of one resource along successors; each action is visited once per
/// resource. It goes by the links as they are before relations are settled, but it is taken
/// afterwards: only then it is known which stops happen at all. Mostly none do, and a walk from each
/// of many probes along a long chain is spared.
#[derive(Debug)]
pub struct Walk {
    /// The last resource whose probes came by each action.
    visited: Vec<Option<ResourceIx>>,
    /// What each link meant before relations were settled.
    relations: Vec<Relations>,
}

impl Walk {
    /// A walk over the links there are by now.
    pub fn new(work: &Work<'_, '_>) -> Self {
        Self {
            visited: vec![None; work.actions.drafts.len()],
            relations: work.actions.links.iter().map(|link| link.relations).collect(),
        }
    }

    /// Links the probes of each primitive to the stops and demotes of others whose start or promote
    /// follows from them, as far as these happen.
    pub fn link_dependents(mut self, work: &mut Work<'_, '_>) {
        if !work.actions.drafts.iter().any(is_coming_downward) {
            return;
        }
        for (leaf, probes) in super::probe::all_probes(work) {
            self.follow(work, leaf, &probes);
        }
    }

    fn follow(&mut self, work: &mut Work<'_, '_>, owner: ResourceIx, probes: &[DraftIx]) {
        let mut waiting: Vec<_> =
            probes.iter().flat_map(|probe| self.successors(work, *probe, |_| true)).collect();
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
                link_downward(work, probes, other);
            }
            let is_collective = resource.is_some_and(|other| work.resource(other).primitive().is_none());
            if !is_collective && !work.facts.release.probes_come_first() {
                self.skip_first_met_otherwise(work, after, owner);
            }
            waiting.extend(self.successors(work, after, |link| link.has(Relations::FIRST_REQUIRES_THEN)));
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

    /// What came after an action before relations were settled.
    fn successors(
        &self,
        work: &Work<'_, '_>,
        draft: DraftIx,
        keep: impl Fn(Relations) -> bool,
    ) -> impl Iterator<Item = DraftIx> {
        let links = work.actions.draft(draft).successors.iter();
        let known = links.filter_map(|link| Some((*link, *self.relations.get(link.index())?)));
        known.filter(move |(_, relations)| keep(*relations)).map(|(link, _)| work.actions.link(link).then)
    }

    /// What follows by another relation first is not looked at for one that requires it.
    fn skip_first_met_otherwise(&mut self, work: &Work<'_, '_>, draft: DraftIx, owner: ResourceIx) {
        let mut met: Vec<DraftIx> = Vec::new();
        for link in &work.actions.draft(draft).successors {
            let Some(relations) = self.relations.get(link.index()) else { continue };
            let then = work.actions.link(*link).then;
            if met.contains(&then) {
                continue;
            }
            met.push(then);
            if !relations.has(Relations::FIRST_REQUIRES_THEN)
                && let Some(seen) = self.visited.get_mut(then.index())
            {
                *seen = Some(owner);
            }
        }
    }
}

/// A probe that cannot run keeps inactive instances of its clone from starting.
pub fn guard_inactive(work: &mut Work<'_, '_>, probe: DraftIx, owner: ResourceIx) {
    if work.actions.draft(probe).is_runnable() {
        return;
    }
    let top = work.facts.topmost(owner);
    if !work.resource(top).variant.has_instances() {
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

/// Whether it is the stop or demote of something, and happens as far as relations have a say.
fn is_coming_downward(draft: &Draft) -> bool {
    !draft.is_pseudo
        && matches!(draft.verb, Verb::Stop | Verb::Demote)
        && (draft.is_required() || draft.is_shown)
}

fn link_downward(work: &mut Work<'_, '_>, probes: &[DraftIx], resource: ResourceIx) {
    let demotes = work.facts.release.probes_come_first();
    for verb in [Some(Verb::Stop), Some(Verb::Demote).filter(|_| demotes)].into_iter().flatten() {
        for draft in work.actions.with_key(resource, Key::once(verb)).to_vec() {
            if is_coming_downward(work.actions.draft(draft)) {
                for probe in probes {
                    work.actions.link_after_all(*probe, draft);
                }
            }
        }
    }
}
