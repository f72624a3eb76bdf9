//! Rules. A part that cannot be read never passes, but keeps its place.

use std::sync::Arc;

use super::{Lowering, shared};
use crate::cib::xml::Element;
use crate::model::rule::{
    AttributeCondition, Combine, Comparison, Condition, DateCondition, DateParts, ValueSource, ValueType,
};
use crate::model::{Rule, RuleId, period};

/// Lowers a rule, or the one it refers to.
pub(super) fn lower_rule<'t>(lowering: &mut Lowering<'t>, rule: Element<'t>) -> Rule {
    let Some(rule) = lowering.resolve(rule) else {
        return never("its reference is void");
    };
    let Some(id) = rule.attribute("id") else {
        lowering.dropped(rule, "it has no `id`");
        return never("it has no id");
    };
    let operator = rule.attribute("boolean-op").unwrap_or("and");
    let combine = if operator.eq_ignore_ascii_case("and") {
        Combine::And
    } else if operator.eq_ignore_ascii_case("or") {
        Combine::Or
    } else {
        lowering.warn(
            rule,
            "invalid-rule",
            format!("`{operator}` is not a boolean operator; the rule never passes"),
        );
        return Rule { id: Some(RuleId::from(id)), ..never("its operator is unknown") };
    };
    let conditions = rule.children().filter_map(|part| lower_condition(lowering, part)).collect();
    Rule { id: Some(RuleId::from(id)), combine, conditions }
}

fn never(why: &str) -> Rule {
    Rule { id: None, combine: Combine::And, conditions: vec![Condition::Invalid { why: why.to_owned() }] }
}

fn lower_condition<'t>(lowering: &mut Lowering<'t>, part: Element<'t>) -> Option<Condition> {
    let lowered = match part.name() {
        "rule" => return Some(Condition::Rule(lower_rule(lowering, part))),
        "expression" => lower_attribute(part).map(Condition::Attribute),
        "date_expression" => lower_date(part).map(Condition::Date),
        "rsc_expression" => Ok(Condition::Agent {
            class: shared(part, "class"),
            provider: shared(part, "provider"),
            kind: shared(part, "type"),
        }),
        "op_expression" => lower_operation(part),
        _ => return None,
    };
    let lowered = if part.attribute("id").is_none() { Err("it has no id") } else { lowered };
    Some(lowered.unwrap_or_else(|why| {
        lowering.warn(part, "invalid-rule", format!("this {} never passes: {why}", part.name()));
        Condition::Invalid { why: why.to_owned() }
    }))
}

fn lower_attribute(part: Element<'_>) -> Result<AttributeCondition, &'static str> {
    let attribute = shared(part, "attribute").ok_or("it names no attribute")?;
    let comparison =
        part.attribute("operation").and_then(parse_comparison).ok_or("its operation is unknown")?;
    let value = shared(part, "value");
    let takes_value = !matches!(comparison, Comparison::Defined | Comparison::NotDefined);
    match (takes_value, &value) {
        (true, None) => return Err("it has no value to compare with"),
        (false, Some(_)) => return Err("it has a value, which its operation cannot use"),
        (true, Some(_)) | (false, None) => {}
    }
    let value_source = part.attribute("value-source").map(parse_source).transpose()?.unwrap_or_default();
    let value_type = part.attribute("type").map(parse_type).transpose()?;
    let is_usual = value_source == ValueSource::Literal
        && value_type == Some(ValueType::Number)
        && is_compared_as_number(comparison, value.as_deref());
    let value_type = if is_usual { None } else { value_type };
    Ok(AttributeCondition { attribute, comparison, value, value_type, value_source })
}

/// Whether a type would say no more than is so without it: what comes before or after a number is compared
/// as one.
fn is_compared_as_number(comparison: Comparison, value: Option<&str>) -> bool {
    let is_number = |text: &str| text.parse::<f64>().is_ok() && !text.contains(['e', 'E', 'n', 'N']);
    match comparison {
        Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte => value.is_some_and(is_number),
        Comparison::Defined | Comparison::NotDefined | Comparison::Eq | Comparison::Ne => false,
    }
}

fn parse_comparison(text: &str) -> Option<Comparison> {
    Comparison::named(&text.to_ascii_lowercase())
}

fn parse_type(text: &str) -> Result<ValueType, &'static str> {
    ValueType::named(&text.to_ascii_lowercase()).ok_or("its type is unknown")
}

fn parse_source(text: &str) -> Result<ValueSource, &'static str> {
    ValueSource::named(&text.to_ascii_lowercase()).ok_or("its value source is unknown")
}

fn lower_operation(part: Element<'_>) -> Result<Condition, &'static str> {
    let name = shared(part, "name").ok_or("it names no operation")?;
    let interval = match part.attribute("interval") {
        Some(text) => Some(period::parse(text).ok_or("its interval is not a period")?),
        None => None,
    };
    Ok(Condition::Operation { name, interval })
}

fn lower_date(part: Element<'_>) -> Result<DateCondition, &'static str> {
    let start = shared(part, "start");
    let end = shared(part, "end");
    let operation = part.attribute("operation").unwrap_or("in_range");
    match operation.to_ascii_lowercase().as_str() {
        "in_range" if start.is_none() && end.is_none() => Err("it has neither start nor end"),
        "in_range" => {
            Ok(DateCondition::InRange { start, end, duration: part.child("duration").map(date_parts) })
        }
        "gt" => start.map(DateCondition::Gt).ok_or("it has no start"),
        "lt" => end.map(DateCondition::Lt).ok_or("it has no end"),
        "date_spec" => {
            let fields = part.child("date_spec").map(date_parts).ok_or("it has no date_spec")?;
            if fields.0.iter().all(|(_, range)| is_range(range)) {
                Ok(DateCondition::Spec(fields))
            } else {
                Err("a field of its date_spec is neither a number nor a range")
            }
        }
        _ => Err("its operation is unknown"),
    }
}

/// `X-Y`, `X-`, `-Y` or `X`.
fn is_range(text: &str) -> bool {
    let is_number = |text: &str| text.trim().parse::<i64>().is_ok();
    match text.split_once('-') {
        None => is_number(text),
        Some(("", end)) | Some((end, "")) => is_number(end),
        Some((low, high)) => is_number(low) && is_number(high),
    }
}

fn date_parts(element: Element<'_>) -> DateParts {
    let parts = element.attributes().filter(|(name, _)| *name != "id");
    DateParts(parts.map(|(name, value)| (Arc::from(name), Arc::from(value))).collect())
}
