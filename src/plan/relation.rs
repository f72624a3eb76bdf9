//! Relations between resources, as constraints and groups make them, in plain pairs.

use crate::model::constraint::{
    ColocationScope, LocationPreference, LocationTarget, OrderAction, OrderKind, OrderScope, ResourceSet,
    TicketScope,
};
use crate::model::resource::CloneChild;
use crate::model::rule::RuleScore;
use crate::model::{Cluster, Constraint, Group, NodeName, Resource, ResourceId, Score};

/// Everything that relates resources to each other and to nodes.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    /// Who is placed with whom.
    pub company: Vec<Company>,
    /// Who starts before whom.
    pub sequences: Vec<Sequence>,
    /// Who prefers which node.
    pub preferences: Vec<Preference>,
    /// Who is kept off nodes by a rule: the constraint and the resource.
    pub forbidding_rules: Vec<(String, ResourceId)>,
    /// Each resource with the collectives around it.
    lineages: Vec<(ResourceId, Vec<ResourceId>)>,
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
}

/// One resource that starts before another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Acts first.
    pub first: ResourceId,
    /// Acts then.
    pub then: ResourceId,
}

/// A resource that prefers a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// The constraint's name.
    pub constraint: String,
    /// Who.
    pub resource: ResourceId,
    /// Which node.
    pub node: NodeName,
    /// How much.
    pub score: Score,
}

impl Relations {
    /// The relations in a cluster.
    pub fn of(cluster: &Cluster) -> Self {
        let mut relations = Self::default();
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
        let base = base(resource);
        let mut lineage = vec![base];
        if let Some((_, around)) = self.lineages.iter().find(|(id, _)| *id == *base) {
            lineage.extend(around.iter().map(ResourceId::as_str));
        }
        lineage
    }

    /// Whether `resource` is `named` or inside it.
    pub fn is_within(&self, resource: &str, named: &ResourceId) -> bool {
        self.lineage(resource).contains(&named.as_str())
    }

    fn add_resource(&mut self, resource: &Resource) {
        match resource {
            Resource::Primitive(_) => {}
            Resource::Group(group) => self.add_group(group, &[]),
            Resource::Clone(clone) => match &clone.child {
                CloneChild::Primitive(child) => {
                    self.lineages.push((child.id.clone(), vec![clone.id.clone()]));
                }
                CloneChild::Group(group) => {
                    self.lineages.push((group.id.clone(), vec![clone.id.clone()]));
                    self.add_group(group, std::slice::from_ref(&clone.id));
                }
            },
            Resource::Bundle(bundle) => {
                if let Some(child) = &bundle.primitive {
                    self.lineages.push((child.id.clone(), vec![bundle.id.clone()]));
                }
            }
        }
    }

    fn add_group(&mut self, group: &Group, around: &[ResourceId]) {
        for member in &group.members {
            let mut lineage = vec![group.id.clone()];
            lineage.extend_from_slice(around);
            self.lineages.push((member.id.clone(), lineage));
        }
        for pair in group.members.windows(2) {
            let [first, then] = pair else { continue };
            self.company.push(Company {
                dependent: then.id.clone(),
                primary: first.id.clone(),
                score: Score::INFINITY,
            });
            self.sequences.push(Sequence { first: first.id.clone(), then: then.id.clone() });
        }
    }

    fn add_preference(&mut self, id: &str, resource: &ResourceId, preference: &LocationPreference) {
        match preference {
            LocationPreference::Node { node, score } => self.preferences.push(Preference {
                constraint: id.to_owned(),
                resource: resource.clone(),
                node: node.clone(),
                score: *score,
            }),
            LocationPreference::Rule(rule) => {
                if rule.score == RuleScore::Fixed(Score::MINUS_INFINITY) {
                    self.forbidding_rules.push((id.to_owned(), resource.clone()));
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
                if let ColocationScope::Pair { dependent, primary, .. } = &colocation.scope {
                    self.company.push(Company {
                        dependent: dependent.clone(),
                        primary: primary.clone(),
                        score: colocation.score.unwrap_or_default(),
                    });
                }
            }
            Constraint::Order(order) => {
                if let OrderScope::Pair { first, then, first_action, .. } = &order.scope
                    && first_action
                        .is_none_or(|action| matches!(action, OrderAction::Start | OrderAction::Promote))
                    && order.kind != Some(OrderKind::Serialize)
                {
                    self.sequences.push(Sequence { first: first.clone(), then: then.clone() });
                }
            }
            Constraint::Ticket(_) => {}
        }
    }
}

/// A resource's name without its instance number.
pub fn base(resource: &str) -> &str {
    match resource.rsplit_once(':') {
        Some((base, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => base,
        Some(_) | None => resource,
    }
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
