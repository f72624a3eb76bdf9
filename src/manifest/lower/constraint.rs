//! Constraints, with names made from their ends where none is given.

use std::collections::BTreeMap;

use super::super::check::name::{check_name, is_name};
use super::super::document::Place;
use super::super::typed::{At, Field};
use super::super::vocabulary::constraint::{
    ActionName, ColocationEntry, DiscoveryName, LocationEntry, LossPolicyName, OrderEntry, OrderKindName,
    SetEntry, TicketConstraintEntry,
};
use super::{Lower, copy, items, role, score, text};
use crate::model::constraint::{
    Colocation, ColocationScope, Constraint, Discovery, Location, LocationPreference, LocationTarget,
    LossPolicy, Order, OrderAction, OrderKind, OrderScope, ResourceSet, Ticket, TicketScope,
};
use crate::model::rule::{RulePreference, RuleScore};
use crate::model::{ConstraintId, ResourceId, Score};

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
        let name = match id {
            Some(at) => {
                check_name("constraint", at, self.findings);
                ConstraintId::new(at.text())
            }
            None => derived_id(&constraint),
        };
        match &mut constraint {
            Constraint::Location(location) => location.id = name,
            Constraint::Colocation(colocation) => colocation.id = name,
            Constraint::Order(order) => order.id = name,
            Constraint::Ticket(ticket) => ticket.id = name,
        }
        constraint
    }

    fn target(self, field: &Field<String>) -> Option<ResourceId> {
        let at = field.as_ref()?;
        self.names.check_target(at, self.findings);
        at.get().map(|name| ResourceId::new(name.as_str()))
    }

    fn missing(self, place: Place, message: &str, help: &str) {
        self.findings.error("missing-field", place, message).help(help).report();
    }

    fn location(self, at: &At<LocationEntry>) -> Option<Location> {
        let entry = at.get()?;
        let target = LocationTarget {
            resource: self.target(&entry.resource),
            pattern: self.pattern(&entry.pattern),
            sets: self.sets(&entry.sets),
        };
        if entry.resource.is_none() && entry.pattern.is_none() && entry.sets.is_none() {
            self.missing(
                at.place,
                "a location without `resource`",
                "say who prefers: `resource`, `pattern` or `sets`",
            );
        }
        let has_rule = entry.rule.is_some();
        let preference = self.preference(at.place, entry)?;
        let discovery = match copy(&entry.resource_discovery) {
            Some(DiscoveryName::Always) | None => Discovery::Always,
            Some(DiscoveryName::Never) => Discovery::Never,
            Some(DiscoveryName::Exclusive) => Discovery::Exclusive,
        };
        let role = if has_rule { None } else { role(&entry.role) };
        let location = Location { id: ConstraintId::new(""), target, preference, role, discovery };
        match self.named(&entry.id, Constraint::Location(location)) {
            Constraint::Location(location) => Some(location),
            Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => None,
        }
    }

    fn preference(self, place: Place, entry: &LocationEntry) -> Option<LocationPreference> {
        match (&entry.node, &entry.rule) {
            (Some(node), None) => {
                self.names.check_node(node, self.findings);
                if let Some(attribute) = &entry.score_attribute {
                    self.findings
                        .error("misplaced-field", attribute.place, "`score-attribute` without a rule")
                        .help("with `node`, write the score itself")
                        .report();
                } else if entry.score.is_none() {
                    self.missing(
                        place,
                        "a location without `score`",
                        "say how much: a number, INFINITY for always, -INFINITY for never",
                    );
                }
                let score = score(&entry.score).unwrap_or(Score::ZERO);
                node.get().map(|node| LocationPreference::Node { node: node.as_str().into(), score })
            }
            (None, Some(_)) => self.rule_preference(place, entry).map(LocationPreference::Rule),
            (Some(node), Some(rule)) => {
                self.findings
                    .error("one-of", rule.place, "a location with `node` and `rule`")
                    .label_key(rule.place, "`rule` here")
                    .label_key(node.place, "`node` here")
                    .help("a rule can name the node: `#uname eq node1 and ...`")
                    .report();
                None
            }
            (None, None) => {
                self.missing(
                    place,
                    "a location without `node`",
                    "say what is preferred: `node: NAME`, or `rule: '...'`",
                );
                None
            }
        }
    }

    fn rule_preference(self, place: Place, entry: &LocationEntry) -> Option<RulePreference> {
        let score = match (&entry.score, &entry.score_attribute) {
            (Some(_), Some(attribute)) => {
                self.findings
                    .error("one-of", attribute.place, "a rule with `score` and `score-attribute`")
                    .label_key(attribute.place, "one of them is enough")
                    .report();
                return None;
            }
            (_, Some(attribute)) => RuleScore::Attribute(attribute.text().into()),
            (Some(_), None) => RuleScore::Fixed(score(&entry.score).unwrap_or(Score::ZERO)),
            (None, None) => {
                self.missing(
                    place,
                    "a location without `score`",
                    "say how much: `score`, or `score-attribute` with a node attribute that holds it",
                );
                RuleScore::Fixed(Score::ZERO)
            }
        };
        Some(RulePreference { rule: self.rule(&entry.rule)?, score, role: role(&entry.role) })
    }

    fn pattern(self, field: &Field<String>) -> Option<std::sync::Arc<str>> {
        let at = field.as_ref()?;
        let pattern = at.get()?;
        let expression = pattern.strip_prefix('!').unwrap_or(pattern);
        match regex::RegexBuilder::new(expression).size_limit(1 << 20).build() {
            Err(error) => {
                let why = error.to_string();
                let last = why.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                self.findings
                    .error("invalid-pattern", at.place, format!("`{pattern}` is not a regular expression"))
                    .here(last)
                    .report();
            }
            Ok(regex) => {
                let is_negated = expression.len() < pattern.len();
                let matches = |(key, _): &(&At<String>, _)| regex.is_match(key.text()) != is_negated;
                let is_affordable = self.gathered.resources.len() * self.gathered.location.len() < 1_000_000;
                if is_affordable && !self.gathered.resources.iter().any(matches) {
                    self.findings
                        .warning(
                            "pattern-matches-nothing",
                            at.place,
                            format!("no resource matches `{pattern}`"),
                        )
                        .here("this constraint has no effect")
                        .report();
                }
            }
        }
        Some(pattern.as_str().into())
    }

    /// Both ends, or sets.
    fn colocation(self, at: &At<ColocationEntry>) -> Option<Colocation> {
        let entry = at.get()?;
        let sets = self.sets(&entry.sets);
        let help = "write {resource: DEPENDENT, with: PRIMARY, score: INFINITY}, or `sets`";
        let scope = match (&entry.resource, &entry.with, &entry.sets) {
            (Some(_), Some(_), None) => ColocationScope::Pair {
                dependent: self.target(&entry.resource)?,
                primary: self.target(&entry.with)?,
                dependent_role: role(&entry.role),
                primary_role: role(&entry.with_role),
                node_attribute: text(&entry.node_attribute),
            },
            (None, None, Some(_)) => ColocationScope::Sets(sets),
            (_, _, Some(sets)) => {
                self.findings
                    .error("one-of", sets.place, "a colocation with `sets` and `resource` or `with`")
                    .label_key(sets.place, "either sets or two ends")
                    .help(help)
                    .report();
                return None;
            }
            (_, _, None) => {
                self.target(&entry.resource);
                self.target(&entry.with);
                self.missing(at.place, "a colocation needs `resource` and `with`", help);
                return None;
            }
        };
        self.check_self(&entry.resource, &entry.with, "colocated with itself");
        let influence = copy(&entry.influence);
        let colocation =
            Colocation { id: ConstraintId::new(""), scope, score: score(&entry.score), influence };
        match self.named(&entry.id, Constraint::Colocation(colocation)) {
            Constraint::Colocation(colocation) => Some(colocation),
            Constraint::Location(_) | Constraint::Order(_) | Constraint::Ticket(_) => None,
        }
    }

    fn order(self, at: &At<OrderEntry>) -> Option<Order> {
        let entry = at.get()?;
        let sets = self.sets(&entry.sets);
        let help = "write {first: THIS, then: THAT}, or `sets`";
        let scope = match (&entry.first, &entry.then, &entry.sets) {
            (Some(_), Some(_), None) => OrderScope::Pair {
                first: self.target(&entry.first)?,
                then: self.target(&entry.then)?,
                first_action: copy(&entry.first_action).map(ActionName::to_action),
                then_action: copy(&entry.then_action).map(ActionName::to_action),
                require_all: copy(&entry.require_all),
            },
            (None, None, Some(_)) => OrderScope::Sets(sets),
            (_, _, Some(sets)) => {
                self.findings
                    .error("one-of", sets.place, "an order with `sets` and `first` or `then`")
                    .label_key(sets.place, "either sets or two ends")
                    .help(help)
                    .report();
                return None;
            }
            (_, _, None) => {
                self.target(&entry.first);
                self.target(&entry.then);
                self.missing(at.place, "an order needs `first` and `then`", help);
                return None;
            }
        };
        let same_action =
            copy(&entry.then_action).is_none() || copy(&entry.first_action) == copy(&entry.then_action);
        if same_action {
            self.check_self(&entry.first, &entry.then, "ordered after itself");
        }
        let order = Order {
            id: ConstraintId::new(""),
            scope,
            kind: copy(&entry.kind).map(OrderKindName::to_kind),
            score: score(&entry.score),
            symmetrical: copy(&entry.symmetrical),
        };
        match self.named(&entry.id, Constraint::Order(order)) {
            Constraint::Order(order) => Some(order),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => None,
        }
    }

    fn ticket(self, at: &At<TicketConstraintEntry>) -> Option<Ticket> {
        let entry = at.get()?;
        self.names.check_ticket(&entry.ticket, self.findings);
        let scope = match (&entry.resource, &entry.sets) {
            (Some(_), None) => {
                TicketScope::Resource { resource: self.target(&entry.resource)?, role: role(&entry.role) }
            }
            (None, Some(_)) => TicketScope::Sets(self.sets(&entry.sets)),
            (_, _) => {
                self.missing(
                    at.place,
                    "a ticket constraint needs one of `resource` and `sets`",
                    "write {resource: NAME, ticket: NAME}",
                );
                return None;
            }
        };
        let loss_policy = copy(&entry.loss_policy).map(LossPolicyName::to_policy);
        let ticket =
            Ticket { id: ConstraintId::new(""), ticket: entry.ticket.text().into(), scope, loss_policy };
        match self.named(&entry.id, Constraint::Ticket(ticket)) {
            Constraint::Ticket(ticket) => Some(ticket),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Order(_) => None,
        }
    }

    fn check_self(self, one: &Field<String>, other: &Field<String>, what: &str) {
        if let (Some(one), Some(other)) = (one, other)
            && one.value.is_some()
            && one.text() == other.text()
        {
            self.findings
                .error("self-reference", other.place, format!("`{}` is {what}", one.text()))
                .here("the same resource")
                .label(one.place, "")
                .help("name two different resources")
                .report();
        }
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
        if seen.is_empty() {
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

/// The name that a constraint has when it is given none: its kind, its ends and their roles, never
/// its score. So a changed score is a changed constraint, not a new one.
pub(in super::super) fn derived_id(constraint: &Constraint) -> ConstraintId {
    let name = match constraint {
        Constraint::Location(location) => location_name(location),
        Constraint::Colocation(colocation) => match &colocation.scope {
            ColocationScope::Pair { dependent, primary, dependent_role, primary_role, .. } => {
                let role = |role: &Option<crate::model::Role>| {
                    role.map(|role| format!("-{role}")).unwrap_or_default()
                };
                format!("colocation-{dependent}{}-{primary}{}", role(dependent_role), role(primary_role))
            }
            ColocationScope::Sets(sets) => format!("colocation-{}", set_names(sets)),
        },
        Constraint::Order(order) => match &order.scope {
            OrderScope::Pair { first, then, first_action, then_action, .. } => {
                let action = |action: &Option<OrderAction>| {
                    action.map(|action| format!("-{action}")).unwrap_or_default()
                };
                format!("order-{first}{}-{then}{}", action(first_action), action(then_action))
            }
            OrderScope::Sets(sets) => format!("order-{}", set_names(sets)),
        },
        Constraint::Ticket(ticket) => match &ticket.scope {
            TicketScope::Resource { resource, role } => {
                let role = role.map(|role| format!("-{role}")).unwrap_or_default();
                format!("ticket-{}-{resource}{role}", ticket.ticket)
            }
            TicketScope::Sets(sets) => format!("ticket-{}-{}", ticket.ticket, set_names(sets)),
        },
    };
    let mut name: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    if !is_name(&name) {
        name.insert(0, '_');
    }
    ConstraintId::new(name)
}

fn location_name(location: &Location) -> String {
    let target = &location.target;
    let pattern = target.pattern.as_ref().map(|pattern| format!("pattern-{pattern}"));
    let sets = (!target.sets.is_empty()).then(|| set_names(&target.sets));
    let resource = target.resource.as_ref().map(ToString::to_string);
    let who: Vec<String> = resource.into_iter().chain(pattern).chain(sets).collect();
    let (what, role) = match &location.preference {
        LocationPreference::Node { node, .. } => (node.to_string(), location.role),
        LocationPreference::Rule(rule) => ("rule".to_owned(), rule.role.or(location.role)),
    };
    let role = role.map(|role| format!("-{role}")).unwrap_or_default();
    format!("location-{}{role}-{what}", who.join("-"))
}

fn set_names(sets: &[ResourceSet]) -> String {
    let names = sets.iter().flat_map(|set| &set.resources).map(ResourceId::as_str);
    format!("set-{}", names.collect::<Vec<_>>().join("-"))
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
