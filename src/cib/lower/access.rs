//! Access control.

use super::{Lowering, description, shared};
use crate::cib::xml::Element;
use crate::model::Acls;
use crate::model::acl::{AclKind, AclObject, AclPermission, AclRole, AclSubject};

/// Lowers roles and their holders in order.
pub(super) fn lower_acls(lowering: &mut Lowering<'_>, section: Element<'_>) -> Acls {
    let mut acls = Acls::default();
    for element in section.children() {
        match element.name() {
            "acl_role" => acls.roles.extend(lower_acl_role(lowering, element)),
            "acl_target" | "acl_user" | "acl_group" => acls.subjects.extend(lower_subject(lowering, element)),
            _ => lowering.dropped(element, "it is not a kind of access control"),
        }
    }
    acls
}

fn lower_acl_role(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<AclRole> {
    let Some(id) = shared(element, "id") else {
        lowering.dropped(element, "it has no `id`");
        return None;
    };
    let permissions =
        element.children_named("acl_permission").filter_map(|part| lower_permission(lowering, part));
    Some(AclRole { id, description: description(element), permissions: permissions.collect() })
}

fn lower_permission(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<AclPermission> {
    let kind = match element.attribute("kind") {
        Some("read") => AclKind::Read,
        Some("write") => AclKind::Write,
        Some("deny") => AclKind::Deny,
        Some(_) | None => {
            lowering.dropped(element, "its kind is not read, write or deny");
            return None;
        }
    };
    let object =
        match (shared(element, "xpath"), shared(element, "reference"), shared(element, "object-type")) {
            (Some(xpath), _, _) => AclObject::Xpath(xpath),
            (None, Some(reference), _) => AclObject::Reference(reference),
            (None, None, Some(name)) => AclObject::Tag { name, attribute: shared(element, "attribute") },
            (None, None, None) => {
                lowering.dropped(element, "it does not say on what");
                return None;
            }
        };
    Some(AclPermission { id: shared(element, "id"), kind, object })
}

fn lower_subject(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<AclSubject> {
    let Some(name) = shared(element, "name").or_else(|| shared(element, "id")) else {
        lowering.dropped(element, "it has no `id`");
        return None;
    };
    let roles = element.children().filter(|child| child.is("role") || child.is("role_ref"));
    Some(AclSubject {
        name,
        is_group: element.is("acl_group"),
        roles: roles.filter_map(|role| shared(role, "id")).collect(),
    })
}
