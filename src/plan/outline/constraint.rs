//! Constraints in outline.

use super::super::address::ObjectKind;
use super::{Object, options};
use crate::model::constraint::{
    Colocation, ColocationScope, Discovery, Location, LocationPreference, LocationTarget, LossPolicy, Order,
    OrderKind, OrderScope, ResourceSet, Ticket, TicketScope,
};
use crate::model::rule::{RulePreference, RuleScore};
use crate::model::{Constraint, ResourceId};

/// A constraint of any kind.
pub(super) fn constraint(constraint: &Constraint) -> Object {
    match constraint {
        Constraint::Location(one) => location(one),
        Constraint::Colocation(one) => colocation(one),
        Constraint::Order(one) => order(one),
        Constraint::Ticket(one) => ticket(one),
    }
}

/// What a constraint says on one line: its ends only where its name does not tell them.
fn headline(id: &str, ends: &[(&str, &str)], strength: String) -> String {
    if ends.iter().all(|(_, name)| id.contains(name)) {
        return strength;
    }
    let ends: Vec<String> = ends.iter().map(|(word, name)| format!("{word}{name}")).collect();
    format!("{}, {strength}", ends.join(" "))
}

fn location(location: &Location) -> Object {
    let Location { id, target, preference, role, discovery } = location;
    let LocationTarget { resource, pattern, sets } = target;
    let mut object = Object::new(ObjectKind::Location, id.as_str());
    object.say_some("resource", resource.as_ref());
    object.say_some("pattern", pattern.as_ref());
    say_sets(&mut object, sets);
    let who = resource.as_ref().map(ResourceId::as_str).or(pattern.as_deref()).unwrap_or("a set");
    match preference {
        LocationPreference::Node { node, score } => {
            object.say("node", node);
            object.say("score", score);
            object.headline =
                headline(id.as_str(), &[("", who), ("on ", node.as_str())], format!("score {score}"));
        }
        LocationPreference::Rule(RulePreference { rule, score, role }) => {
            let score = match score {
                RuleScore::Fixed(score) => score.to_string(),
                RuleScore::Attribute(name) => format!("value of {name}"),
            };
            let text = options::rule_text(rule);
            object.headline = headline(id.as_str(), &[("", who)], format!("score {score} where {text}"));
            object.say_rule("rule", rule);
            object.say("score", score);
            object.say_some("rule.role", *role);
        }
    }
    object.say_some("role", *role);
    match discovery {
        Discovery::Always => {}
        Discovery::Never => object.say("resource-discovery", "never"),
        Discovery::Exclusive => object.say("resource-discovery", "exclusive"),
    }
    object
}

fn colocation(colocation: &Colocation) -> Object {
    let Colocation { id, scope, score, influence } = colocation;
    let mut object = Object::new(ObjectKind::Colocation, id.as_str());
    let strength = format!("score {}", score.unwrap_or_default());
    match scope {
        ColocationScope::Pair { dependent, primary, dependent_role, primary_role, node_attribute } => {
            object.say("resource", dependent);
            object.say("with", primary);
            object.say_some("role", *dependent_role);
            object.say_some("with-role", *primary_role);
            object.say_some("node-attribute", node_attribute.as_ref());
            object.headline =
                headline(id.as_str(), &[("", dependent.as_str()), ("with ", primary.as_str())], strength);
        }
        ColocationScope::Sets(sets) => {
            say_sets(&mut object, sets);
            object.headline = strength;
        }
    }
    object.say_some("score", *score);
    object.say_some("influence", *influence);
    object
}

fn order(order: &Order) -> Object {
    let Order { id, scope, kind, score, symmetrical } = order;
    let mut object = Object::new(ObjectKind::Order, id.as_str());
    let strength = kind.map_or("Mandatory", kind_text).to_owned();
    match scope {
        OrderScope::Pair { first, then, first_action, then_action, require_all } => {
            object.say("first", first);
            object.say("then", then);
            object.say_some("first-action", *first_action);
            object.say_some("then-action", *then_action);
            object.say_some("require-all", *require_all);
            object.headline =
                headline(id.as_str(), &[("", first.as_str()), ("then ", then.as_str())], strength);
        }
        OrderScope::Sets(sets) => {
            say_sets(&mut object, sets);
            object.headline = strength;
        }
    }
    object.say_some("kind", kind.map(kind_text));
    object.say_some("score", *score);
    object.say_some("symmetrical", *symmetrical);
    object
}

fn ticket(constraint: &Ticket) -> Object {
    let Ticket { id, ticket, scope, loss_policy } = constraint;
    let mut object = Object::new(ObjectKind::Ticket, id.as_str());
    object.say("ticket", ticket);
    match scope {
        TicketScope::Resource { resource, role } => {
            object.say("resource", resource);
            object.say_some("role", *role);
            object.headline = format!("{resource} needs {ticket}");
        }
        TicketScope::Sets(sets) => {
            say_sets(&mut object, sets);
            object.headline = format!("needs {ticket}");
        }
    }
    let policy = loss_policy.map(|policy| match policy {
        LossPolicy::Fence => "fence",
        LossPolicy::Stop => "stop",
        LossPolicy::Freeze => "freeze",
        LossPolicy::Demote => "demote",
    });
    object.say_some("loss-policy", policy);
    object
}

fn say_sets(object: &mut Object, sets: &[ResourceSet]) {
    for (index, set) in sets.iter().enumerate() {
        let ResourceSet {
            id: _,
            resources,
            sequential,
            require_all,
            role,
            action,
            score,
            kind,
            symmetrical,
            ordering,
        } = set;
        let path = format!("sets[{}]", index + 1);
        let names: Vec<&str> = resources.iter().map(ResourceId::as_str).collect();
        object.say(format!("{path}.resources"), names.join(", "));
        object.say_some(&format!("{path}.sequential"), *sequential);
        object.say_some(&format!("{path}.require-all"), *require_all);
        object.say_some(&format!("{path}.role"), *role);
        object.say_some(&format!("{path}.action"), *action);
        object.say_some(&format!("{path}.score"), *score);
        object.say_some(&format!("{path}.kind"), kind.map(kind_text));
        object.say_some(&format!("{path}.symmetrical"), *symmetrical);
        object.say_some(&format!("{path}.ordering"), ordering.as_ref());
    }
}

const fn kind_text(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Mandatory => "Mandatory",
        OrderKind::Optional => "Optional",
        OrderKind::Serialize => "Serialize",
    }
}
