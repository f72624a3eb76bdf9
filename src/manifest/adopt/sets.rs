//! Sets of options as a manifest says them: one plain map where that means the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::option::{self, OptionKind, OptionSpec};
use crate::model::resource::CloneChild;
use crate::model::rule::{Combine, Condition};
use crate::model::{Cluster, Operation, OptionSet, Primitive, Resource, Rule, Score, Value};

/// What the names and values of a list of sets can be.
#[derive(Debug, Clone, Copy)]
enum Vocabulary {
    /// Anything.
    Free,
    /// Names of any kind, with whole numbers.
    Capacity,
    /// These options.
    Table(&'static [OptionSpec]),
}

/// The value that takes an option back.
const UNSET: &str = "#default";

/// The set of properties that comes before all others.
const FIRST_PROPERTIES: &str = "cib-bootstrap-options";

/// Brings every list of sets into the form that a manifest has.
pub(super) fn fit_all(cluster: &mut Cluster) {
    let meta = Vocabulary::Table(option::RESOURCE_META);
    put_bootstrap_last(&mut cluster.properties);
    fit(&mut cluster.properties, Vocabulary::Table(option::PROPERTIES));
    fit(&mut cluster.resource_defaults, meta);
    fit(&mut cluster.operation_defaults, Vocabulary::Table(option::OPERATION));
    for node in &mut cluster.nodes {
        fit(&mut node.attributes, Vocabulary::Free);
        fit(&mut node.utilization, Vocabulary::Capacity);
    }
    for template in &mut cluster.templates {
        fit(&mut template.params, Vocabulary::Free);
        fit(&mut template.meta, meta);
        fit(&mut template.utilization, Vocabulary::Capacity);
    }
    for resource in &mut cluster.resources {
        fit_collective(resource, meta);
        for primitive in primitives(resource) {
            fit(&mut primitive.params, Vocabulary::Free);
            fit(&mut primitive.meta, meta);
            fit(&mut primitive.utilization, Vocabulary::Capacity);
        }
    }
    for_each_operation(cluster, &mut |_, operation| {
        fit(&mut operation.params, Vocabulary::Free);
        fit(&mut operation.meta, Vocabulary::Table(option::OPERATION));
    });
    for alert in &mut cluster.alerts {
        fit(&mut alert.params, Vocabulary::Free);
        fit(&mut alert.meta, Vocabulary::Table(option::ALERT_META));
        for recipient in &mut alert.recipients {
            fit(&mut recipient.params, Vocabulary::Free);
            fit(&mut recipient.meta, Vocabulary::Table(option::ALERT_META));
        }
    }
}

fn fit_collective(resource: &mut Resource, meta: Vocabulary) {
    match resource {
        Resource::Primitive(_) => {}
        Resource::Group(group) => {
            fit(&mut group.params, Vocabulary::Free);
            fit(&mut group.meta, meta);
        }
        Resource::Clone(clone) => {
            fit(&mut clone.params, Vocabulary::Free);
            fit(&mut clone.meta, meta);
            if let CloneChild::Group(group) = &mut clone.child {
                fit(&mut group.params, Vocabulary::Free);
                fit(&mut group.meta, meta);
            }
        }
        Resource::Bundle(bundle) => fit(&mut bundle.meta, meta),
    }
}

/// Every operation, with its owner's name.
pub(super) fn for_each_operation(cluster: &mut Cluster, each: &mut impl FnMut(&str, &mut Operation)) {
    for template in &mut cluster.templates {
        template.ops.iter_mut().for_each(|operation| each(template.id.as_str(), operation));
    }
    for primitive in cluster.resources.iter_mut().flat_map(primitives) {
        primitive.ops.iter_mut().for_each(|operation| each(primitive.id.as_str(), operation));
    }
}

fn primitives(resource: &mut Resource) -> Vec<&mut Primitive> {
    match resource {
        Resource::Primitive(primitive) => vec![primitive],
        Resource::Group(group) => group.members.iter_mut().collect(),
        Resource::Clone(clone) => match &mut clone.child {
            CloneChild::Primitive(primitive) => vec![primitive],
            CloneChild::Group(group) => group.members.iter_mut().collect(),
        },
        Resource::Bundle(bundle) => bundle.primitive.iter_mut().collect(),
    }
}

/// The set that comes before all others says so in the way of every other list.
fn put_bootstrap_last(properties: &mut [OptionSet]) {
    let is_first = |set: &OptionSet| set.id.as_ref().is_some_and(|id| *id == FIRST_PROPERTIES);
    if properties.iter().all(|set| set.score == Score::ZERO) {
        properties.sort_by_key(is_first);
    }
}

/// Sets without pairs say nothing. Sets without rules are one map, which needs no name unless it
/// holds what a manifest takes only from sets that have one.
fn fit(sets: &mut Vec<OptionSet>, vocabulary: Vocabulary) {
    sets.iter_mut().for_each(fit_set);
    sets.retain(|set| !set.pairs.is_empty());
    let is_simple = |set: &OptionSet| set.rule.is_none() && vocabulary.has(set);
    if !sets.iter().all(is_simple) || sets.len() > 1 && sets.iter().any(takes_back) {
        return;
    }
    // The set that counts most goes first, so that its pairs are the ones that stay.
    sets.reverse();
    sets.sort_by_key(|set| std::cmp::Reverse(set.score));
    let pairs = sets.drain(..).flat_map(|set| set.pairs).collect();
    let mut merged = OptionSet { pairs, ..OptionSet::default() };
    fit_set(&mut merged);
    sets.extend((!merged.pairs.is_empty()).then_some(merged));
}

fn takes_back(set: &OptionSet) -> bool {
    set.pairs.iter().any(|pair| &*pair.value.to_text() == UNSET)
}

impl Vocabulary {
    /// Whether a plain map could hold the set.
    fn has(self, set: &OptionSet) -> bool {
        set.pairs.iter().all(|pair| match (self, &pair.value) {
            (Self::Free, _) => true,
            (Self::Capacity | Self::Table(_), Value::Secret(_)) => false,
            (Self::Capacity, Value::Text(text)) => {
                OptionKind::Integer { min: i64::from(i32::MIN), max: i64::from(i32::MAX) }
                    .fault(text)
                    .is_none()
            }
            (Self::Table(table), Value::Text(text)) => {
                option::find(table, &pair.name).is_some_and(|spec| spec.fault(text).is_none())
            }
        })
    }
}

/// Of several pairs of one name only the first counts; rules have no names of their own.
fn fit_set(set: &mut OptionSet) {
    let mut seen = BTreeSet::new();
    set.pairs.retain(|pair| seen.insert(Arc::clone(&pair.name)));
    set.rule.iter_mut().for_each(fit_rule);
}

/// Where one condition is all there is, it does not matter how conditions combine.
pub(super) fn fit_rule(rule: &mut Rule) {
    rule.id = None;
    if rule.conditions.len() < 2 {
        rule.combine = Combine::And;
    }
    for condition in &mut rule.conditions {
        if let Condition::Rule(inner) = condition {
            fit_rule(inner);
        }
    }
}
