//! Unfencing: nodes that a device must let in before resources may use what it guards.

use super::draft::{Draft, DraftIx, Need};
use super::link::Relations;
use super::verb::{Key, Verb};
use super::work::Work;
use crate::scheduler::digest::{self, Coverage};
use crate::scheduler::facts::{NodeIx, NodeKind, Requires, ResourceIx};
use crate::scheduler::reason::{ActionRef, Reason};

/// Whether nodes are unfenced at all: something asks for it, and fencing is enabled and has a device.
pub fn is_in_force(work: &Work<'_, '_>) -> bool {
    let properties = &work.facts.properties;
    properties.unfencing_in_use && properties.fencing_enabled && properties.has_fence_device
}

/// Whether a resource needs its node unfenced.
pub fn is_needed_by(work: &Work<'_, '_>, resource: ResourceIx) -> bool {
    is_in_force(work) && work.resource(resource).requires == Requires::Unfencing
}

/// The unfencing of a node, optional unless a device changed since the last time.
pub fn request(work: &mut Work<'_, '_>, node: NodeIx) -> DraftIx {
    if let Some(known) = work.actions.of_node(Verb::FenceOn, node) {
        return known;
    }
    let mut draft = Draft::new(None, Key::once(Verb::FenceOn), Need::Optional);
    draft.node = Some(node);
    draft.set_meta("stonith_action", "on");
    if describe_devices(work, node, &mut draft) {
        draft.need = Need::Required;
        draft.give_reason(Reason::DeviceParametersChanged(None));
    }
    work.actions.add(draft)
}

/// Notes every unfencing device's parameters for the node to remember. Says whether some differ
/// from what it remembers now.
pub fn describe_devices(work: &Work<'_, '_>, node: NodeIx, draft: &mut Draft) -> bool {
    let mut differs = false;
    let (mut all, mut public) = (String::new(), String::new());
    let attributes = &work.node(node).attributes;
    let remembers = |name: &str, summary: &str| {
        attributes.get(name).is_some_and(|remembered| remembered.contains(summary))
    };
    for number in (0..work.facts.resources.len()).rev() {
        let device = ResourceIx::at(number);
        if !unfences(work, device) {
            continue;
        }
        let summary = digest::unfencing_summary(work.facts, device, node, Coverage::All);
        let public_summary = digest::unfencing_summary(work.facts, device, node, Coverage::Public);
        let is_same = !attributes.contains_key("#digests-all")
            || remembers("#digests-all", &summary)
            || remembers("#digests-secure", &public_summary);
        differs |= !is_same;
        all.push_str(&summary);
        public.push_str(&public_summary);
    }
    draft.set_meta("digests_all", all);
    draft.set_meta("digests_secure", public);
    differs
}

/// Whether a resource is a device that unfences.
fn unfences(work: &Work<'_, '_>, device: ResourceIx) -> bool {
    let facts = work.resource(device);
    work.is_fence_device(device)
        && (facts.requires == Requires::Unfencing
            || facts.meta.get("provides").is_some_and(|provides| &**provides == "unfencing"))
}

/// Orders an action that needs its node unfenced after that. A node that was not yet unfenced has to
/// be, even if the action would only repeat what is so: what runs on it is not let in.
pub fn order_after(work: &mut Work<'_, '_>, action: DraftIx, node: NodeIx, relations: Relations) {
    let entry = work.actions.draft(action);
    let (Some(resource), task) = (entry.resource, entry.verb.task(&work.actions.names)) else { return };
    let is_concerned = is_in_force(work) && (is_needed_by(work, resource) || work.is_fence_device(resource));
    if !is_concerned || work.node(node).kind == NodeKind::Guest {
        return;
    }
    let on = request(work, node);
    work.actions.link_drafts(on, action, relations);
    let is_unfenced = work.node(node).attributes.get("#node-unfenced").is_some_and(|since| &**since != "0");
    if !is_unfenced {
        let by = ActionRef { resource: work.resource(resource).id.clone(), task };
        demand(work, node, Reason::RequiredBy(by));
    }
}

/// Makes the unfencing of a node required, if the node is up.
pub fn demand(work: &mut Work<'_, '_>, node: NodeIx, reason: Reason) {
    if !work.is_clean(node) || work.node(node).is_shutting_down {
        return;
    }
    let on = request(work, node);
    let draft = work.actions.draft_mut(on);
    draft.need = Need::Required;
    draft.give_reason(reason);
}
