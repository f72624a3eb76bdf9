//! Assigning a primitive.

use crate::model::{Role, Score};
use crate::scheduler::assign::agenda::{Demand, Step};
use crate::scheduler::assign::contribution::Cause;
use crate::scheduler::assign::draft::{Draft, Progress};
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::colocation::lists::Side;
use crate::scheduler::facts::{NoQuorumPolicy, ResourceIx};
use crate::scheduler::schedule::ScorePool;

/// How strong the colocations are that are honoured at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    Mandatory,
    Wish,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Begin,
    Primaries(Strength),
    Dependents(Strength),
    Choose,
}

/// The assignment of a primitive, as far as it has come.
pub(crate) struct Assignment {
    demand: Demand,
    stage: Stage,
    this_with: Vec<ColocationIx>,
    with_this: Vec<ColocationIx>,
    next: usize,
    /// What the next step needs was asked for already.
    has_asked: bool,
}

impl Assignment {
    pub(crate) const fn new(demand: Demand) -> Self {
        Self {
            demand,
            stage: Stage::Begin,
            this_with: Vec::new(),
            with_this: Vec::new(),
            next: 0,
            has_asked: false,
        }
    }

    pub(crate) fn advance(&mut self, draft: &mut Draft<'_>) -> Step {
        match self.stage {
            Stage::Begin => self.begin(draft),
            Stage::Primaries(strength) => self.honour_primaries(draft, strength),
            Stage::Dependents(strength) => self.merge_dependents(draft, strength),
            Stage::Choose => {
                decide(draft, self.demand);
                Step::Done
            }
        }
    }

    fn begin(&mut self, draft: &mut Draft<'_>) -> Step {
        let resource = self.demand.resource;
        if let Some(parent) = draft.waiting_parent(resource).filter(|_| !self.has_asked) {
            self.has_asked = true;
            return Step::Needs(Demand::of(parent));
        }
        match draft.progress[resource.index()] {
            Progress::Assigning | Progress::Assigned => return Step::Done,
            Progress::Waiting => {}
        }
        draft.progress[resource.index()] = Progress::Assigning;
        self.this_with = draft.effective_colocations(Side::ThisWith, resource);
        self.with_this = draft.effective_colocations(Side::WithThis, resource);
        self.enter(Stage::Primaries(Strength::Mandatory))
    }

    fn enter(&mut self, stage: Stage) -> Step {
        self.stage = stage;
        self.next = 0;
        self.has_asked = false;
        Step::Again
    }

    fn honour_primaries(&mut self, draft: &mut Draft<'_>, strength: Strength) -> Step {
        let takes_all = !draft.facts.release.mandatory_first();
        if takes_all && strength == Strength::Wish {
            return self.enter(Stage::Dependents(strength));
        }
        while let Some(colocation) = self.this_with.get(self.next).copied() {
            let record = draft.colocations.record(colocation);
            if takes_all || Strength::of(record.score) == strength {
                let primary = record.primary;
                if draft.progress[primary.index()] == Progress::Waiting && !self.has_asked {
                    self.has_asked = true;
                    return Step::Needs(Demand::of(primary));
                }
                draft.honour(self.demand.resource, colocation);
            }
            self.has_asked = false;
            self.next += 1;
        }
        self.enter(Stage::Dependents(strength))
    }

    fn merge_dependents(&mut self, draft: &mut Draft<'_>, strength: Strength) -> Step {
        let takes_all = !draft.facts.release.mandatory_first() && strength == Strength::Mandatory;
        let is_done = !draft.facts.release.mandatory_first() && strength == Strength::Wish;
        for colocation in self.with_this.iter().filter(|_| !is_done) {
            if takes_all || Strength::of(draft.colocations.record(*colocation).score) == strength {
                draft.merge_dependent(self.demand.resource, *colocation);
            }
        }
        match strength {
            Strength::Mandatory => self.enter(Stage::Primaries(Strength::Wish)),
            Strength::Wish => self.enter(Stage::Choose),
        }
    }
}

impl Strength {
    const fn of(score: Score) -> Self {
        if score.is_mandatory() { Self::Mandatory } else { Self::Wish }
    }
}

/// Chooses a node, once all colocations had their say.
fn decide(draft: &mut Draft<'_>, demand: Demand) {
    let resource = demand.resource;
    settle_next_role(draft, resource);
    draft.take_down_scores(ScorePool::Primitive, resource);
    let properties = &draft.facts.properties;
    if properties.fencing_enabled && !properties.has_fence_device {
        draft.facts.resources[resource.index()].is_managed = false;
    }
    if !draft.resource(resource).is_managed {
        // Left as it is, wherever that is.
        draft.next_role[resource.index()] = Some(draft.resource(resource).current_role);
        let current = draft.facts.current_node(resource);
        draft.commit(resource, current, demand.finality);
    } else if draft.facts.properties.stop_all_resources {
        draft.commit(resource, None, demand.finality);
    } else {
        let chosen = draft.choose(resource, demand.prefer);
        draft.commit(resource, chosen, demand.finality);
    }
    settle_connected_node(draft, resource);
}

fn settle_next_role(draft: &mut Draft<'_>, resource: ResourceIx) {
    let next = draft.next_role[resource.index()];
    let current = draft.resource(resource).current_role;
    let properties = &draft.facts.properties;
    let is_frozen = !properties.has_quorum && properties.no_quorum_policy == NoQuorumPolicy::Freeze;
    if next == Some(Role::Stopped) {
        draft.ban_everywhere(resource, Cause::TargetRole);
    } else if next > Some(current) && is_frozen {
        draft.next_role[resource.index()] = Some(current);
    }
}

/// A remote node is up where its connection is, and leaves without one.
fn settle_connected_node(draft: &mut Draft<'_>, resource: ResourceIx) {
    let Some(node) = draft.resource(resource).connects else { return };
    let is_up = draft.assigned[resource.index()].is_some()
        && draft.next_role[resource.index()] != Some(Role::Stopped);
    let known = &mut draft.facts.nodes[node.index()];
    if is_up {
        known.is_online = true;
        if known.is_unseen {
            known.unclean = None;
        }
    } else {
        known.is_shutting_down = true;
    }
    draft.refresh_node(node);
}
