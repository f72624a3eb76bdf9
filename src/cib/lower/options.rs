//! Sets of options: `meta_attributes`, `instance_attributes`, `utilization`, properties.

use super::{Lowering, rules};
use crate::cib::xml::Element;
use crate::model::{NameValue, OptionSet, OptionSetId};

/// The sets called `kind` directly inside `owner`, in order; references are followed.
pub(super) fn lower_sets<'t>(lowering: &mut Lowering<'t>, owner: Element<'t>, kind: &str) -> Vec<OptionSet> {
    owner.children_named(kind).filter_map(|set| lower_set(lowering, set)).collect()
}

fn lower_set<'t>(lowering: &mut Lowering<'t>, set: Element<'t>) -> Option<OptionSet> {
    let set = lowering.resolve(set)?;
    Some(OptionSet {
        id: set.attribute("id").map(OptionSetId::from),
        score: lowering.score(set, "score").unwrap_or_default(),
        rule: set.child("rule").map(|rule| rules::lower_rule(lowering, rule)),
        pairs: set.children_named("nvpair").filter_map(|pair| lower_pair(lowering, pair)).collect(),
    })
}

/// A pair without name or without value says nothing.
fn lower_pair<'t>(lowering: &mut Lowering<'t>, pair: Element<'t>) -> Option<NameValue> {
    let origin = lowering.resolve(pair)?;
    let name = pair.attribute("name").or_else(|| origin.attribute("name"))?;
    let Some(value) = origin.attribute("value") else {
        lowering.dropped(pair, &format!("`{name}` has no value"));
        return None;
    };
    Some(NameValue::text(name, value))
}
