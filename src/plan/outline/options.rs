//! Options in outline: sets of pairs, guarded by rules or not.

use super::super::address::ObjectKind;
use super::{Comparison, HIDDEN, Object};
use crate::model::rule::{AttributeCondition, Condition, DateCondition, ValueSource};
use crate::model::secrecy::{is_secret, without_passwords};
use crate::model::{OptionSet, Rule, Value};

/// Options that stand for themselves (properties, defaults): one object each.
pub(super) fn settings(kind: ObjectKind, sets: &[OptionSet]) -> Vec<Object> {
    let mut objects = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        let OptionSet { id: _, score, rule, pairs } = set;
        for pair in pairs {
            let mut object = Object::new(kind, format!("{}{}", pair.name, number(index)));
            let text = pair.value.to_text().to_string();
            match &pair.value {
                Value::Text(value) if is_secret(&pair.name, value) => {
                    object.push(String::new(), text, Comparison::Hidden);
                    object.headline = HIDDEN.to_owned();
                }
                Value::Text(_) | Value::Secret(_) => {
                    object.say("", &text);
                    object.headline = text;
                }
            }
            if let Some(rule) = rule {
                object.say_rule("rule", rule);
            }
            if sets.len() > 1 && score.value() != 0 {
                object.say("score", score);
            }
            objects.push(object);
        }
    }
    objects
}

/// Options of the cluster itself (`meta`, `utilization`, `attributes`): spelling is free.
pub(super) fn options(object: &mut Object, path: &str, sets: &[OptionSet]) {
    list(object, path, sets, Comparison::ByMeaning);
}

/// Parameters: the agent sees the text itself.
pub(super) fn params(object: &mut Object, path: &str, sets: &[OptionSet]) {
    list(object, path, sets, Comparison::Verbatim);
}

fn list(object: &mut Object, path: &str, sets: &[OptionSet], comparison: Comparison) {
    for (index, set) in sets.iter().enumerate() {
        let OptionSet { id: _, score, rule, pairs } = set;
        let set_path = format!("{path}{}", number(index));
        if let Some(rule) = rule {
            object.say_rule(format!("{set_path}.rule"), rule);
        }
        if sets.len() > 1 && score.value() != 0 {
            object.say(format!("{set_path}.score"), score);
        }
        for pair in pairs {
            let comparison = match &pair.value {
                Value::Text(text) if is_secret(&pair.name, text) => Comparison::Hidden,
                Value::Text(_) => comparison,
                Value::Secret(_) => Comparison::Verbatim,
            };
            object.push(format!("{set_path}.{}", pair.name), pair.value.to_text().to_string(), comparison);
        }
    }
}

/// The first set needs no number.
fn number(index: usize) -> String {
    if index == 0 { String::new() } else { format!("[{}]", index + 1) }
}

/// A rule on one line as it may be shown, with the zone of its moments if some are written without one.
pub(in crate::plan) fn rule_text(rule: &Rule) -> String {
    without_passwords(&full_rule_text(&discreet(rule))).into_owned()
}

/// The rule without the values that it compares secrets with.
fn discreet(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    for condition in &mut rule.conditions {
        match condition {
            Condition::Rule(inner) => *inner = discreet(inner),
            Condition::Attribute(AttributeCondition {
                attribute,
                value: Some(value),
                value_source: ValueSource::Literal,
                ..
            }) if is_secret(attribute, value) => *value = HIDDEN.into(),
            Condition::Attribute(_)
            | Condition::Agent { .. }
            | Condition::Operation { .. }
            | Condition::Date(_)
            | Condition::Invalid { .. } => {}
        }
    }
    rule
}

/// A rule with all that it says.
pub(super) fn full_rule_text(rule: &Rule) -> String {
    let text = crate::manifest::rule::write(rule);
    if is_any_moment_bare(rule) { format!("{text} (UTC)") } else { text }
}

/// Whether a rule has moments or calendar fields without an offset: they are in UTC.
fn is_any_moment_bare(rule: &Rule) -> bool {
    rule.conditions.iter().any(|condition| match condition {
        Condition::Rule(rule) => is_any_moment_bare(rule),
        Condition::Date(DateCondition::InRange { start, end, .. }) => {
            start.iter().chain(end).any(|moment| is_bare(moment))
        }
        Condition::Date(DateCondition::Gt(moment) | DateCondition::Lt(moment)) => is_bare(moment),
        Condition::Date(DateCondition::Spec(_)) => true,
        Condition::Attribute(_)
        | Condition::Agent { .. }
        | Condition::Operation { .. }
        | Condition::Invalid { .. } => false,
    })
}

fn is_bare(moment: &str) -> bool {
    let time = moment.split_once([' ', 'T']).map_or("", |(_, time)| time);
    !time.contains(['Z', '+', '-'])
}
