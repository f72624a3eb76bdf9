//! Nodes, fencing levels, tags, alerts, access control.

use indexmap::IndexMap;

use super::element::Element;
use super::options::sets;
use crate::model::acl::{AclKind, AclObject, AclPermission, AclSubject};
use crate::model::alert::{AlertEvent, Recipient};
use crate::model::fencing::FencingTarget;
use crate::model::node::NodeKind;
use crate::model::{Acls, Alert, FencingLevel, Node, ResourceId, TagId};

/// The section of nodes. Their ids are a name space of their own.
pub(super) fn nodes(nodes: &[Node]) -> Element {
    Element::new("nodes").holding(nodes.iter().map(|node| {
        let owner = format!("nodes-{}", node.name);
        let kind = match node.kind {
            NodeKind::Member => None,
            NodeKind::Remote => Some("remote"),
        };
        let score = (node.score.value() != 0).then_some(node.score);
        Element::new("node")
            .with("id", &node.id)
            .with("uname", &node.name)
            .with_some("type", kind)
            .with_some("score", score)
            .holding(sets("instance_attributes", &node.attributes, &owner))
            .holding(sets("utilization", &node.utilization, &owner))
    }))
}

/// The fencing topology, if there is one.
pub(super) fn fencing(levels: &[FencingLevel]) -> Option<Element> {
    (!levels.is_empty()).then(|| Element::new("fencing-topology").holding(levels.iter().map(level)))
}

fn level(level: &FencingLevel) -> Element {
    let element = |target: &str| {
        let proposal = format!("fencing-{target}-{}", level.index);
        Element::maybe_named("fencing-level", level.id.as_ref(), proposal)
    };
    let element = match &level.target {
        FencingTarget::Node(node) => element(node.as_str()).with("target", node),
        FencingTarget::Pattern(pattern) => element(pattern).with("target-pattern", pattern),
        FencingTarget::Attribute { name, value } => {
            element(value).with("target-attribute", name).with("target-value", value)
        }
    };
    let devices: Vec<&str> = level.devices.iter().map(ResourceId::as_str).collect();
    element.with("index", level.index).with("devices", devices.join(","))
}

/// The tags, if there are any.
pub(super) fn tags(tags: &IndexMap<TagId, Vec<ResourceId>>) -> Option<Element> {
    let tag = |(id, members): (&TagId, &Vec<ResourceId>)| {
        Element::named("tag", id)
            .holding(members.iter().map(|member| Element::new("obj_ref").with("id", member)))
    };
    (!tags.is_empty()).then(|| Element::new("tags").holding(tags.iter().map(tag)))
}

/// The alerts, if there are any.
pub(super) fn alerts(alerts: &[Alert]) -> Option<Element> {
    (!alerts.is_empty()).then(|| Element::new("alerts").holding(alerts.iter().map(alert)))
}

fn alert(alert: &Alert) -> Element {
    let select = (!alert.select.is_empty())
        .then(|| Element::new("select").holding(alert.select.iter().map(|event| selected(event, &alert.id))));
    Element::named("alert", &alert.id)
        .with("path", &alert.path)
        .with_some("description", alert.description.as_ref())
        .holding(sets("meta_attributes", &alert.meta, &alert.id))
        .holding(sets("instance_attributes", &alert.params, &alert.id))
        .holding(select)
        .holding(alert.recipients.iter().map(|one| recipient(one, &alert.id)))
}

fn selected(event: &AlertEvent, owner: &str) -> Element {
    match event {
        AlertEvent::Nodes => Element::new("select_nodes"),
        AlertEvent::Fencing => Element::new("select_fencing"),
        AlertEvent::Resources => Element::new("select_resources"),
        AlertEvent::Attributes(names) => {
            Element::new("select_attributes").holding(names.iter().map(|name| {
                Element::nameless("attribute", format!("{owner}-select-{name}")).with("name", name)
            }))
        }
    }
}

fn recipient(recipient: &Recipient, alert: &str) -> Element {
    let proposal = format!("{alert}-recipient");
    let owner = recipient.id.as_deref().unwrap_or(&proposal).to_owned();
    Element::maybe_named("recipient", recipient.id.as_ref(), proposal)
        .with("value", &recipient.value)
        .with_some("description", recipient.description.as_ref())
        .holding(sets("meta_attributes", &recipient.meta, &owner))
        .holding(sets("instance_attributes", &recipient.params, &owner))
}

/// Access control, if there is any.
pub(super) fn acls(acls: &Acls) -> Option<Element> {
    if acls.roles.is_empty() && acls.subjects.is_empty() {
        return None;
    }
    let roles = acls.roles.iter().map(|role| {
        Element::named("acl_role", &role.id)
            .with_some("description", role.description.as_ref())
            .holding(role.permissions.iter().map(|one| permission(one, &role.id)))
    });
    let subjects = acls.subjects.iter().map(subject);
    Some(Element::new("acls").holding(roles).holding(subjects))
}

/// A name is also the id where it can be: older versions know no other.
fn subject(subject: &AclSubject) -> Element {
    let kind = if subject.is_group { "acl_group" } else { "acl_target" };
    Element::nameless(kind, subject.name.to_string())
        .with("name", &subject.name)
        .holding(subject.roles.iter().map(|role| Element::new("role").with("id", role)))
}

fn permission(permission: &AclPermission, role: &str) -> Element {
    let kind = match permission.kind {
        AclKind::Read => "read",
        AclKind::Write => "write",
        AclKind::Deny => "deny",
    };
    let element = Element::maybe_named("acl_permission", permission.id.as_ref(), format!("{role}-{kind}"))
        .with("kind", kind);
    match &permission.object {
        AclObject::Xpath(xpath) => element.with("xpath", xpath),
        AclObject::Reference(reference) => element.with("reference", reference),
        AclObject::Tag { name, attribute } => {
            element.with("object-type", name).with_some("attribute", attribute.as_ref())
        }
    }
}
