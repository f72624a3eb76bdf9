//! Locations.

use super::constraints::{lower_role, lower_sets};
use super::{Lowering, rules, shared};
use crate::cib::xml::Element;
use crate::model::constraint::{Discovery, Location, LocationPreference, LocationTarget};
use crate::model::rule::{Combine, Condition, RulePreference, RuleScore};
use crate::model::{ConstraintId, NodeName, ResourceId, Rule};

/// Lowers a location. Old documents may have several rules in it: one location each.
pub(super) fn lower_location<'t>(
    lowering: &mut Lowering<'t>,
    element: Element<'t>,
    id: &ConstraintId,
) -> Vec<Location> {
    let Some(common) = lower_common(lowering, element, id) else { return Vec::new() };
    if let (Some(node), Some(score)) = (element.attribute("node"), lowering.score(element, "score")) {
        let preference = LocationPreference::Node { node: NodeName::from(node), score };
        return vec![Location { preference, ..common }];
    }
    let lifetime = element.child("lifetime").map(|lifetime| lower_lifetime(lowering, lifetime));
    let rules: Vec<_> = element.children_named("rule").collect();
    if rules.is_empty() {
        lowering.dropped(element, "it has neither a node with a score nor a rule");
    }
    let preferences = rules.into_iter().filter_map(|rule| lower_preference(lowering, rule));
    let limited = preferences.map(|preference| match &lifetime {
        Some(lifetime) => RulePreference { rule: both(lifetime.clone(), preference.rule), ..preference },
        None => preference,
    });
    limited
        .map(|preference| Location { preference: LocationPreference::Rule(preference), ..common.clone() })
        .collect()
}

/// All that does not depend on how the location names its nodes.
fn lower_common<'t>(
    lowering: &mut Lowering<'t>,
    element: Element<'t>,
    id: &ConstraintId,
) -> Option<Location> {
    let target = LocationTarget {
        resource: element.attribute("rsc").map(ResourceId::from),
        pattern: shared(element, "rsc-pattern"),
        sets: lower_sets(lowering, element)?,
    };
    if target == LocationTarget::default() {
        lowering.dropped(element, "it names no resource");
        return None;
    }
    Some(Location {
        id: id.clone(),
        target,
        preference: LocationPreference::Rule(RulePreference {
            rule: Rule::default(),
            score: RuleScore::Fixed(crate::model::Score::ZERO),
            role: None,
        }),
        role: lower_role(lowering, element, "role"),
        discovery: lower_discovery(lowering, element),
    })
}

fn lower_discovery(lowering: &mut Lowering<'_>, element: Element<'_>) -> Discovery {
    let text = element.attribute("resource-discovery").unwrap_or("always");
    match text.to_ascii_lowercase().as_str() {
        "always" => Discovery::Always,
        "never" => Discovery::Never,
        "exclusive" => Discovery::Exclusive,
        _ => {
            lowering.warn(element, "invalid-discovery", format!("`{text}` counts as `always`"));
            Discovery::Always
        }
    }
}

/// A rule with its score; a rule without one voids the constraint.
fn lower_preference<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<RulePreference> {
    let element = lowering.resolve(element)?;
    let score = match (lowering.score(element, "score"), shared(element, "score-attribute")) {
        (Some(score), _) => RuleScore::Fixed(score),
        (None, Some(attribute)) => RuleScore::Attribute(attribute),
        (None, None) => {
            lowering.dropped(element, "it has no score");
            return None;
        }
    };
    Some(RulePreference {
        rule: rules::lower_rule(lowering, element),
        score,
        role: lower_role(lowering, element, "role"),
    })
}

/// What old documents put beside the rules to limit them in time.
fn lower_lifetime<'t>(lowering: &mut Lowering<'t>, lifetime: Element<'t>) -> Rule {
    let rules =
        lifetime.children_named("rule").map(|rule| Condition::Rule(rules::lower_rule(lowering, rule)));
    Rule { id: None, combine: Combine::Or, conditions: rules.collect() }
}

fn both(first: Rule, second: Rule) -> Rule {
    let id = second.id.clone();
    Rule { id, combine: Combine::And, conditions: vec![Condition::Rule(first), Condition::Rule(second)] }
}
