//! From the tree back to the expression.

use crate::model::Rule;
use crate::model::period;
use crate::model::rule::{
    AttributeCondition, Combine, Comparison, Condition, DateCondition, DateParts, ValueSource, ValueType,
};

use super::{BEFORE_VALUE, KEYWORDS};

/// The expression that [`super::parse`] reads as this rule. Names of rules are not part of it.
pub fn write(rule: &Rule) -> String {
    let terms: Vec<String> = rule.conditions.iter().map(condition).collect();
    let joint = match rule.combine {
        Combine::And => " and ",
        Combine::Or => " or ",
    };
    if terms.is_empty() { "always".to_owned() } else { terms.join(joint) }
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Rule(rule) => format!("({})", write(rule)),
        Condition::Attribute(attribute) => comparison(attribute),
        Condition::Agent { class, provider, kind } => {
            let part = |name: &str, value: &Option<std::sync::Arc<str>>| {
                value.as_ref().map(|value| format!(" {name}={}", quoted(value)))
            };
            let parts = [part("class", class), part("provider", provider), part("type", kind)];
            format!("agent{}", parts.into_iter().flatten().collect::<String>())
        }
        Condition::Operation { name, interval: None } => format!("op {}", quoted(name)),
        Condition::Operation { name, interval: Some(interval) } => {
            format!("op {} interval={}", quoted(name), period::format(*interval))
        }
        Condition::Date(date) => date_condition(date),
        Condition::Invalid { why } => format!("invalid {}", in_quotes(why)),
    }
}

fn comparison(condition: &AttributeCondition) -> String {
    let attribute = named(&condition.attribute);
    match condition.comparison {
        Comparison::Defined => return format!("defined {attribute}"),
        Comparison::NotDefined => return format!("not defined {attribute}"),
        Comparison::Lt
        | Comparison::Lte
        | Comparison::Gt
        | Comparison::Gte
        | Comparison::Eq
        | Comparison::Ne => {}
    }
    let source = Some(condition.value_source).filter(|source| *source != ValueSource::Literal);
    let words = [
        Some(condition.comparison.as_str()),
        condition.value_type.map(ValueType::as_str),
        source.map(ValueSource::as_str),
    ];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let value = condition.value.as_deref().unwrap_or("");
    format!("{attribute} {} {}", words.join(" "), quoted(value))
}

fn date_condition(date: &DateCondition) -> String {
    match date {
        DateCondition::Gt(moment) => format!("date gt {}", quoted(moment)),
        DateCondition::Lt(moment) => format!("date lt {}", quoted(moment)),
        DateCondition::Spec(fields) => format!("date-spec{}", parts(fields)),
        DateCondition::InRange { start, end: None, duration: Some(duration) } => {
            let start = start.as_deref().map(quoted).unwrap_or_default();
            format!("date in {start} for{}", parts(duration))
        }
        DateCondition::InRange { start, end, .. } => {
            let side =
                |moment: &Option<std::sync::Arc<str>>| moment.as_deref().map(quoted).unwrap_or_default();
            format!("date in {}..{}", side(start), side(end))
        }
    }
}

fn parts(parts: &DateParts) -> String {
    parts.0.iter().map(|(name, value)| format!(" {name}={}", quoted(value))).collect()
}

/// A name at the start of a comparison, in quotes where it would be read as something else.
fn named(word: &str) -> String {
    if BEFORE_VALUE.contains(&word) { word.to_owned() } else { quoted(word) }
}

/// The word, in quotes where it would otherwise be read as something else.
fn quoted(word: &str) -> String {
    let is_special = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | '=');
    let needs_quotes = word.is_empty()
        || word.contains(is_special)
        || word.contains("..")
        || KEYWORDS.contains(&word)
        || BEFORE_VALUE.contains(&word);
    if needs_quotes { in_quotes(word) } else { word.to_owned() }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
