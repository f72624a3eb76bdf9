//! Nodes, fencing, tags, alerts and access control in outline.

use super::super::address::ObjectKind;
use super::{Object, options};
use crate::model::acl::{AclKind, AclObject, AclPermission, AclRole, AclSubject};
use crate::model::alert::{Alert, AlertEvent, Recipient};
use crate::model::fencing::{FencingLevel, FencingTarget};
use crate::model::node::{Node, NodeKind};
use crate::model::{ResourceId, TagId};

/// A node.
pub(super) fn node(node: &Node) -> Object {
    let Node { id: _, name, kind, score, addresses, attributes, utilization } = node;
    let mut object = Object::new(ObjectKind::Node, name.as_str());
    object.headline = addresses.join(", ");
    match kind {
        NodeKind::Member => {}
        NodeKind::Remote => object.say("remote", true),
    }
    if score.value() != 0 {
        object.say("score", score);
    }
    if !addresses.is_empty() {
        object.say("addresses", addresses.join(", "));
    }
    options::options(&mut object, "attributes", attributes);
    options::options(&mut object, "utilization", utilization);
    object
}

/// One level of fencing.
pub(super) fn fencing_level(level: &FencingLevel) -> Object {
    let FencingLevel { id: _, target: _, index: _, devices } = level;
    let mut object = Object::new(ObjectKind::Fencing, level_name(level));
    object.headline = names(devices);
    object.say("devices", names(devices));
    object
}

/// What a level is called: its target and its index.
pub(in crate::plan) fn level_name(level: &FencingLevel) -> String {
    let target = match &level.target {
        FencingTarget::Node(node) => node.to_string(),
        FencingTarget::Pattern(pattern) => pattern.to_string(),
        FencingTarget::Attribute { name, value } => format!("{name}={value}"),
    };
    format!("{target}[{}]", level.index)
}

/// A tag.
pub(super) fn tag(id: &TagId, members: &[ResourceId]) -> Object {
    let mut object = Object::new(ObjectKind::Tag, id.as_str());
    object.headline = names(members);
    object.say("members", names(members));
    object
}

/// An alert.
pub(super) fn alert(alert: &Alert) -> Object {
    let Alert { id, path, description, meta, params, select, recipients } = alert;
    let mut object = Object::new(ObjectKind::Alert, &**id);
    object.headline = path.to_string();
    object.say("path", path);
    object.say_some("description", description.as_ref());
    options::options(&mut object, "meta", meta);
    options::params(&mut object, "params", params);
    for event in select {
        match event {
            AlertEvent::Nodes => object.say("select.nodes", true),
            AlertEvent::Fencing => object.say("select.fencing", true),
            AlertEvent::Resources => object.say("select.resources", true),
            AlertEvent::Attributes(names) => object.say("select.attributes", names.join(", ")),
        }
    }
    for (index, recipient) in recipients.iter().enumerate() {
        let Recipient { id: _, value, description, meta, params } = recipient;
        let path = format!("recipients[{}]", index + 1);
        object.say(&path, value);
        object.say_some(&format!("{path}.description"), description.as_ref());
        options::options(&mut object, &format!("{path}.meta"), meta);
        options::params(&mut object, &format!("{path}.params"), params);
    }
    object
}

/// A role of access control.
pub(super) fn acl_role(role: &AclRole) -> Object {
    let AclRole { id, description, permissions } = role;
    let mut object = Object::new(ObjectKind::AclRole, &**id);
    object.say_some("description", description.as_ref());
    for (index, permission) in permissions.iter().enumerate() {
        let AclPermission { id: _, kind, object: what } = permission;
        let kind = match kind {
            AclKind::Read => "read",
            AclKind::Write => "write",
            AclKind::Deny => "deny",
        };
        let what = match what {
            AclObject::Xpath(path) => path.to_string(),
            AclObject::Reference(id) => format!("#{id}"),
            AclObject::Tag { name, attribute: None } => name.to_string(),
            AclObject::Tag { name, attribute: Some(attribute) } => format!("{name}@{attribute}"),
        };
        object.say(format!("permissions[{}]", index + 1), format!("{kind} {what}"));
    }
    object
}

/// A user or group of access control.
pub(super) fn acl_subject(subject: &AclSubject) -> Object {
    let AclSubject { name, is_group, roles } = subject;
    let kind = if *is_group { "group" } else { "user" };
    let mut object = Object::new(ObjectKind::AclSubject, format!("{kind}.{name}"));
    object.headline = roles.join(", ");
    object.say("roles", roles.join(", "));
    object
}

fn names(resources: &[ResourceId]) -> String {
    resources.iter().map(ResourceId::as_str).collect::<Vec<_>>().join(", ")
}
