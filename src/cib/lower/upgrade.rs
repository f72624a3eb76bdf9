//! Names and places of options that changed with the schema. Only what still changes the meaning
//! of a document is brought up to date; names that are still understood stay as written.

use std::sync::Arc;

use crate::cib::xml::Element;
use crate::model::{Cluster, NameValue, OptionSet, Value};

/// Properties that became defaults: the old name, the new one, and whether for operations.
const MOVED: [(&str, &str, Defaults); 3] = [
    ("default-resource-stickiness", "resource-stickiness", Defaults::Resources),
    ("is-managed-default", "is-managed", Defaults::Resources),
    ("default-action-timeout", "timeout", Defaults::Operations),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defaults {
    Resources,
    Operations,
}

/// Brings a document of an old schema up to date.
pub(super) fn upgrade(root: Element<'_>, cluster: &mut Cluster) {
    if schema_major(root).is_none_or(|major| major >= 3) {
        return;
    }
    for set in &mut cluster.properties {
        for pair in &mut set.pairs {
            rename_property(pair);
        }
    }
    move_defaults(cluster);
}

/// The major version of `pacemaker-X.Y`; `None` where the schema is not named so.
fn schema_major(root: Element<'_>) -> Option<u32> {
    let version = root.attribute("validate-with")?.strip_prefix("pacemaker-")?;
    version.split('.').next()?.parse().ok()
}

fn rename_property(pair: &mut NameValue) {
    if &*pair.name == "transition_idle_timeout" {
        pair.name = Arc::from("cluster-delay");
    } else if pair.name.contains('_') {
        pair.name = pair.name.replace('_', "-").into();
    }
}

fn move_defaults(cluster: &mut Cluster) {
    for (old, new, target) in MOVED {
        let mut moved = Vec::new();
        for set in &mut cluster.properties {
            let found = set.pairs.extract_if(.., |pair| &*pair.name == old);
            moved.extend(found.map(|pair| NameValue { name: Arc::from(new), value: pair.value }));
        }
        let Some(first) = moved.into_iter().next() else { continue };
        let is_known = |set: &OptionSet| set.pairs.iter().any(|pair| pair.name == first.name);
        let defaults = match target {
            Defaults::Resources => &mut cluster.resource_defaults,
            Defaults::Operations => &mut cluster.operation_defaults,
        };
        if !defaults.iter().any(is_known) && first.value != Value::Text(Arc::from("")) {
            defaults.push(OptionSet { pairs: vec![first], ..OptionSet::default() });
        }
    }
}
