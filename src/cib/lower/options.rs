//! Sets of options: `meta_attributes`, `instance_attributes`, `utilization`, properties.

use super::{Lowering, rules};
use crate::cib::xml::Element;
use crate::model::option::{self, OptionSpec};
use crate::model::{NameValue, OptionSet, OptionSetId};

/// The sets called `kind` directly inside `owner`, in order; references are followed.
pub(super) fn lower_sets<'t>(lowering: &mut Lowering<'t>, owner: Element<'t>, kind: &str) -> Vec<OptionSet> {
    lower_known(lowering, owner, kind, &[])
}

/// The same for options of a resource that the cluster reads, or their defaults.
pub(super) fn lower_meta<'t>(lowering: &mut Lowering<'t>, owner: Element<'t>) -> Vec<OptionSet> {
    lower_known(lowering, owner, "meta_attributes", option::RESOURCE_META)
}

/// Cluster properties.
pub(super) fn lower_properties<'t>(lowering: &mut Lowering<'t>, section: Element<'t>) -> Vec<OptionSet> {
    lower_known(lowering, section, "cluster_property_set", option::PROPERTIES)
}

/// Sets of options, of which those in `table` are known: what they cannot be is told, and kept as it is.
fn lower_known<'t>(
    lowering: &mut Lowering<'t>,
    owner: Element<'t>,
    kind: &str,
    table: &'static [OptionSpec],
) -> Vec<OptionSet> {
    owner.children_named(kind).filter_map(|set| lower_set(lowering, set, table)).collect()
}

fn lower_set<'t>(
    lowering: &mut Lowering<'t>,
    set: Element<'t>,
    table: &'static [OptionSpec],
) -> Option<OptionSet> {
    let set = lowering.resolve(set)?;
    Some(OptionSet {
        id: set.attribute("id").map(OptionSetId::from),
        score: lowering.score(set, "score").unwrap_or_default(),
        rule: set.child("rule").map(|rule| rules::lower_rule(lowering, rule)),
        pairs: set.children_named("nvpair").filter_map(|pair| lower_pair(lowering, pair, table)).collect(),
    })
}

/// A pair without name or without value says nothing.
fn lower_pair<'t>(
    lowering: &mut Lowering<'t>,
    pair: Element<'t>,
    table: &'static [OptionSpec],
) -> Option<NameValue> {
    let origin = lowering.resolve(pair)?;
    let name = pair.attribute("name").or_else(|| origin.attribute("name"))?;
    let Some(value) = origin.attribute("value") else {
        lowering.dropped(pair, &format!("`{name}` has no value"));
        return None;
    };
    if let Some(fault) = option::find(table, name).and_then(|spec| spec.fault(value)) {
        lowering.warn(pair, "invalid-value", format!("`{name}`: {fault}"));
    }
    Some(NameValue::text(name, value))
}
