//! Names that tools gave to parts of a configuration and that nobody needs to read.

use crate::model::option::{self, OptionSpec};
use crate::model::resource::CloneChild;
use crate::model::{Cluster, Operation, OptionSet, Primitive, Resource, Score, Value};

/// The cluster without the ids of option sets and operations that only tools care for: of sets
/// that are alone with their owner, have no rule, and hold nothing that a manifest would refuse
/// in a plain map.
#[must_use]
pub fn without_tool_ids(mut cluster: Cluster) -> Cluster {
    forget(&mut cluster.properties, Some(option::PROPERTIES));
    forget(&mut cluster.resource_defaults, Some(option::RESOURCE_META));
    forget(&mut cluster.operation_defaults, Some(option::OPERATION));
    for node in &mut cluster.nodes {
        forget(&mut node.attributes, None);
        forget(&mut node.utilization, None);
    }
    for template in &mut cluster.templates {
        forget(&mut template.params, None);
        forget(&mut template.meta, Some(option::RESOURCE_META));
        forget(&mut template.utilization, None);
        template.ops.iter_mut().for_each(|operation| forget_operation(template.id.as_str(), operation));
    }
    for resource in &mut cluster.resources {
        match resource {
            Resource::Primitive(primitive) => forget_primitive(primitive),
            Resource::Group(group) => {
                forget(&mut group.params, None);
                forget(&mut group.meta, Some(option::RESOURCE_META));
                group.members.iter_mut().for_each(forget_primitive);
            }
            Resource::Clone(clone) => {
                forget(&mut clone.params, None);
                forget(&mut clone.meta, Some(option::RESOURCE_META));
                match &mut clone.child {
                    CloneChild::Primitive(primitive) => forget_primitive(primitive),
                    CloneChild::Group(group) => {
                        forget(&mut group.params, None);
                        forget(&mut group.meta, Some(option::RESOURCE_META));
                        group.members.iter_mut().for_each(forget_primitive);
                    }
                }
            }
            Resource::Bundle(bundle) => {
                forget(&mut bundle.meta, Some(option::RESOURCE_META));
                bundle.primitive.iter_mut().for_each(forget_primitive);
            }
        }
    }
    for alert in &mut cluster.alerts {
        forget(&mut alert.params, None);
        forget(&mut alert.meta, Some(option::ALERT_META));
    }
    cluster
}

fn forget_primitive(primitive: &mut Primitive) {
    forget(&mut primitive.params, None);
    forget(&mut primitive.meta, Some(option::RESOURCE_META));
    forget(&mut primitive.utilization, None);
    let owner = primitive.id.clone();
    primitive.ops.iter_mut().for_each(|operation| forget_operation(owner.as_str(), operation));
}

/// Ids of operations that start with their owner's name were made, not chosen.
fn forget_operation(owner: &str, operation: &mut Operation) {
    forget(&mut operation.meta, Some(option::OPERATION));
    forget(&mut operation.params, None);
    if operation.id.as_deref().is_some_and(|id| id.starts_with(owner)) {
        operation.id = None;
    }
}

fn forget(sets: &mut [OptionSet], table: Option<&'static [OptionSpec]>) {
    let [only] = sets else { return };
    let is_good = |set: &OptionSet| {
        set.pairs.iter().all(|pair| match (table, &pair.value) {
            (None, _) => true,
            (Some(_), Value::Secret(_)) => false,
            (Some(table), Value::Text(text)) => {
                option::find(table, &pair.name).is_some_and(|spec| spec.fault(text).is_none())
            }
        })
    };
    if only.rule.is_none() && only.score == Score::ZERO && is_good(only) {
        only.id = None;
    }
}
