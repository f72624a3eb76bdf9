//! Constraints, with names made from their ends where none is given.

mod id;
mod location;
mod relation;

use std::collections::BTreeMap;

use super::{Lower, copy, is_hole, items, role, score, text};
use crate::manifest::check::name::check_name;
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::constraint::{ActionName, LossPolicyName, OrderKindName, SetEntry};
use crate::model::constraint::{Constraint, LossPolicy, OrderAction, OrderKind, ResourceSet};
use crate::model::{ConstraintId, ResourceId};

pub(in crate::manifest) use id::derived_id;

/// Constraints with the places of their records.
type Placed = Vec<(Constraint, Place)>;

impl Lower<'_, '_> {
    /// All constraints: locations, colocations, orders, tickets.
    pub(super) fn constraints(self) -> (Vec<Constraint>, Vec<(ConstraintId, Place)>) {
        let gathered = self.gathered;
        let mut all: Placed = Vec::new();
        all.extend(
            gathered
                .location
                .iter()
                .filter_map(|at| Some((Constraint::Location(self.location(at)?), at.place))),
        );
        all.extend(
            gathered
                .colocation
                .iter()
                .filter_map(|at| Some((Constraint::Colocation(self.colocation(at)?), at.place))),
        );
        all.extend(
            gathered.order.iter().filter_map(|at| Some((Constraint::Order(self.order(at)?), at.place))),
        );
        all.extend(
            gathered.ticket.iter().filter_map(|at| Some((Constraint::Ticket(self.ticket(at)?), at.place))),
        );
        self.check_ids(&all);
        let places = all.iter().map(|(constraint, place)| (constraint.id().clone(), *place)).collect();
        (all.into_iter().map(|(constraint, _)| constraint).collect(), places)
    }

    fn check_ids(self, all: &Placed) {
        let mut seen: BTreeMap<&ConstraintId, (Place, &Constraint)> = BTreeMap::new();
        for (constraint, place) in all {
            let id = constraint.id();
            if let Some((other, _)) = self.names.resources.get(id.as_str()) {
                self.findings
                    .error("duplicate-id", *place, format!("constraint `{id}` has the name of a resource"))
                    .label(*other, "the resource")
                    .help("give the constraint another `id`")
                    .report();
            }
            if let Some(&(first, other)) = seen.get(id) {
                let is_derived = *id == derived_id(constraint) && *id == derived_id(other);
                let draft = if is_derived {
                    self.findings
                        .error(
                            "duplicate-id",
                            *place,
                            format!("two constraints between the same ends (`{id}`)"),
                        )
                        .here("would get the same name")
                        .help("merge them, or give one of them an `id`")
                } else {
                    self.findings
                        .error("duplicate-id", *place, format!("constraint `{id}` is given twice"))
                        .here("given again here")
                        .help("every constraint needs a name of its own")
                };
                draft.label(first, "the first one").report();
            } else {
                seen.insert(id, (*place, constraint));
            }
        }
    }

    /// The written name, or the derived one once the rest is known.
    fn named(self, id: &Field<String>, mut constraint: Constraint) -> Constraint {
        let name = id.as_ref().map_or_else(|| derived_id(&constraint), |at| ConstraintId::new(at.text()));
        match &mut constraint {
            Constraint::Location(location) => location.id = name,
            Constraint::Colocation(colocation) => colocation.id = name,
            Constraint::Order(order) => order.id = name,
            Constraint::Ticket(ticket) => ticket.id = name,
        }
        constraint
    }

    fn check_id(self, id: &Field<String>) {
        if let Some(at) = id {
            check_name("constraint", at, self.findings);
        }
    }

    fn target(self, field: &Field<String>) -> Option<ResourceId> {
        let at = field.as_ref()?;
        self.names.check_target(at, self.findings);
        at.get().map(|name| ResourceId::new(name.as_str()))
    }

    fn missing(self, place: Place, message: &str, help: &str) {
        self.findings.error("missing-field", place, message).help(help).report();
    }

    fn sets(self, field: &Field<Vec<At<SetEntry>>>) -> Vec<ResourceSet> {
        if let Some(at) = field
            && at.get().is_some_and(Vec::is_empty)
        {
            self.missing(
                at.place,
                "`sets` is empty",
                "write at least one set: `sets: [{resources: [a, b]}]`",
            );
        }
        items(field).filter_map(|at| self.set(at)).collect()
    }

    fn set(self, at: &At<SetEntry>) -> Option<ResourceSet> {
        let entry = at.get()?;
        let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
        for name in items(&entry.resources) {
            self.names.check_target(name, self.findings);
            if let Some(first) = seen.insert(name.text(), name.place) {
                self.findings
                    .error("member-twice", name.place, format!("`{}` is twice in one set", name.text()))
                    .label(first, "named here first")
                    .report();
            }
        }
        if seen.is_empty() && !is_hole(&entry.resources) {
            self.missing(at.place, "a set without resources", "name at least one: `resources: [a, b]`");
        }
        Some(ResourceSet {
            id: text(&entry.id),
            resources: items(&entry.resources).filter_map(At::get).map(|name| name.as_str().into()).collect(),
            sequential: copy(&entry.sequential),
            require_all: copy(&entry.require_all),
            role: role(&entry.role),
            action: copy(&entry.action).map(ActionName::to_action),
            score: score(&entry.score),
            kind: copy(&entry.kind).map(OrderKindName::to_kind),
            symmetrical: copy(&entry.symmetrical),
            ordering: text(&entry.ordering),
        })
    }
}

impl ActionName {
    const fn to_action(self) -> OrderAction {
        match self {
            Self::Start => OrderAction::Start,
            Self::Stop => OrderAction::Stop,
            Self::Promote => OrderAction::Promote,
            Self::Demote => OrderAction::Demote,
        }
    }
}

impl OrderKindName {
    const fn to_kind(self) -> OrderKind {
        match self {
            Self::Mandatory => OrderKind::Mandatory,
            Self::Optional => OrderKind::Optional,
            Self::Serialize => OrderKind::Serialize,
        }
    }
}

impl LossPolicyName {
    const fn to_policy(self) -> LossPolicy {
        match self {
            Self::Fence => LossPolicy::Fence,
            Self::Stop => LossPolicy::Stop,
            Self::Freeze => LossPolicy::Freeze,
            Self::Demote => LossPolicy::Demote,
        }
    }
}
