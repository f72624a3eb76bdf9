//! Sets of options.

use super::element::Element;
use super::{SECRET, rules};
use crate::model::{Cluster, OptionSet, Value};

/// The section of cluster properties. Tools expect a set of this name, and it goes first.
pub(super) fn properties(cluster: &Cluster) -> Element {
    let section = Element::new("crm_config");
    match cluster.properties.as_slice() {
        [only] if only.id.is_none() => {
            section.holding([set("cluster_property_set", only, "cib-bootstrap-options".to_owned())])
        }
        several => section.holding(sets("cluster_property_set", several, "properties")),
    }
}

/// A section of defaults, if there are any.
pub(super) fn defaults(section: &'static str, all: &[OptionSet]) -> Option<Element> {
    (!all.is_empty()).then(|| Element::new(section).holding(sets("meta_attributes", all, section)))
}

/// Sets of one kind, in order.
pub(super) fn sets(kind: &'static str, all: &[OptionSet], owner: &str) -> Vec<Element> {
    all.iter().map(|one| set(kind, one, format!("{owner}-{kind}"))).collect()
}

fn set(kind: &'static str, set: &OptionSet, proposal: String) -> Element {
    let name = set.id.as_ref().map_or(proposal.as_str(), |id| id.as_str()).to_owned();
    let score = (set.score.value() != 0).then_some(set.score);
    let pairs = set.pairs.iter().map(|pair| {
        let value = match &pair.value {
            Value::Text(text) => text,
            Value::Secret(_) => SECRET,
        };
        Element::nameless("nvpair", format!("{name}-{}", pair.name))
            .with("name", &pair.name)
            .with("value", value)
    });
    Element::maybe_named(kind, set.id.as_ref(), proposal)
        .with_some("score", score)
        .holding(set.rule.as_ref().map(|rule| rules::rule(rule, &name)))
        .holding(pairs)
}
