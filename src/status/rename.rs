//! Renames in what was observed: the history of a resource goes on under its new name.

use std::sync::Arc;

use super::ClusterStatus;
use crate::model::Rename;
use crate::model::rename::{rename_instance, rename_key};

/// Renames resources in what was observed, so that their history goes on.
pub fn rename_in_status(status: &mut ClusterStatus, renames: &[Rename]) {
    if renames.is_empty() {
        return;
    }
    for node in &mut status.nodes {
        for history in &mut node.resources {
            let old = Arc::clone(&history.id);
            history.id = rename_instance(&old, renames);
            for entry in &mut history.entries {
                entry.id = rename_key(&entry.id, &old, &history.id);
                let key = entry.operation_key.as_ref();
                entry.operation_key = key.map(|key| rename_key(key, &old, &history.id));
            }
        }
        for pair in node.attributes.iter_mut().flat_map(|set| &mut set.pairs) {
            pair.name = rename_failure(&pair.name, renames);
        }
    }
}

/// The attributes `fail-count-RESOURCE#...` and `last-failure-RESOURCE#...` under the new name.
fn rename_failure(attribute: &Arc<str>, renames: &[Rename]) -> Arc<str> {
    for prefix in ["fail-count-", "last-failure-"] {
        if let Some((resource, operation)) =
            attribute.strip_prefix(prefix).and_then(|rest| rest.split_once('#'))
        {
            let resource = rename_instance(&resource.into(), renames);
            return format!("{prefix}{resource}#{operation}").into();
        }
    }
    Arc::clone(attribute)
}
