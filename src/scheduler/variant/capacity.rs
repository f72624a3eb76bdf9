//! How much a resource takes, by what it is made of.

use std::sync::Arc;

use super::group;
use crate::scheduler::assign::capacity::Amounts;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::{ResourceIx, Variant};

impl Draft<'_> {
    /// Whether a resource is a group whose members are always in one place.
    pub(crate) fn is_together_as_group(&self, resource: ResourceIx) -> bool {
        let known = self.resource(resource);
        let is_cloned = known.parent.is_some_and(|parent| self.resource(parent).variant.is_clone());
        known.variant.is_group() && (is_cloned || group::is_colocated(self, resource))
    }

    /// Adds what a resource takes together with its parts, those in `set` aside: they count themselves.
    pub(crate) fn add_required(&self, resource: ResourceIx, set: &[ResourceIx], required: &mut Amounts) {
        let known = self.resource(resource);
        let is_elsewhere = |resource: &ResourceIx| set.contains(resource);
        match &known.variant {
            Variant::Primitive(_) => {
                for (name, amount) in &known.utilization {
                    let sum = required.entry(Arc::clone(name)).or_insert(0);
                    *sum = sum.saturating_add(*amount);
                }
            }
            Variant::Group(_) if self.is_together_as_group(resource) => {
                for member in known.children.iter().filter(|member| !is_elsewhere(member)) {
                    self.add_required(*member, set, required);
                }
            }
            Variant::Group(_) => {
                if let Some(first) = known.children.first() {
                    self.add_required(*first, set, required);
                }
            }
            Variant::Clone(_) => self.add_required_by_clone(resource, set, required),
            Variant::Bundle(bundle) => {
                if let Some(first) = bundle.replicas.first() {
                    self.add_required(first.container, set, required);
                }
            }
        }
    }

    fn add_required_by_clone(&self, clone: ResourceIx, set: &[ResourceIx], required: &mut Amounts) {
        let instances = &self.resource(clone).children;
        if instances.iter().any(|instance| set.contains(instance)) {
            return;
        }
        let has_member = |instance: &&ResourceIx| {
            self.resource(**instance).children.iter().any(|member| set.contains(member))
        };
        let counted = instances.iter().find(has_member).or(instances.first());
        if let Some(counted) = counted {
            self.add_required(*counted, set, required);
        }
    }
}
