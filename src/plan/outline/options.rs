//! Options in outline: sets of pairs, guarded by rules or not.

use super::super::address::ObjectKind;
use super::{Comparison, Object};
use crate::model::{OptionSet, Rule, Value};

/// Words in names of parameters whose values are nobody's business.
const SECRET_WORDS: [&str; 5] = ["password", "passwd", "passphrase", "secret", "token"];

/// Options that stand for themselves (properties, defaults): one object each.
pub(super) fn settings(kind: ObjectKind, sets: &[OptionSet]) -> Vec<Object> {
    let mut objects = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        let OptionSet { id: _, score, rule, pairs } = set;
        for pair in pairs {
            let mut object = Object::new(kind, format!("{}{}", pair.name, number(index)));
            object.say("", pair.value.to_text());
            object.headline = pair.value.to_text().to_string();
            if let Some(rule) = rule {
                object.say("rule", rule_text(rule));
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
    list(object, path, sets, |_| Comparison::ByMeaning);
}

/// Parameters: the agent sees the text itself, and some are secrets.
pub(super) fn params(object: &mut Object, path: &str, sets: &[OptionSet]) {
    list(object, path, sets, |name| {
        let name = name.to_ascii_lowercase();
        let is_secret = SECRET_WORDS.iter().any(|word| name.contains(word));
        if is_secret { Comparison::Hidden } else { Comparison::Verbatim }
    });
}

fn list(object: &mut Object, path: &str, sets: &[OptionSet], comparison: impl Fn(&str) -> Comparison) {
    for (index, set) in sets.iter().enumerate() {
        let OptionSet { id: _, score, rule, pairs } = set;
        let set_path = format!("{path}{}", number(index));
        if let Some(rule) = rule {
            object.say(format!("{set_path}.rule"), rule_text(rule));
        }
        if sets.len() > 1 && score.value() != 0 {
            object.say(format!("{set_path}.score"), score);
        }
        for pair in pairs {
            let comparison = match &pair.value {
                Value::Text(_) => comparison(&pair.name),
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

/// A rule on one line.
pub(super) fn rule_text(rule: &Rule) -> String {
    crate::manifest::rule::write(rule)
}
