//! Rules: whether one passes, for a node, a resource, an operation and a moment.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use super::calendar;
pub use super::recheck::Recheck;
use crate::model::rule::{
    AttributeCondition, Combine, Comparison, Condition, DateCondition, Rule, ValueSource, ValueType,
};
use crate::model::scalar::parse_integer;
use crate::model::{Agent, Table};

/// What a rule is judged by. What does not apply is absent; conditions on it fail.
#[derive(Debug, Clone, Copy, Default)]
pub struct RuleInput<'a> {
    /// The moment, seconds since 1970.
    pub now: i64,
    /// Attributes of the node at hand.
    pub attributes: Option<&'a Table>,
    /// What runs the resource at hand.
    pub agent: Option<&'a Agent>,
    /// Name and interval of the operation at hand.
    pub operation: Option<(&'a str, Duration)>,
    /// The resource's parameters, for values that name one.
    pub params: Option<&'a Table>,
    /// The resource's meta-attributes, for values that name one.
    pub meta: Option<&'a Table>,
    /// What a location's pattern matched: the whole, then its groups. Empty without a pattern.
    pub captures: &'a [Arc<str>],
}

/// Whether the rule passes. Conditions are judged in order until the answer is clear; only those
/// judged contribute to `recheck`.
pub fn passes(rule: &Rule, input: &RuleInput<'_>, recheck: &Recheck) -> bool {
    let mut conditions = rule.conditions.iter();
    match rule.combine {
        Combine::And => conditions.all(|condition| holds(condition, input, recheck)),
        Combine::Or => {
            rule.conditions.is_empty() || conditions.any(|condition| holds(condition, input, recheck))
        }
    }
}

/// Whether the outcome may differ from node to node.
pub fn depends_on_node(rule: &Rule) -> bool {
    rule.conditions.iter().any(|condition| match condition {
        Condition::Rule(rule) => depends_on_node(rule),
        Condition::Attribute(_) => true,
        Condition::Agent { .. }
        | Condition::Operation { .. }
        | Condition::Date(_)
        | Condition::Invalid { .. } => false,
    })
}

fn holds(condition: &Condition, input: &RuleInput<'_>, recheck: &Recheck) -> bool {
    match condition {
        Condition::Rule(rule) => passes(rule, input, recheck),
        Condition::Attribute(condition) => attribute_holds(condition, input),
        Condition::Agent { class, provider, kind } => input.agent.is_some_and(|agent| {
            let fits = |wanted: &Option<Arc<str>>, actual: Option<&str>| {
                wanted.as_deref().is_none_or(|wanted| Some(wanted) == actual)
            };
            fits(class, Some(agent.class.as_str()))
                && fits(provider, agent.provider.as_deref())
                && fits(kind, Some(&agent.kind))
        }),
        Condition::Operation { name, interval } => {
            input.operation.is_some_and(|(actual, actual_interval)| {
                **name == *actual && interval.is_none_or(|interval| interval == actual_interval)
            })
        }
        Condition::Date(condition) => date_holds(condition, input.now, recheck),
        Condition::Invalid { .. } => false,
    }
}

fn attribute_holds(condition: &AttributeCondition, input: &RuleInput<'_>) -> bool {
    let name = expand(&condition.attribute, input.captures);
    let actual = input.attributes.and_then(|attributes| attributes.get(&*name)).map(|value| &**value);
    match (condition.comparison, condition.value.as_deref()) {
        (Comparison::Defined, value) => value.is_none() && actual.is_some(),
        (Comparison::NotDefined, value) => value.is_none() && actual.is_none(),
        (_, None) => false,
        (comparison, Some(value)) => {
            let named = |table: Option<&'_ Table>| table.and_then(|table| table.get(value)).cloned();
            let reference: Option<Arc<str>> = match condition.value_source {
                ValueSource::Literal => condition.value.clone(),
                ValueSource::Param => named(input.params),
                ValueSource::Meta => named(input.meta),
            };
            compares(comparison, condition.value_type, actual, reference.as_deref())
        }
    }
}

/// Replaces `%0` to `%9` by what a pattern matched there; by nothing where it matched nothing.
fn expand<'t>(text: &'t str, captures: &[Arc<str>]) -> Cow<'t, str> {
    if captures.is_empty() || !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let digit = rest.peek().and_then(|next| next.to_digit(10));
        match (character, digit) {
            ('%', Some(digit)) => {
                rest.next();
                expanded.push_str(captures.get(digit as usize).map_or("", |capture| capture));
            }
            (other, _) => expanded.push(other),
        }
    }
    Cow::Owned(expanded)
}

fn compares(
    comparison: Comparison,
    value_type: Option<ValueType>,
    actual: Option<&str>,
    reference: Option<&str>,
) -> bool {
    let has_dot = |side: Option<&str>| side.is_some_and(|text| text.contains('.'));
    let default_type = match comparison {
        Comparison::Eq | Comparison::Ne | Comparison::Defined | Comparison::NotDefined => ValueType::String,
        Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte => {
            if has_dot(actual) || has_dot(reference) { ValueType::Number } else { ValueType::Integer }
        }
    };
    let order = match (actual, reference) {
        (Some(actual), Some(reference)) => compare(value_type.unwrap_or(default_type), actual, reference),
        (actual, reference) => actual.is_some().cmp(&reference.is_some()),
    };
    let both = actual.is_some() && reference.is_some();
    match comparison {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Lt => both && order.is_lt(),
        Comparison::Lte => both && order.is_le(),
        Comparison::Gt => both && order.is_gt(),
        Comparison::Gte => both && order.is_ge(),
        Comparison::Defined | Comparison::NotDefined => false,
    }
}

fn compare(value_type: ValueType, left: &str, right: &str) -> Ordering {
    let numeric = match value_type {
        ValueType::String => None,
        ValueType::Integer => {
            parse_integer(left).zip(parse_integer(right)).map(|(left, right)| left.cmp(&right))
        }
        ValueType::Number => {
            parse_number(left).zip(parse_number(right)).map(|(left, right)| left.total_cmp(&right))
        }
        ValueType::Version => Some(compare_versions(left, right)),
    };
    numeric.unwrap_or_else(|| left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase()))
}

/// The longest leading part that is a number.
fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    let longest = text.find(|c| !is_part(c)).unwrap_or(text.len());
    (1..=longest).rev().find_map(|end| text[..end].parse().ok())
}

/// Compares dotted numbers part by part; missing parts are zero.
pub fn compare_versions(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| -> Vec<i64> { text.split('.').map_while(parse_integer).collect() };
    let (left, right) = (parts(left), parts(right));
    (0..left.len().max(right.len()))
        .map(|place| {
            let part = |version: &[i64]| version.get(place).copied().unwrap_or(0);
            part(&left).cmp(&part(&right))
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn date_holds(condition: &DateCondition, now: i64, recheck: &Recheck) -> bool {
    let moment = |text: &str| calendar::parse_moment(text, now);
    match condition {
        DateCondition::InRange { start, end, duration } => {
            let readable =
                |text: &Option<Arc<str>>| text.as_deref().map_or(Some(None), |t| moment(t).map(Some));
            let (Some(start), Some(end)) = (readable(start), readable(end)) else { return false };
            let end = end.or_else(|| calendar::add_parts(start?, duration.as_ref()?));
            is_in_range(start, end, now, recheck)
        }
        DateCondition::Gt(start) => moment(start).is_some_and(|start| {
            if now <= start {
                recheck.note(start.saturating_add(1));
            }
            now > start
        }),
        DateCondition::Lt(end) => moment(end).is_some_and(|end| {
            if now < end {
                recheck.note(end);
            }
            now < end
        }),
        DateCondition::Spec(parts) => calendar::matches_parts(now, parts),
    }
}

fn is_in_range(start: Option<i64>, end: Option<i64>, now: i64, recheck: &Recheck) -> bool {
    if start.is_none() && end.is_none() {
        return false;
    }
    if let Some(start) = start.filter(|start| now < *start) {
        recheck.note(start);
        return false;
    }
    let Some(end) = end else { return true };
    if now <= end {
        recheck.note(end.saturating_add(1));
    }
    now <= end
}

#[cfg(test)]
mod tests;
