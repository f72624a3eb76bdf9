//! Fencing levels, tags, alerts and access control.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{Lower, Named, items, text};
use crate::manifest::check::containment::shape_of;
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::rest::{
    AlertEntry, FencingEntry, LevelEntry, PermissionEntry, PermissionKind, RecipientEntry, SelectEntry,
};
use crate::model::acl::{AclKind, AclObject, AclPermission, AclRole, AclSubject};
use crate::model::alert::{AlertEvent, Recipient};
use crate::model::fencing::FencingTarget;
use crate::model::{Acls, Alert, FencingLevel, ResourceId, TagId};

/// The highest number of a fencing level.
const LEVEL_MAX: u8 = 9;

impl Lower<'_, '_> {
    pub(super) fn fencing(self) -> Vec<FencingLevel> {
        let mut levels = Vec::new();
        let mut seen: BTreeMap<(String, u8), Place> = BTreeMap::new();
        for at in &self.gathered.fencing {
            let Some(entry) = at.get() else { continue };
            let target = self.fencing_target(at.place, entry);
            if entry.levels.get().is_some_and(Vec::is_empty) {
                self.findings
                    .error("missing-field", entry.levels.place, "fencing without a level")
                    .label_key(entry.levels.place, "which devices fence it?")
                    .help("write a list of lists: `levels: [[ipmi1], [pdu1, pdu2]]`")
                    .report();
            }
            for (position, level) in entry.levels.get().into_iter().flatten().enumerate() {
                let Some(level_entry) = level.get() else { continue };
                if matches!(level_entry, LevelEntry::Record(record) if record.devices.value.is_none()) {
                    continue;
                }
                let (id, index, devices) = match level_entry {
                    LevelEntry::Devices(devices) => {
                        (None, u8::try_from(position + 1).unwrap_or(u8::MAX), devices.as_slice())
                    }
                    LevelEntry::Record(record) => {
                        let written =
                            record.index.as_ref().and_then(At::get).and_then(|count| count.0.parse().ok());
                        let index = written.unwrap_or(u8::try_from(position + 1).unwrap_or(u8::MAX));
                        (text(&record.id), index, record.devices.get().map(Vec::as_slice).unwrap_or_default())
                    }
                };
                self.check_level(level.place, index, devices);
                let Some(target) = &target else { continue };
                if let Some(first) = seen.insert((target_name(target), index), level.place) {
                    self.findings
                        .error(
                            "duplicate-level",
                            level.place,
                            format!("level {index} of {} is given twice", target_name(target)),
                        )
                        .label(first, "given here first")
                        .help("list the devices that must all succeed in one level, the others in the next")
                        .report();
                }
                let devices = devices
                    .iter()
                    .filter_map(At::get)
                    .map(|device| ResourceId::new(device.as_str()))
                    .collect();
                levels.push(FencingLevel { id, target: target.clone(), index, devices });
            }
        }
        levels
    }

    fn fencing_target(self, place: Place, entry: &FencingEntry) -> Option<FencingTarget> {
        let attribute = entry.target_attribute.as_ref();
        if let Some(node) = &entry.target {
            self.names.check_node(node, self.findings);
        }
        if let Some(pattern) = &entry.target_pattern
            && let Some(why) = FencingTarget::Pattern(pattern.text().into()).fault()
        {
            let message = format!("`{}` is not a regular expression", pattern.text());
            self.findings.error("invalid-pattern", pattern.place, message).here(why).report();
        }
        match (&entry.target, &entry.target_pattern, attribute) {
            (Some(node), None, None) => Some(FencingTarget::Node(node.text().into())),
            (None, Some(pattern), None) => Some(FencingTarget::Pattern(pattern.text().into())),
            (None, None, Some(attribute)) => match attribute.get()?.0.as_slice() {
                [(name, value)] => {
                    Some(FencingTarget::Attribute { name: name.text().into(), value: value.text().into() })
                }
                _ => {
                    self.findings
                        .error("one-of", attribute.place, "a target is one attribute with its value")
                        .help("write {target-attribute: {rack: r1}, ...}")
                        .report();
                    None
                }
            },
            (_, _, _) => {
                self.findings
                    .error("one-of", place, "a fencing entry needs exactly one target")
                    .help("write one of `target: NODE`, `target-pattern: 'REGEX'` and `target-attribute: {NAME: VALUE}`")
                    .report();
                None
            }
        }
    }

    fn check_level(self, place: Place, index: u8, devices: &[At<String>]) {
        if !(1..=LEVEL_MAX).contains(&index) {
            self.findings
                .error("invalid-value", place, format!("there is no level {index}"))
                .help("levels go from 1 to 9")
                .report();
        }
        if devices.is_empty() {
            self.findings
                .error("missing-field", place, "a level without devices")
                .help("name the fence devices that must all succeed: `[ipmi1]`")
                .report();
        }
        for device in devices {
            if self.names.check_resource(device, self.findings) && !self.is_fence_device(device.text()) {
                let mut draft = self
                    .findings
                    .error(
                        "not-a-fence-device",
                        device.place,
                        format!("`{}` is not a fence device", device.text()),
                    )
                    .here("its agent is not of the class `stonith`");
                if let Some((place, _)) = self.names.resources.get(device.text()) {
                    draft = draft.label(*place, "defined here");
                }
                draft.report();
            }
        }
    }

    /// Whether a resource, or what it is made from, is of the class `stonith`.
    pub(in crate::manifest) fn is_fence_device(self, id: &str) -> bool {
        let entry = self.names.resources.get(id).and_then(|(_, at)| at.get());
        let Some(entry) = entry else { return false };
        let is_device = |agent: &At<String>| agent.text().to_ascii_lowercase().starts_with("stonith:");
        let template = || {
            self.names.template(entry.template.as_ref()?.text()).map(|template| is_device(&template.agent))
        };
        let child = || {
            entry
                .clone
                .as_ref()
                .is_some_and(|child| child.text() != id && self.is_cloned_device(child.text()))
        };
        shape_of(entry).is_some()
            && (entry.agent.as_ref().is_some_and(is_device) || template() == Some(true) || child())
    }

    fn is_cloned_device(self, id: &str) -> bool {
        let entry = self.names.resources.get(id).and_then(|(_, at)| at.get());
        entry.is_some_and(|entry| entry.clone.is_none() && self.is_fence_device(id))
    }

    pub(super) fn tags(self) -> IndexMap<TagId, Vec<ResourceId>> {
        let mut tags = IndexMap::new();
        for (key, at) in &self.gathered.tags {
            let mut members = Vec::new();
            for name in at.get().into_iter().flatten() {
                self.names.check_resource(name, self.findings);
                members.extend(name.get().map(|name| ResourceId::new(name.as_str())));
            }
            tags.insert(TagId::new(key.text()), members);
        }
        tags
    }

    pub(super) fn alerts(self) -> Vec<Alert> {
        self.gathered.alerts.iter().filter_map(|named| self.alert(*named)).collect()
    }

    fn alert(self, (key, at): Named<'_, AlertEntry>) -> Option<Alert> {
        let entry = at.get()?;
        if entry.path.value.is_some() && !entry.path.text().starts_with('/') {
            self.findings
                .error(
                    "invalid-path",
                    entry.path.place,
                    format!("`{}` is not an absolute path", entry.path.text()),
                )
                .help("the program is run on the nodes: name it from the root")
                .report();
        }
        Some(Alert {
            id: key.text().into(),
            path: entry.path.text().into(),
            description: text(&entry.description),
            meta: self.options(&entry.meta),
            params: self.options(&entry.params),
            select: items(&entry.select).filter_map(At::get).map(event).collect(),
            recipients: items(&entry.recipients)
                .filter_map(At::get)
                .map(|entry| self.recipient(entry))
                .collect(),
        })
    }

    fn recipient(self, entry: &RecipientEntry) -> Recipient {
        match entry {
            RecipientEntry::Value(value) => Recipient {
                id: None,
                value: value.as_str().into(),
                description: None,
                meta: Vec::new(),
                params: Vec::new(),
            },
            RecipientEntry::Record(record) => Recipient {
                id: text(&record.id),
                value: record.value.text().into(),
                description: text(&record.description),
                meta: self.options(&record.meta),
                params: self.options(&record.params),
            },
        }
    }

    pub(super) fn acls(self) -> Acls {
        let gathered = self.gathered;
        let roles: Vec<AclRole> = gathered
            .acl_roles
            .iter()
            .filter_map(|(key, at)| {
                let entry = at.get()?;
                Some(AclRole {
                    id: key.text().into(),
                    description: text(&entry.description),
                    permissions: items(&entry.permissions).filter_map(|at| self.permission(at)).collect(),
                })
            })
            .collect();
        let users = gathered.acl_users.iter().map(|named| self.subject(*named, false));
        let groups = gathered.acl_groups.iter().map(|named| self.subject(*named, true));
        let subjects: Vec<AclSubject> = users.chain(groups).collect();
        Acls { roles, subjects }
    }

    fn subject(self, (key, at): Named<'_, Vec<At<String>>>, is_group: bool) -> AclSubject {
        let roles = at.get().into_iter().flatten();
        roles.clone().for_each(|role| self.names.check_role(role, self.findings));
        AclSubject {
            name: key.text().into(),
            is_group,
            roles: roles.filter_map(At::get).map(|role| role.as_str().into()).collect(),
        }
    }

    fn permission(self, at: &At<PermissionEntry>) -> Option<AclPermission> {
        let entry = at.get()?;
        let written = |field: &Field<String>| text::<std::sync::Arc<str>>(field);
        let object = match (written(&entry.xpath), written(&entry.reference), written(&entry.object_type)) {
            (Some(xpath), None, None) => AclObject::Xpath(xpath),
            (None, Some(reference), None) => AclObject::Reference(reference),
            (None, None, Some(name)) => AclObject::Tag { name, attribute: text(&entry.attribute) },
            (_, _, _) => {
                self.findings
                    .error("one-of", at.place, "a permission needs exactly one of `xpath`, `reference` and `object-type`")
                    .help("write {kind: read, xpath: /cib}, {kind: write, reference: WebSite} or {kind: deny, object-type: status}")
                    .report();
                return None;
            }
        };
        let kind = match entry.kind.get()? {
            PermissionKind::Read => AclKind::Read,
            PermissionKind::Write => AclKind::Write,
            PermissionKind::Deny => AclKind::Deny,
        };
        Some(AclPermission { id: text(&entry.id), kind, object })
    }
}

fn target_name(target: &FencingTarget) -> String {
    match target {
        FencingTarget::Node(node) => format!("`{node}`"),
        FencingTarget::Pattern(pattern) => format!("the pattern `{pattern}`"),
        FencingTarget::Attribute { name, value } => format!("the attribute `{name}: {value}`"),
    }
}

fn event(entry: &SelectEntry) -> AlertEvent {
    match entry {
        SelectEntry::Nodes => AlertEvent::Nodes,
        SelectEntry::Fencing => AlertEvent::Fencing,
        SelectEntry::Resources => AlertEvent::Resources,
        SelectEntry::Attributes(names) => AlertEvent::Attributes(
            names.iter().filter_map(At::get).map(|name| name.as_str().into()).collect(),
        ),
    }
}
