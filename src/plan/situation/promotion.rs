//! Why an instance is demoted, or active too often.

use super::Situation;
use crate::model::{Role, Score};
use crate::plan::Because;
use crate::plan::unplaced::names;
use crate::scheduler::{Change, ChangeKind, ResourceIx, ScorePool};

impl Situation<'_> {
    /// A sibling that is promoted in the place of what is demoted, as it is fitter.
    pub(super) fn of_better_promotion(&self, change: &Change) -> Option<Because> {
        if change.kind != ChangeKind::Demote {
            return None;
        }
        let resource = change.resource.as_deref()?;
        let clone = self.clone_around(resource)?;
        let is_rise = |other: &&Change| {
            other.role_to == Role::Promoted
                && other.role_from != Role::Promoted
                && other.resource.as_deref().and_then(|other| self.clone_around(other)) == Some(clone)
        };
        let risen = self.schedule.changes.iter().find(is_rise)?;
        let node = risen.to.clone().or_else(|| risen.from.clone())?;
        let score = self.promotion_score(risen.resource.as_deref()?)?;
        let against = self.promotion_score(resource)?;
        (score > against).then_some(Because::PromotedElsewhere { node, score, against })
    }

    /// The nodes on which something runs that should run on one.
    pub(super) fn runs_twice(&self, resource: &str) -> Option<Because> {
        let facts = self.resource(resource)?;
        let runs_twice = facts.active_on.len() > 1 && facts.partial_migration.is_none();
        runs_twice.then(|| Because::RunsTwice { nodes: names(self.facts, &facts.active_on) })
    }

    fn clone_around(&self, resource: &str) -> Option<ResourceIx> {
        self.resources.get(resource).map(|index| self.facts.topmost(*index))
    }

    /// How fit an instance is to be promoted; none where that was not decided by scores.
    fn promotion_score(&self, resource: &str) -> Option<Score> {
        let is_own = |instance: &str| {
            instance == resource
                || self.resources.get(instance).is_some_and(|index| {
                    self.facts.leaves(*index).iter().any(|leaf| *self.facts.resource(*leaf).id == *resource)
                })
        };
        let mut lines = self.schedule.scores.iter().filter(|line| line.pool == ScorePool::Promotion);
        lines.find(|line| is_own(&line.resource)).map(|line| line.score)
    }
}
