//! What a colocation does to its dependent, once the primary has its place.

use super::ColocationIx;
use super::gate::{Effect, Outlook};
use crate::model::{Role, Score};
use crate::scheduler::assign::contribution::Cause;
use crate::scheduler::assign::draft::{Draft, newly_banned};
use crate::scheduler::constraint::colocation::lists::Side;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};
use crate::scheduler::variant::{bundle, clone, group, promotable};

impl Draft<'_> {
    /// Lets `dependent` follow the primary of a colocation, unless that would leave it nowhere
    /// to go and the colocation is a wish only.
    pub(crate) fn honour(&mut self, dependent: ResourceIx, colocation: ColocationIx) {
        let record = self.colocations.record(colocation);
        let is_wish = record.dependent_role == Some(Role::Promoted)
            || (Score::MINUS_INFINITY < record.score && record.score < Score::INFINITY);
        let primary = record.primary;
        let saved = is_wish.then(|| self.save_table(dependent));
        self.follow(dependent, primary, colocation);
        if let Some(saved) = saved.filter(|_| !self.has_open_node(self.table(dependent))) {
            self.restore_table(dependent, saved);
        }
    }

    /// Lets `dependent` follow `primary`, which stands for the configured primary.
    pub(crate) fn follow(&mut self, dependent: ResourceIx, primary: ResourceIx, colocation: ColocationIx) {
        if self.is_indifferent(dependent, colocation) {
            return;
        }
        match &self.resource(dependent).variant {
            Variant::Primitive(_) => {}
            Variant::Group(_) => return group::follow(self, dependent, primary, colocation),
            // Instances and containers follow by themselves.
            Variant::Clone(_) | Variant::Bundle(_) => return,
        }
        match &self.resource(primary).variant {
            Variant::Primitive(_) => self.follow_primitive(dependent, primary, colocation),
            Variant::Group(_) => group::lead(self, dependent, primary, colocation),
            Variant::Clone(_) => clone::lead(self, dependent, primary, colocation),
            Variant::Bundle(_) => bundle::lead(self, dependent, primary, colocation),
        }
    }

    /// Whether the resource is part of a collective that has an instance for every node, and the
    /// colocation a wish to be together, for a release to which that makes no difference.
    fn is_indifferent(&self, resource: ResourceIx, colocation: ColocationIx) -> bool {
        if self.facts.release.full_clones_follow() {
            return false;
        }
        let record = self.colocations.record(colocation);
        let owner = |part: ResourceIx| self.resource(part).parent;
        if owner(record.dependent).is_some() && owner(record.dependent) == owner(record.primary) {
            return false; // Parts of one bundle.
        }
        let score = record.score;
        let is_group = |parent: &ResourceIx| self.resource(*parent).variant.is_group();
        let parent = self.resource(resource).parent;
        let parent = parent.filter(is_group).map_or(parent, |group| self.resource(group).parent);
        let limits = |parent| match &self.resource(parent).variant {
            Variant::Clone(_) => Some((parent, self.resource(parent).children.len())),
            Variant::Bundle(bundle) => Some((parent, bundle.replicas.len())),
            Variant::Primitive(_) | Variant::Group(_) => None,
        };
        parent.and_then(limits).is_some_and(|(parent, instances)| {
            let usable = self.table(parent).iter().filter(|(node, _)| self.is_usable(*node)).count();
            score > Score::ZERO && !score.is_mandatory() && instances >= usable
        })
    }

    fn follow_primitive(&mut self, dependent: ResourceIx, primary: ResourceIx, colocation: ColocationIx) {
        match self.effect(dependent, primary, colocation, Outlook::Present) {
            Effect::None => {}
            Effect::Role => promotable::follow(self, dependent, primary, colocation),
            Effect::Location => self.follow_to_node(dependent, primary, colocation),
        }
    }

    fn follow_to_node(&mut self, dependent: ResourceIx, primary: ResourceIx, colocation: ColocationIx) {
        let node = self.assigned[primary.index()];
        let (score, attribute) = {
            let record = self.colocations.record(colocation);
            (record.score, record.node_attribute.clone())
        };
        if node.is_none() && score < Score::ZERO {
            return;
        }
        let seen_by_primary = self.classes(attribute.as_ref(), primary);
        let seen_by_dependent = self.classes(attribute.as_ref(), dependent);
        let class_of = |classes: &[u32], node: NodeIx| classes.get(node.index()).copied().unwrap_or_default();
        let mut table = self.table(dependent).clone();
        let mut banned = Vec::new();
        for (place, entry) in table.iter_mut() {
            let is_together =
                node.map(|node| class_of(&seen_by_dependent, place) == class_of(&seen_by_primary, node));
            let forbids = match is_together {
                Some(true) => score <= Score::MINUS_INFINITY,
                Some(false) | None => score >= Score::INFINITY,
            };
            if forbids {
                banned.push(place);
            }
            match is_together {
                None => entry.score = entry.score.plus(-score),
                Some(true) if score < Score::INFINITY => entry.score = entry.score.plus(score),
                Some(false) if score >= Score::INFINITY => entry.score = Score::MINUS_INFINITY,
                Some(_) => {}
            }
        }
        if score.is_mandatory() || self.has_open_node(&table) {
            self.replace_table(dependent, table, Cause::Primary(colocation), &banned);
        }
    }

    /// Pulls a primary to where its dependents would like it: those whose colocation is
    /// mandatory, or those whose colocation is a wish.
    pub(crate) fn merge_dependent(&mut self, primary: ResourceIx, colocation: ColocationIx) {
        if !self.has_influence(colocation) || self.is_indifferent(primary, colocation) {
            return;
        }
        let is_clone = self.resource(primary).variant.is_clone();
        let floor = if is_clone { super::merge::Floor::Positive } else { super::merge::Floor::None };
        let mut table = self.table(primary).clone();
        self.merge(&mut table, primary, colocation, floor, Side::WithThis);
        let banned = newly_banned(self.table(primary), &table);
        self.replace_table(primary, table, Cause::Dependent(colocation), &banned);
    }

    /// Pulls a dependent clone to where its primary would like it, for a release in which that counts.
    pub(crate) fn merge_primary(&mut self, dependent: ResourceIx, colocation: ColocationIx) {
        let mut table = self.table(dependent).clone();
        self.merge(&mut table, dependent, colocation, super::merge::Floor::Positive, Side::ThisWith);
        let banned = newly_banned(self.table(dependent), &table);
        self.replace_table(dependent, table, Cause::Primary(colocation), &banned);
    }
}

/// `factor` times a score as a fraction of infinity, in single precision and in this order.
#[expect(clippy::cast_precision_loss, reason = "scores stay below 2^24")]
pub(crate) fn fraction(factor: f32, score: Score) -> f32 {
    factor * score.value() as f32 / Score::INFINITY.value() as f32
}
