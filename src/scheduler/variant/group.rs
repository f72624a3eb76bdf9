//! Placing a group: members go one after the other, each to where the one before it is.

use crate::model::Score;
use crate::scheduler::assign::agenda::{Demand, Step};
use crate::scheduler::assign::draft::{Draft, Progress};
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::colocation::implied::{self, implied};
use crate::scheduler::constraint::location::{LocationIx, Share};
use crate::scheduler::facts::{ResourceIx, Variant};
use crate::scheduler::schedule::ScorePool;

/// The assignment of a group, as far as it has come.
pub(crate) struct Assignment {
    demand: Demand,
    has_begun: bool,
    has_asked: bool,
    next: usize,
}

impl Assignment {
    pub(crate) const fn new(demand: Demand) -> Self {
        Self { demand, has_begun: false, has_asked: false, next: 0 }
    }

    pub(crate) fn advance(&mut self, draft: &mut Draft<'_>) -> Step {
        let group = self.demand.resource;
        if !self.has_begun {
            if let Some(parent) = draft.waiting_parent(group).filter(|_| !self.has_asked) {
                self.has_asked = true;
                return Step::Needs(Demand::of(parent));
            }
            match draft.progress[group.index()] {
                Progress::Assigning | Progress::Assigned => return Step::Done,
                Progress::Waiting => {}
            }
            self.begin(draft);
        }
        let member = draft.resource(group).children.get(self.next).copied();
        self.next += 1;
        match member {
            Some(member) => Step::Needs(Demand { resource: member, ..self.demand }),
            None => {
                let first = draft.resource(group).children.first().copied();
                draft.next_role[group.index()] = first.and_then(|first| draft.next_role[first.index()]);
                draft.progress[group.index()] = Progress::Assigned;
                Step::Done
            }
        }
    }

    fn begin(&mut self, draft: &mut Draft<'_>) {
        let group = self.demand.resource;
        self.has_begun = true;
        draft.progress[group.index()] = Progress::Assigning;
        if let Some(first) = draft.resource(group).children.first() {
            let role = draft.resource(*first).current_role;
            draft.facts.resources[group.index()].current_role = role;
        }
        draft.take_down_scores(ScorePool::Group, group);
    }
}

/// Members are tied to the one before them.
pub(crate) fn unpack_implied(draft: &mut Draft<'_>, group: ResourceIx, is_colocated: bool) {
    let mut previous: Option<ResourceIx> = None;
    for member in draft.resource(group).children.clone() {
        implied::unpack(draft, member);
        if let Some(previous) = previous.filter(|_| is_colocated) {
            let influence = draft.resource(member).is_critical;
            let record = implied("#group-members", member, previous, Score::INFINITY, influence);
            draft.add_colocation(record);
        }
        previous = Some(member);
    }
}

/// A preference counts once: for the first member of a group that stays together.
pub(crate) fn apply_location(draft: &mut Draft<'_>, group: ResourceIx, location: LocationIx, share: Share) {
    draft.apply_location(group, location, share);
    let later = if is_colocated(draft, group) { Share::NodesOnly } else { share };
    for (position, member) in draft.resource(group).children.clone().into_iter().enumerate() {
        draft.apply_location(member, location, if position == 0 { share } else { later });
    }
}

/// A group follows with its first member, to which the others are tied.
pub(crate) fn follow(
    draft: &mut Draft<'_>,
    group: ResourceIx,
    primary: ResourceIx,
    colocation: ColocationIx,
) {
    let members = draft.resource(group).children.clone();
    if is_colocated(draft, group) {
        if let Some(first) = members.first() {
            draft.follow(*first, primary, colocation);
        }
    } else if draft.colocations.record(colocation).score < Score::INFINITY {
        for member in members {
            draft.follow(member, primary, colocation);
        }
    }
}

/// Who must be with a group must be with its last member, for then all of it is there.
pub(crate) fn lead(
    draft: &mut Draft<'_>,
    dependent: ResourceIx,
    group: ResourceIx,
    colocation: ColocationIx,
) {
    if draft.progress[group.index()] != Progress::Assigned {
        return;
    }
    let must = draft.colocations.record(colocation).score >= Score::INFINITY;
    let members = draft.resource(group).children.clone();
    if is_colocated(draft, group) {
        let spokesman = if must { members.last() } else { members.first() };
        if let Some(spokesman) = spokesman {
            draft.follow(dependent, *spokesman, colocation);
        }
    } else if !must {
        for member in members {
            draft.follow(dependent, member, colocation);
        }
    }
}

pub(crate) fn is_colocated(draft: &Draft<'_>, group: ResourceIx) -> bool {
    match &draft.resource(group).variant {
        Variant::Group(group) => group.is_colocated,
        Variant::Primitive(_) | Variant::Clone(_) | Variant::Bundle(_) => false,
    }
}
