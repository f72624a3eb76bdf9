//! Why something goes where it goes, and may not be where it is.

use std::cmp::Ordering;

use super::Situation;
use crate::model::id::without_number;
use crate::model::{NodeName, Role, Score};
use crate::plan::relation::{Company, Preference};
use crate::plan::unplaced::{Obstacle, obstacle};
use crate::plan::{Address, Because, ObjectKind};
use crate::scheduler::facts::NodeKind;
use crate::scheduler::{Change, ChangeKind};

impl Situation<'_> {
    pub(super) fn of_move(&self, change: &Change) -> Because {
        self.of_from_node(change)
            .or_else(|| self.of_company(change))
            .or_else(|| self.of_failure(change))
            .or_else(|| self.of_preference(change))
            .or_else(|| self.of_pull(change))
            .or_else(|| self.of_ban(change))
            .or_else(|| self.of_scores(change))
            .or_else(|| self.of_dependent(change))
            .or_else(|| self.of_reason(change))
            .unwrap_or(Because::NoNode)
    }

    /// A primary that goes to the same node, or is there.
    fn of_company(&self, change: &Change) -> Option<Because> {
        self.company_of(change, |_| true)
    }

    /// A primary that decides which instance is promoted.
    pub(super) fn of_promoted_company(&self, change: &Change) -> Option<Because> {
        let is_promotion = matches!(change.kind, ChangeKind::Promote | ChangeKind::RePromote);
        self.company_of(change, |company| !is_promotion || company.role == Some(Role::Promoted))
    }

    fn company_of(&self, change: &Change, counts: impl Fn(&Company) -> bool) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let to = change.to.as_ref()?;
        let mut wanted =
            self.relations.primaries_of(resource).filter(|it| it.score > Score::ZERO && counts(it));
        wanted.find_map(|company| {
            let primary = company.primary.as_str();
            let moves = self.changes_of(primary).any(|other| goes_to(other, to));
            (moves || self.runs_on(primary, to)).then(|| together(primary, company.score, moves))
        })
    }

    /// A dependent whose preferences pull it along.
    fn of_pull(&self, change: &Change) -> Option<Because> {
        let to = change.to.as_ref()?;
        let dependent = self.pulling(change)?.dependent.as_str();
        let mut likes = self.relations.preferences_of(dependent);
        let liked = likes.find(|preference| preference.node == *to && preference.score > Score::ZERO)?;
        Some(prefers(liked, Some(dependent)))
    }

    /// A dependent that goes along, where nothing else tells.
    fn of_dependent(&self, change: &Change) -> Option<Because> {
        let company = self.pulling(change)?;
        Some(together(company.dependent.as_str(), company.score, true))
    }

    /// A dependent that goes to the same node.
    fn pulling<'s>(&'s self, change: &'s Change) -> Option<&'s Company> {
        let to = change.to.as_ref()?;
        self.relations.dependents_of(change.resource.as_deref()?).find(|company| {
            company.score > Score::ZERO
                && self.changes_of(company.dependent.as_str()).any(|other| other.to.as_ref() == Some(to))
        })
    }

    fn of_preference(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let to = change.to.as_ref()?;
        let liked = self
            .relations
            .preferences_of(resource)
            .filter(|preference| preference.node == *to && preference.score > Score::ZERO)
            .max_by_key(|preference| preference.score);
        if let Some(preference) = liked {
            return Some(prefers(preference, None));
        }
        self.of_avoidance(change)
    }

    /// A location that speaks against the node that it leaves.
    pub(super) fn of_avoidance(&self, change: &Change) -> Option<Because> {
        let disliked = self.relations.preferences_of(change.resource.as_deref()?).find(|preference| {
            Some(&preference.node) == change.from.as_ref() && preference.score < Score::ZERO
        })?;
        Some(Because::Avoids {
            node: disliked.node.clone(),
            constraint: Address::new(ObjectKind::Location, &*disliked.constraint).to_string(),
            score: disliked.score,
        })
    }

    /// What keeps it off the node that it is on, where anything does.
    pub(super) fn of_ban(&self, change: &Change) -> Option<Because> {
        let from = change.from.as_ref()?;
        let index = *self.resources.get(change.resource.as_deref()?)?;
        let node = self.facts.node_named(from.as_str())?;
        let own = self.facts.resource(index);
        let table = own.table.score(node).unwrap_or(Score::MINUS_INFINITY);
        let decided = self.catalogue.score(&own.id, from).unwrap_or(table);
        // Capacity is no part of the score that decided; what instances keep to is no part of the table.
        if table.min(decided) >= Score::ZERO {
            return None;
        }
        let found = obstacle(self.placement, self.relations, index, node);
        if matches!(found, Obstacle::Score { .. }) {
            return None;
        }
        if found == Obstacle::Failures
            && let Some(failed) = self.failed_at(index, node)
        {
            return Some(failed);
        }
        if let Obstacle::Company { resource } = &found
            && self.changes_place(resource)
        {
            return Some(Because::MustBeWith { resource: resource.clone(), moves: true });
        }
        Some(Because::KeptOff { node: from.clone(), obstacle: Box::new(found) })
    }

    /// The guest or replica that it is in, where that goes down and comes up again.
    pub(super) fn of_host(&self, change: &Change) -> Option<Because> {
        let host = self.facts.node_named(change.from.as_ref()?.as_str())?;
        let host = self.facts.node(host);
        let is_again = self.changes_of(without_number(host.name.as_str())).next().is_some();
        (host.kind == NodeKind::Guest && is_again)
            .then(|| Because::Other { text: format!("{} starts again", host.name) })
    }

    fn of_scores(&self, change: &Change) -> Option<Because> {
        let resource = change.resource.as_deref()?;
        let score = |node: &NodeName| self.catalogue.score(resource, node);
        let (from, to) = (change.from.as_ref()?, change.to.as_ref()?);
        let (against, score) = (score(from)?, score(to)?);
        match score.cmp(&against) {
            Ordering::Greater => Some(Because::ScoresHigher { node: to.clone(), score, against }),
            Ordering::Equal => Some(Because::EvensOut { node: to.clone() }),
            Ordering::Less => None,
        }
    }
}

/// Whether a change brings something to a node where it was not.
fn goes_to(change: &Change, node: &NodeName) -> bool {
    change.to.as_ref() == Some(node) && change.from.as_ref() != Some(node)
}

/// The company of another resource as a reason.
fn together(resource: &str, score: Score, moves: bool) -> Because {
    let resource = resource.to_owned();
    if score >= Score::INFINITY {
        Because::MustBeWith { resource, moves }
    } else {
        Because::LikesToBeWith { resource, score, moves }
    }
}

/// A location constraint as a reason; `who` prefers, if it is not the resource itself.
fn prefers(preference: &Preference, who: Option<&str>) -> Because {
    Because::Prefers {
        who: who.map(str::to_owned),
        node: preference.node.clone(),
        constraint: Address::new(ObjectKind::Location, &*preference.constraint).to_string(),
        score: preference.score,
    }
}
