//! Rules.

use super::element::Element;
use crate::model::rule::{
    AttributeCondition, Combine, Condition, DateCondition, DateParts, RulePreference, RuleScore, ValueSource,
    ValueType,
};
use crate::model::{Rule, period};

/// The first moment of all, for conditions that always or never hold.
const BEGINNING: &str = "1970-01-01";

/// A rule.
pub(super) fn rule(rule: &Rule, owner: &str) -> Element {
    let proposal = format!("{owner}-rule");
    let name = rule.id.as_ref().map_or(proposal.as_str(), |id| id.as_str()).to_owned();
    let operator = match rule.combine {
        Combine::And => None,
        Combine::Or => Some("or"),
    };
    let mut element =
        Element::maybe_named("rule", rule.id.as_ref(), proposal).with_some("boolean-op", operator);
    if rule.conditions.is_empty() {
        // A rule of a CIB must have a condition.
        element.push(moment(&name, "gt", "start"));
    }
    element.holding(rule.conditions.iter().map(|part| condition(part, &name)))
}

/// A rule of a location, with what it gives.
pub(super) fn preference(preference: &RulePreference, owner: &str) -> Element {
    let element = rule(&preference.rule, owner);
    let element = match &preference.score {
        RuleScore::Fixed(score) => element.with("score", score),
        RuleScore::Attribute(attribute) => element.with("score-attribute", attribute),
    };
    element.with_some("role", preference.role)
}

fn condition(condition: &Condition, owner: &str) -> Element {
    match condition {
        Condition::Rule(inner) => rule(inner, owner),
        Condition::Attribute(attribute) => comparison(attribute, owner),
        Condition::Agent { class, provider, kind } => {
            Element::nameless("rsc_expression", format!("{owner}-agent"))
                .with_some("class", class.as_ref())
                .with_some("provider", provider.as_ref())
                .with_some("type", kind.as_ref())
        }
        Condition::Operation { name, interval } => Element::nameless("op_expression", format!("{owner}-op"))
            .with("name", name)
            .with_some("interval", interval.map(period::format)),
        Condition::Date(date) => date_expression(date, owner),
        // What could not be read never passes, and neither does this.
        Condition::Invalid { .. } => moment(owner, "lt", "end"),
    }
}

fn moment(owner: &str, operation: &str, side: &str) -> Element {
    Element::nameless("date_expression", format!("{owner}-date"))
        .with("operation", operation)
        .with(side, BEGINNING)
}

fn comparison(condition: &AttributeCondition, owner: &str) -> Element {
    let source = Some(condition.value_source).filter(|source| *source != ValueSource::Literal);
    Element::nameless("expression", format!("{owner}-expression"))
        .with("attribute", &condition.attribute)
        .with("operation", condition.comparison.as_str())
        .with_some("value", condition.value.as_ref())
        .with_some("type", condition.value_type.map(ValueType::as_str))
        .with_some("value-source", source.map(ValueSource::as_str))
}

fn date_expression(date: &DateCondition, owner: &str) -> Element {
    let name = format!("{owner}-date");
    let element =
        |operation: &str| Element::nameless("date_expression", name.clone()).with("operation", operation);
    match date {
        DateCondition::Gt(start) => element("gt").with("start", start),
        DateCondition::Lt(end) => element("lt").with("end", end),
        DateCondition::Spec(fields) => element("date_spec").holding([parts("date_spec", fields, &name)]),
        DateCondition::InRange { start, end, duration } => element("in_range")
            .with_some("start", start.as_ref())
            .with_some("end", end.as_ref())
            .holding(duration.as_ref().map(|fields| parts("duration", fields, &name))),
    }
}

fn parts(kind: &'static str, parts: &DateParts, owner: &str) -> Element {
    let element = Element::nameless(kind, format!("{owner}-{kind}"));
    parts.0.iter().fold(element, |element, (name, value)| element.with(name, value))
}
