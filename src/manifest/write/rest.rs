//! Alerts and access control.

use super::options::options;
use super::{list, map, names, text};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::rest::{
    AclRoleEntry, AclsEntry, AlertEntry, PermissionEntry, PermissionKind, RecipientEntry, RecipientRecord,
    SelectEntry,
};
use crate::model::acl::{AclKind, AclObject, AclPermission, AclSubject};
use crate::model::alert::{AlertEvent, Recipient};
use crate::model::{Acls, Alert};

pub(super) fn alert(alert: &Alert) -> AlertEntry {
    AlertEntry {
        path: At::new(alert.path.to_string()),
        description: text(alert.description.as_ref()),
        select: list(alert.select.iter().map(select).collect()),
        recipients: list(alert.recipients.iter().map(recipient).collect()),
        meta: options(&alert.meta),
        params: options(&alert.params),
    }
}

fn select(event: &AlertEvent) -> SelectEntry {
    match event {
        AlertEvent::Nodes => SelectEntry::Nodes,
        AlertEvent::Fencing => SelectEntry::Fencing,
        AlertEvent::Resources => SelectEntry::Resources,
        AlertEvent::Attributes(attributes) => SelectEntry::Attributes(names(attributes)),
    }
}

fn recipient(recipient: &Recipient) -> RecipientEntry {
    let is_short = recipient.id.is_none()
        && recipient.description.is_none()
        && recipient.meta.is_empty()
        && recipient.params.is_empty();
    if is_short {
        return RecipientEntry::Value(recipient.value.to_string());
    }
    RecipientEntry::Record(RecipientRecord {
        id: text(recipient.id.as_ref()),
        value: At::new(recipient.value.to_string()),
        description: text(recipient.description.as_ref()),
        meta: options(&recipient.meta),
        params: options(&recipient.params),
    })
}

pub(super) fn acls(acls: &Acls) -> Field<AclsEntry> {
    let subjects = |is_group: bool| {
        let of_kind = acls.subjects.iter().filter(move |subject| subject.is_group == is_group);
        map(of_kind.map(|subject: &AclSubject| (subject.name.to_string(), names(&subject.roles))))
    };
    let entry = AclsEntry {
        roles: map(acls.roles.iter().map(|role| {
            let permissions = list(role.permissions.iter().map(permission).collect());
            (role.id.to_string(), AclRoleEntry { description: text(role.description.as_ref()), permissions })
        })),
        users: subjects(false),
        groups: subjects(true),
    };
    (entry != AclsEntry::default()).then(|| At::new(entry))
}

fn permission(permission: &AclPermission) -> PermissionEntry {
    let mut entry = PermissionEntry {
        id: text(permission.id.as_ref()),
        kind: At::new(match permission.kind {
            AclKind::Read => PermissionKind::Read,
            AclKind::Write => PermissionKind::Write,
            AclKind::Deny => PermissionKind::Deny,
        }),
        xpath: None,
        reference: None,
        object_type: None,
        attribute: None,
    };
    match &permission.object {
        AclObject::Xpath(xpath) => entry.xpath = text(Some(xpath)),
        AclObject::Reference(reference) => entry.reference = text(Some(reference)),
        AclObject::Tag { name, attribute } => {
            entry.object_type = text(Some(name));
            entry.attribute = text(attribute.as_ref());
        }
    }
    entry
}
