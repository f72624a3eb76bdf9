//! Relations between resources, as constraints and groups make them, in plain pairs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::constraint::{
    ColocationScope, LocationPreference, LocationTarget, OrderAction, OrderKind, OrderScope, ResourceSet,
    TicketScope,
};
use crate::model::id::without_number;
use crate::model::resource::CloneChild;
use crate::model::rule::RuleScore;
use crate::model::{Cluster, Constraint, Group, NodeName, Resource, ResourceId, Role, Score, TicketId};
use crate::status::TicketState;

/// Everything that relates resources to each other and to nodes, found by resource.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    /// Who is placed with whom, by dependent.
    by_dependent: BTreeMap<ResourceId, Vec<Company>>,
    /// The same by primary.
    by_primary: BTreeMap<ResourceId, Vec<Company>>,
    /// Who comes up before whom, by who comes then.
    by_then: BTreeMap<ResourceId, Vec<Sequence>>,
    /// Who comes up after whom, by who acts first.
    by_first: BTreeMap<ResourceId, Vec<ResourceId>>,
    /// Who prefers which node.
    preferences: BTreeMap<ResourceId, Vec<Preference>>,
    /// Constraints that keep a resource off nodes by a rule.
    forbidding_rules: BTreeMap<ResourceId, Vec<String>>,
    /// Who needs which ticket.
    tickets: BTreeMap<ResourceId, Vec<TicketId>>,
    /// Each resource with the collectives around it.
    lineages: BTreeMap<ResourceId, Vec<ResourceId>>,
    /// Those that make what holds their instances, and name it after themselves.
    bundles: BTreeSet<ResourceId>,
    /// What is never promoted: what an order says of that has no effect.
    unpromotable: BTreeSet<String>,
}

/// A dependent that wants to be with a primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Is placed by the other.
    pub dependent: ResourceId,
    /// Is placed first.
    pub primary: ResourceId,
    /// How much.
    pub score: Score,
    /// Only while the dependent has this role.
    pub role: Option<Role>,
}

/// A ticket that is needed and not held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingTicket {
    /// Which.
    pub ticket: String,
    /// Whether it is granted, and in standby.
    pub is_standby: bool,
}

/// One resource that starts, or is promoted, before another is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Acts first.
    pub first: ResourceId,
    /// Acts then.
    pub then: ResourceId,
    /// What the first does: it starts or is promoted.
    pub first_action: OrderAction,
    /// What the other does then: it starts or is promoted.
    pub then_action: OrderAction,
    /// The constraint that says so, shared by all its pairs; none for members of a group.
    pub constraint: Option<Arc<str>>,
}

/// A resource that prefers a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// The constraint's name.
    pub constraint: String,
    /// Which node.
    pub node: NodeName,
    /// How much.
    pub score: Score,
}

impl Relations {
    /// The relations in a cluster.
    pub fn of(cluster: &Cluster) -> Self {
        let mut relations = Self::default();
        let plain = cluster.resources.iter().filter(|resource| !resource.is_promotable());
        relations.unpromotable = plain.flat_map(Resource::names).map(str::to_owned).collect();
        for resource in &cluster.resources {
            relations.add_resource(resource);
        }
        for constraint in &cluster.constraints {
            relations.add_constraint(constraint);
        }
        relations
    }

    /// A resource and all collectives around it, innermost first; instance numbers are ignored.
    pub fn lineage<'a>(&'a self, resource: &'a str) -> Vec<&'a str> {
        let base = without_number(resource);
        let mut lineage = vec![base];
        if let Some(around) = self.lineages.get(base) {
            lineage.extend(around.iter().map(ResourceId::as_str));
        }
        lineage
    }

    /// Whom a resource, or what it is part of, is placed with; not what is part of the same.
    pub fn primaries_of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Company> {
        self.found(&self.by_dependent, resource)
            .filter(move |company| !self.is_within(resource, &company.primary))
    }

    /// Who is placed with a resource, or with what it is part of.
    pub fn dependents_of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Company> {
        self.found(&self.by_primary, resource)
            .filter(move |company| !self.is_within(resource, &company.dependent))
    }

    /// What comes up before a resource does, or before what it is part of; the closest first.
    pub fn predecessors_of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Sequence> {
        self.found(&self.by_then, resource)
    }

    /// What comes up after a resource, or after what it is part of, and so goes down before it.
    pub fn successors_of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a ResourceId> {
        self.found(&self.by_first, resource)
    }

    /// The nodes that a resource, or what it is part of, prefers or avoids.
    pub fn preferences_of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Preference> {
        self.found(&self.preferences, resource)
    }

    /// A ticket that a resource needs and that is not held.
    pub fn missing_ticket(&self, resource: &str, known: &[TicketState]) -> Option<MissingTicket> {
        let granted = |ticket: &TicketId| known.iter().find(|state| state.id == *ticket && state.granted);
        let is_held = |ticket: &TicketId| granted(ticket).is_some_and(|state| !state.standby);
        let missing = self.found(&self.tickets, resource).find(|ticket| !is_held(ticket))?;
        Some(MissingTicket { ticket: missing.to_string(), is_standby: granted(missing).is_some() })
    }

    /// The constraints that keep a resource off nodes by a rule.
    pub fn forbidding_rules_of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a String> {
        self.found(&self.forbidding_rules, resource)
    }

    fn found<'a, T>(
        &'a self,
        table: &'a BTreeMap<ResourceId, Vec<T>>,
        resource: &'a str,
    ) -> impl Iterator<Item = &'a T> {
        self.lineage(resource).into_iter().filter_map(|name| table.get(name)).flatten()
    }

    fn add_company(&mut self, company: Company) {
        self.by_primary.entry(company.primary.clone()).or_default().push(company.clone());
        self.by_dependent.entry(company.dependent.clone()).or_default().push(company);
    }

    /// Adds that one comes up before the other does. What goes down first, and what waits with something
    /// that it never does, is in no order here.
    fn add_sequence(
        &mut self,
        (first, first_action): (&ResourceId, OrderAction),
        (then, then_action): (&ResourceId, OrderAction),
        constraint: Option<&Arc<str>>,
    ) {
        let has_effect = then_action != OrderAction::Promote || !self.unpromotable.contains(then.as_str());
        if !brings_up(first_action) || !brings_up(then_action) || !has_effect {
            return;
        }
        let sequence = Sequence {
            first: first.clone(),
            then: then.clone(),
            first_action,
            then_action,
            constraint: constraint.cloned(),
        };
        self.by_then.entry(then.clone()).or_default().push(sequence);
        self.by_first.entry(first.clone()).or_default().push(then.clone());
    }

    /// Whether `resource` is `named` or inside it.
    pub fn is_within(&self, resource: &str, named: &ResourceId) -> bool {
        self.lineage(resource).contains(&named.as_str())
    }

    /// Whether `resource` is `named`, inside it, or what a bundle of that name makes to hold its instances.
    pub fn is_part_of(&self, resource: &str, named: &str) -> bool {
        let is_made = || {
            let is_called_so = resource.strip_prefix(named).is_some_and(|rest| rest.starts_with('-'));
            is_called_so && self.bundles.contains(named)
        };
        self.lineage(resource).contains(&named) || is_made()
    }

    fn add_resource(&mut self, resource: &Resource) {
        match resource {
            Resource::Primitive(_) => {}
            Resource::Group(group) => self.add_group(group, &[]),
            Resource::Clone(clone) => match &clone.child {
                CloneChild::Primitive(child) => {
                    self.lineages.insert(child.id.clone(), vec![clone.id.clone()]);
                }
                CloneChild::Group(group) => {
                    self.lineages.insert(group.id.clone(), vec![clone.id.clone()]);
                    self.add_group(group, std::slice::from_ref(&clone.id));
                }
            },
            Resource::Bundle(bundle) => {
                self.bundles.insert(bundle.id.clone());
                if let Some(child) = &bundle.primitive {
                    self.lineages.insert(child.id.clone(), vec![bundle.id.clone()]);
                }
            }
        }
    }

    fn add_group(&mut self, group: &Group, around: &[ResourceId]) {
        for member in &group.members {
            let mut lineage = vec![group.id.clone()];
            lineage.extend_from_slice(around);
            self.lineages.insert(member.id.clone(), lineage);
        }
        for pair in group.members.windows(2) {
            let [first, then] = pair else { continue };
            self.add_company(Company {
                dependent: then.id.clone(),
                primary: first.id.clone(),
                score: Score::INFINITY,
                role: None,
            });
            let start = OrderAction::Start;
            self.add_sequence((&first.id, start), (&then.id, start), None);
        }
    }

    fn add_pair(
        &mut self,
        (dependent, role): (&ResourceId, Option<Role>),
        primary: &ResourceId,
        score: Score,
    ) {
        self.add_company(Company { dependent: dependent.clone(), primary: primary.clone(), score, role });
    }

    /// Members of a sequential set follow the one before them, or avoid all before them; the set
    /// before follows this one.
    fn add_colocated_sets(&mut self, sets: &[ResourceSet], score: Score) {
        for set in sets.iter().filter(|set| set.sequential != Some(false)) {
            let own = set.score.unwrap_or(score);
            for (position, later) in set.resources.iter().enumerate().skip(1) {
                let nearest = if own > Score::ZERO { position - 1 } else { 0 };
                let is_swapped = own > Score::ZERO && set.ordering.as_deref().is_some_and(|it| it != "group");
                for earlier in set.resources.get(nearest..position).into_iter().flatten() {
                    let (dependent, primary) = if is_swapped { (earlier, later) } else { (later, earlier) };
                    self.add_pair((dependent, set.role), primary, own);
                }
            }
        }
        for pair in sets.windows(2) {
            let [dependents, primaries] = pair else { continue };
            for dependent in ends(dependents, dependents.resources.first()) {
                for primary in ends(primaries, primaries.resources.last()) {
                    self.add_pair((dependent, dependents.role), primary, score);
                }
            }
        }
    }

    /// Members of a sequential set follow each other, and sets follow each other.
    fn add_ordered_sets(&mut self, id: &Arc<str>, sets: &[ResourceSet]) {
        let action = |set: &ResourceSet| set.action.unwrap_or(OrderAction::Start);
        for set in sets.iter().filter(|set| set.sequential != Some(false)) {
            for pair in set.resources.windows(2) {
                if let [first, then] = pair {
                    self.add_sequence((first, action(set)), (then, action(set)), Some(id));
                }
            }
        }
        for pair in sets.windows(2) {
            let [earlier, later] = pair else { continue };
            for then in &later.resources {
                for first in &earlier.resources {
                    self.add_sequence((first, action(earlier)), (then, action(later)), Some(id));
                }
            }
        }
    }

    fn add_preference(&mut self, id: &str, resource: &ResourceId, preference: &LocationPreference) {
        match preference {
            LocationPreference::Node { node, score } => {
                let preference = Preference { constraint: id.to_owned(), node: node.clone(), score: *score };
                self.preferences.entry(resource.clone()).or_default().push(preference);
            }
            LocationPreference::Rule(rule) => {
                if rule.score == RuleScore::Fixed(Score::MINUS_INFINITY) {
                    self.forbidding_rules.entry(resource.clone()).or_default().push(id.to_owned());
                }
            }
        }
    }

    fn add_constraint(&mut self, constraint: &Constraint) {
        match constraint {
            Constraint::Location(location) => {
                if let Some(resource) = &location.target.resource {
                    self.add_preference(location.id.as_str(), resource, &location.preference);
                }
            }
            Constraint::Colocation(colocation) => {
                let score = colocation.score.unwrap_or_default();
                match &colocation.scope {
                    ColocationScope::Pair { dependent, primary, dependent_role, .. } => {
                        self.add_pair((dependent, *dependent_role), primary, score);
                    }
                    ColocationScope::Sets(sets) => self.add_colocated_sets(sets, score),
                }
            }
            Constraint::Order(order) if order.kind == Some(OrderKind::Serialize) => {}
            Constraint::Order(order) => match &order.scope {
                OrderScope::Pair { first, then, first_action, then_action, .. } => {
                    let first_action = first_action.unwrap_or(OrderAction::Start);
                    let then_action = then_action.unwrap_or(first_action);
                    let id = order.id.to_shared();
                    self.add_sequence((first, first_action), (then, then_action), Some(&id));
                }
                OrderScope::Sets(sets) => self.add_ordered_sets(&order.id.to_shared(), sets),
            },
            Constraint::Ticket(ticket) => {
                for resource in named_resources(constraint) {
                    self.tickets.entry(resource.clone()).or_default().push(ticket.ticket.clone());
                }
            }
        }
    }
}

/// Who stands for a set towards its neighbour: one end of a sequential set, else all its members.
fn ends<'a>(set: &'a ResourceSet, end: Option<&'a ResourceId>) -> Vec<&'a ResourceId> {
    if set.sequential == Some(false) { set.resources.iter().collect() } else { end.into_iter().collect() }
}

/// Whether an action brings something up.
const fn brings_up(action: OrderAction) -> bool {
    matches!(action, OrderAction::Start | OrderAction::Promote)
}

/// The resources (templates, tags) that a constraint names.
pub fn named_resources(constraint: &Constraint) -> Vec<&ResourceId> {
    match constraint {
        Constraint::Location(location) => {
            let LocationTarget { resource, pattern: _, sets } = &location.target;
            resource.iter().chain(of_sets(sets)).collect()
        }
        Constraint::Colocation(colocation) => match &colocation.scope {
            ColocationScope::Pair { dependent, primary, .. } => vec![dependent, primary],
            ColocationScope::Sets(sets) => of_sets(sets),
        },
        Constraint::Order(order) => match &order.scope {
            OrderScope::Pair { first, then, .. } => vec![first, then],
            OrderScope::Sets(sets) => of_sets(sets),
        },
        Constraint::Ticket(ticket) => match &ticket.scope {
            TicketScope::Resource { resource, .. } => vec![resource],
            TicketScope::Sets(sets) => of_sets(sets),
        },
    }
}

fn of_sets(sets: &[ResourceSet]) -> Vec<&ResourceId> {
    sets.iter().flat_map(|set| &set.resources).collect()
}
