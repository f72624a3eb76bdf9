//! Several files as one manifest: maps merged, lists joined, one-of things checked.

use std::collections::BTreeMap;

use crate::manifest::check::tolerance;
use crate::manifest::document::Place;
use crate::manifest::findings::Findings;
use crate::manifest::typed::{At, Field, Map};
use crate::manifest::vocabulary::File;
use crate::manifest::vocabulary::constraint::{
    ColocationEntry, LocationEntry, OrderEntry, TicketConstraintEntry,
};
use crate::manifest::vocabulary::corosync::{CorosyncEntry, IsolationEntry};
use crate::manifest::vocabulary::node::NodeEntry;
use crate::manifest::vocabulary::options::{MetaDefaults, OperationDefaults, Options, Properties};
use crate::manifest::vocabulary::resource::{ResourceEntry, TemplateEntry};
use crate::manifest::vocabulary::rest::{
    AclRoleEntry, AlertEntry, FencingEntry, MovedEntry, ReconcileEntry, SecretEntry, TicketEntry,
};

/// A named entry: key and value.
pub(crate) type Named<'a, T> = (&'a At<String>, &'a At<T>);

/// Everything that all files say, still with places.
#[derive(Debug, Default)]
pub(crate) struct Gathered<'a> {
    pub(crate) name: Option<&'a At<String>>,
    pub(crate) tolerate: Vec<&'a At<String>>,
    pub(crate) nodes: Vec<Named<'a, NodeEntry>>,
    pub(crate) properties: Vec<&'a At<Options<Properties>>>,
    pub(crate) resource_defaults: Vec<&'a At<Options<MetaDefaults>>>,
    pub(crate) operation_defaults: Vec<&'a At<Options<OperationDefaults>>>,
    pub(crate) templates: Vec<Named<'a, TemplateEntry>>,
    pub(crate) resources: Vec<Named<'a, ResourceEntry>>,
    pub(crate) location: Vec<&'a At<LocationEntry>>,
    pub(crate) colocation: Vec<&'a At<ColocationEntry>>,
    pub(crate) order: Vec<&'a At<OrderEntry>>,
    pub(crate) ticket: Vec<&'a At<TicketConstraintEntry>>,
    pub(crate) fencing: Vec<&'a At<FencingEntry>>,
    pub(crate) tags: Vec<Named<'a, Vec<At<String>>>>,
    pub(crate) tickets: Vec<Named<'a, TicketEntry>>,
    pub(crate) alerts: Vec<Named<'a, AlertEntry>>,
    pub(crate) acl_roles: Vec<Named<'a, AclRoleEntry>>,
    pub(crate) acl_users: Vec<Named<'a, Vec<At<String>>>>,
    pub(crate) acl_groups: Vec<Named<'a, Vec<At<String>>>>,
    pub(crate) secrets: Vec<Named<'a, SecretEntry>>,
    pub(crate) moved: Vec<&'a At<MovedEntry>>,
    pub(crate) reconcile: Option<&'a At<ReconcileEntry>>,
    pub(crate) corosync: Option<&'a At<CorosyncEntry>>,
    pub(crate) isolation: Option<&'a At<IsolationEntry>>,
}

/// Gathers all files.
pub(crate) fn gather<'a>(files: &'a [At<File>], findings: &Findings<'_>) -> Gathered<'a> {
    let tolerate = files.iter().filter_map(At::get).flat_map(|file| list(&file.tolerate)).collect();
    let mut all = Gathered { tolerate, ..Gathered::default() };
    tolerance::tolerate(&all.tolerate, findings);
    for at in files {
        let Some(file) = at.get() else { continue };
        check_head(at.place, file, findings);
        only(&mut all.name, &file.name, "name", findings);
        only(&mut all.reconcile, &file.reconcile, "reconcile", findings);
        only(&mut all.corosync, &file.corosync, "corosync", findings);
        only(&mut all.isolation, &file.isolation, "isolation", findings);
        entries(&mut all.nodes, &file.nodes);
        all.properties.extend(&file.properties);
        if let Some(defaults) = value(&file.defaults) {
            all.resource_defaults.extend(&defaults.resource);
            all.operation_defaults.extend(&defaults.operation);
        }
        entries(&mut all.templates, &file.templates);
        entries(&mut all.resources, &file.resources);
        if let Some(constraints) = value(&file.constraints) {
            all.location.extend(list(&constraints.location));
            all.colocation.extend(list(&constraints.colocation));
            all.order.extend(list(&constraints.order));
            all.ticket.extend(list(&constraints.ticket));
        }
        all.fencing.extend(list(&file.fencing));
        entries(&mut all.tags, &file.tags);
        entries(&mut all.tickets, &file.tickets);
        entries(&mut all.alerts, &file.alerts);
        if let Some(acls) = value(&file.acls) {
            entries(&mut all.acl_roles, &acls.roles);
            entries(&mut all.acl_users, &acls.users);
            entries(&mut all.acl_groups, &acls.groups);
        }
        entries(&mut all.secrets, &file.secrets);
        all.moved.extend(list(&file.moved));
    }
    all.check_duplicates(findings);
    all
}

impl Gathered<'_> {
    /// One id in two files; within one file the tree has been checked already.
    fn check_duplicates(&self, findings: &Findings<'_>) {
        unique("node", &self.nodes, findings);
        unique("template", &self.templates, findings);
        unique("resource", &self.resources, findings);
        unique("tag", &self.tags, findings);
        unique("ticket", &self.tickets, findings);
        unique("alert", &self.alerts, findings);
        unique("role", &self.acl_roles, findings);
        unique("user", &self.acl_users, findings);
        unique("group", &self.acl_groups, findings);
        unique("secret", &self.secrets, findings);
    }
}

fn unique<T>(what: &str, entries: &[Named<'_, T>], findings: &Findings<'_>) {
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    for (key, _) in entries {
        match seen.get(key.text()) {
            Some(&first) if first != key.place => findings
                .error("duplicate-id", key.place, format!("{what} `{}` is given in two files", key.text()))
                .here("given again here")
                .label(first, "given here first")
                .help("keep one of them; files of a directory are read as one manifest")
                .report(),
            Some(_) => {}
            None => {
                seen.insert(key.text(), key.place);
            }
        }
    }
}

fn check_head(place: Place, file: &File, findings: &Findings<'_>) {
    let missing = [
        (file.api_version.is_none(), "apiVersion", "apiVersion: quorate/v1"),
        (file.kind.is_none(), "kind", "kind: Cluster"),
    ];
    for (is_missing, field, line) in missing {
        if is_missing {
            findings
                .error("missing-field", place, format!("`{field}` is missing"))
                .here("the file starts here")
                .help(format!("add the line `{line}`"))
                .report();
        }
    }
}

fn value<T>(field: &Field<T>) -> Option<&T> {
    field.as_ref().and_then(At::get)
}

fn list<T>(field: &Field<Vec<T>>) -> impl Iterator<Item = &T> {
    value(field).into_iter().flatten()
}

fn entries<'a, T>(into: &mut Vec<Named<'a, T>>, field: &'a Field<Map<T>>) {
    into.extend(value(field).into_iter().flat_map(Map::iter).map(|(key, value)| (key, value)));
}

fn only<'a, T>(slot: &mut Option<&'a At<T>>, field: &'a Field<T>, name: &str, findings: &Findings<'_>) {
    match (slot.as_ref(), field) {
        (Some(first), Some(second)) => findings
            .error("duplicate-key", second.place, format!("`{name}` is given in two files"))
            .label_key(second.place, "given again here")
            .label_key(first.place, "given here first")
            .report(),
        (None, Some(only)) => *slot = Some(only),
        (_, None) => {}
    }
}
