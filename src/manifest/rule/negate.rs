//! `not`: rules have none, so a condition is turned into the one that passes exactly when it fails.

use std::sync::Arc;

use super::date::{calendar_range, limits};
use crate::model::Rule;
use crate::model::rule::{
    AttributeCondition, Combine, Comparison, Condition, DateCondition, DateParts, ValueSource,
};

/// The opposite of a condition; the error says why there is none.
pub(super) fn negate(condition: Condition) -> Result<Condition, String> {
    match condition {
        Condition::Rule(rule) => negate_rule(rule).map(Condition::Rule),
        Condition::Attribute(attribute) => negate_attribute(&attribute),
        Condition::Date(date) => negate_date(date),
        Condition::Agent { .. } => {
            Err("`not` cannot be applied to `agent`: a rule can only ask which agent it is".to_owned())
        }
        Condition::Operation { .. } => {
            Err("`not` cannot be applied to `op`: a rule can only ask which operation it is".to_owned())
        }
        Condition::Invalid { .. } => Ok(Condition::Rule(Rule::default())),
    }
}

/// De Morgan.
fn negate_rule(rule: Rule) -> Result<Rule, String> {
    if rule.conditions.is_empty() {
        return Err("`not always` never passes: leave the rule's owner out instead".to_owned());
    }
    let combine = match (rule.combine, rule.conditions.len()) {
        (Combine::And, 2..) => Combine::Or,
        (_, _) => Combine::And,
    };
    let conditions = rule.conditions.into_iter().map(negate).collect::<Result<_, _>>()?;
    Ok(Rule { id: None, combine, conditions })
}

fn negate_attribute(condition: &AttributeCondition) -> Result<Condition, String> {
    let with = |comparison| Condition::Attribute(AttributeCondition { comparison, ..condition.clone() });
    let inverse = match condition.comparison {
        Comparison::Defined => return Ok(with(Comparison::NotDefined)),
        Comparison::NotDefined => return Ok(with(Comparison::Defined)),
        Comparison::Eq => return Ok(with(Comparison::Ne)),
        Comparison::Ne => return Ok(with(Comparison::Eq)),
        Comparison::Lt => with(Comparison::Gte),
        Comparison::Lte => with(Comparison::Gt),
        Comparison::Gt => with(Comparison::Lte),
        Comparison::Gte => with(Comparison::Lt),
    };
    if condition.value_source != ValueSource::Literal {
        return Err("`not` cannot be applied to a comparison with `param` or `meta`: where that is unset, both the comparison and its reverse fail".to_owned());
    }
    // Comparisons of size fail where the attribute is absent; their opposite must pass there.
    let absent = Condition::Attribute(AttributeCondition {
        attribute: Arc::clone(&condition.attribute),
        comparison: Comparison::NotDefined,
        value: None,
        value_type: None,
        value_source: ValueSource::Literal,
    });
    Ok(any(vec![inverse, absent]))
}

fn any(mut conditions: Vec<Condition>) -> Condition {
    match (conditions.len(), conditions.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            conditions.extend(last);
            Condition::Rule(Rule { id: None, combine: Combine::Or, conditions })
        }
    }
}

fn negate_date(date: DateCondition) -> Result<Condition, String> {
    let range = |start, end| Condition::Date(DateCondition::InRange { start, end, duration: None });
    match date {
        DateCondition::Gt(moment) => Ok(range(None, Some(moment))),
        DateCondition::Lt(moment) => Ok(range(Some(moment), None)),
        DateCondition::InRange { end: None, duration: Some(_), .. } => {
            Err("`not` cannot be applied to a range with `for`: write its end as a moment".to_owned())
        }
        DateCondition::InRange { start, end, .. } => {
            let before = start.map(|start| Condition::Date(DateCondition::Lt(start)));
            let after = end.map(|end| Condition::Date(DateCondition::Gt(end)));
            Ok(any(before.into_iter().chain(after).collect()))
        }
        DateCondition::Spec(parts) => negate_spec(&parts),
    }
}

/// All fields must fit, so one that does not is enough: below its range, or above it.
fn negate_spec(parts: &DateParts) -> Result<Condition, String> {
    let mut outside = Vec::new();
    for (name, value) in &parts.0 {
        let (start, end) = calendar_range(value).ok_or("`not` needs ranges of numbers")?;
        let limits = limits(name);
        let last_below = start.and_then(|start| start.checked_sub(1)).filter(|last| limits.contains(last));
        let first_above = end.map(|end| end.saturating_add(1)).filter(|first| limits.contains(first));
        let below = last_below.map(|last| format!("-{last}"));
        let above = first_above.map(|first| format!("{first}-"));
        for range in below.into_iter().chain(above) {
            let parts = DateParts(vec![(Arc::clone(name), range.into())]);
            outside.push(Condition::Date(DateCondition::Spec(parts)));
        }
    }
    if outside.is_empty() {
        return Err("`not` of this `date-spec` never passes".to_owned());
    }
    Ok(any(outside))
}
