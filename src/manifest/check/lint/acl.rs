//! Access control lists: whether they are in force, and permissions about what there is not.

use std::collections::BTreeSet;

use super::Lint;
use crate::manifest::typed::At;

impl<'a> Lint<'a, '_> {
    pub(super) fn check_acls(self) {
        let Some((first, _)) = self.gathered.acl_roles.first() else { return };
        if !self.is_property_true(&["enable-acl"], false) {
            self.findings
                .warning("acls-off", first.place, "access control lists are not in force")
                .here("roles from here on have no effect")
                .help("set the property `enable-acl: true`")
                .report();
        }
        let known = self.elements();
        let roles =
            self.gathered.acl_roles.iter().filter_map(|(_, at)| at.get()?.permissions.as_ref()?.get());
        let permissions = roles.flatten().filter_map(At::get);
        for reference in permissions.filter_map(|permission| permission.reference.as_ref()) {
            let Some(id) = reference.get().filter(|id| !is_known(&known, id)) else { continue };
            self.findings
                .warning(
                    "unknown-reference",
                    reference.place,
                    format!("a permission about `{id}`, which there is not"),
                )
                .here("nothing of this manifest has this id")
                .suggest(id, known.iter().copied())
                .report();
        }
    }

    /// The ids that are written in the manifest.
    fn elements(self) -> BTreeSet<&'a str> {
        let constraints = self.cluster.constraints.iter().map(|constraint| constraint.id().as_str());
        let all = self.gathered;
        let names =
            self.names.resources.keys().chain(self.names.templates.keys()).chain(self.names.tags.keys());
        let keys = all.nodes.iter().map(|(key, _)| key.text());
        let keys = keys.chain(all.alerts.iter().map(|(key, _)| key.text()));
        names
            .copied()
            .chain(keys)
            .chain(all.acl_roles.iter().map(|(key, _)| key.text()))
            .chain(constraints)
            .collect()
    }
}

/// Ids that a CIB has beside those of the manifest are made from these: `ClusterIP-monitor-30s`.
fn is_known(known: &BTreeSet<&str>, id: &str) -> bool {
    let is_made =
        |name: &&str| id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    known.iter().any(is_made)
}
