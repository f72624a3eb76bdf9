//! Everything that is neither node, resource nor constraint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::options::{AlertMeta, Options, Params};
use super::scalar::CountText;
use crate::manifest::typed::{At, Field, Map};

/// Fence devices for one target, level by level.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a record such as {target: node1, levels: [[ipmi1], [pdu1]]}"
)]
pub(crate) struct FencingEntry {
    /// The node that is fenced.
    pub(crate) target: Field<String>,
    /// Instead of a node: a regular expression on names of nodes.
    pub(crate) target_pattern: Field<String>,
    /// Instead of a node: an attribute of nodes with its value.
    pub(crate) target_attribute: Field<Map<String>>,
    /// Levels; the first whose devices all succeed is enough.
    pub(crate) levels: At<Vec<At<LevelEntry>>>,
}

/// Devices of one level: a list, or a record with the level's number.
#[derive(Debug, PartialEq)]
pub(crate) enum LevelEntry {
    /// Devices; the level's number is its place in the list.
    Devices(Vec<At<String>>),
    /// Devices with number and id.
    Record(LevelRecord),
}

/// A level with its number.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a level such as {index: 1, devices: [ipmi1]}"
)]
pub(crate) struct LevelRecord {
    /// The level's own id.
    pub(crate) id: Field<String>,
    /// 1 to 9; lower is tried first.
    pub(crate) index: Field<CountText>,
    /// Devices, all of which must succeed.
    pub(crate) devices: At<Vec<At<String>>>,
}

/// A ticket that sites can hold.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a ticket such as {description: main site}"
)]
pub(crate) struct TicketEntry {
    /// Free text for people.
    pub(crate) description: Field<String>,
}

/// A program to run on events.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "an alert such as {path: /usr/local/bin/alert.sh}"
)]
pub(crate) struct AlertEntry {
    /// The program.
    pub(crate) path: At<String>,
    /// Free text for people.
    pub(crate) description: Field<String>,
    /// Which events; the default ones where not given.
    pub(crate) select: Field<Vec<At<SelectEntry>>>,
    /// Whom to tell.
    pub(crate) recipients: Field<Vec<At<RecipientEntry>>>,
    /// What the cluster is told.
    pub(crate) meta: Field<Options<AlertMeta>>,
    /// Environment of the program.
    pub(crate) params: Field<Options<Params>>,
}

/// Kinds of event.
#[derive(Debug, PartialEq)]
pub(crate) enum SelectEntry {
    /// Nodes come and go.
    Nodes,
    /// Fencing.
    Fencing,
    /// Results of resource actions.
    Resources,
    /// Changes of node attributes: these, or any.
    Attributes(Vec<At<String>>),
}

/// An addressee: a name, or a record with more.
#[derive(Debug, PartialEq)]
pub(crate) enum RecipientEntry {
    /// Who or where.
    Value(String),
    /// With more.
    Record(RecipientRecord),
}

/// An addressee with options of its own.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a recipient such as {value: ops@example.com}"
)]
pub(crate) struct RecipientRecord {
    /// The recipient's own id.
    pub(crate) id: Field<String>,
    /// Who or where.
    pub(crate) value: At<String>,
    /// Free text for people.
    pub(crate) description: Field<String>,
    /// Options that differ from the alert's.
    pub(crate) meta: Field<Options<AlertMeta>>,
    /// Environment that differs from the alert's.
    pub(crate) params: Field<Options<Params>>,
}

/// Who may read or change what.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping with `roles`, `users` and `groups`"
)]
pub(crate) struct AclsEntry {
    /// Named lists of permissions.
    pub(crate) roles: Field<Map<AclRoleEntry>>,
    /// Roles of users, by user.
    pub(crate) users: Field<Map<Vec<At<String>>>>,
    /// Roles of groups of users, by group.
    pub(crate) groups: Field<Map<Vec<At<String>>>>,
}

/// A named list of permissions.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a role such as {permissions: [{kind: read, xpath: /cib}]}"
)]
pub(crate) struct AclRoleEntry {
    /// Free text for people.
    pub(crate) description: Field<String>,
    /// What it permits or denies.
    pub(crate) permissions: Field<Vec<At<PermissionEntry>>>,
}

/// One permission, on exactly one of `xpath`, `reference` and `object-type`.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a permission such as {kind: read, xpath: /cib}"
)]
pub(crate) struct PermissionEntry {
    /// The permission's own id.
    pub(crate) id: Field<String>,
    /// What is permitted.
    pub(crate) kind: At<PermissionKind>,
    /// An XPath into the configuration.
    pub(crate) xpath: Field<String>,
    /// The thing with this id.
    pub(crate) reference: Field<String>,
    /// Elements of this name.
    pub(crate) object_type: Field<String>,
    /// Only those elements with this attribute.
    pub(crate) attribute: Field<String>,
}

/// What is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum PermissionKind {
    Read,
    Write,
    Deny,
}

/// Where nodes find the value of a secret: exactly one of `file` and `env`.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a source such as {file: /etc/quorate/secrets/ipmi1}"
)]
pub(crate) struct SecretEntry {
    /// A file on the node that only root can read.
    pub(crate) file: Field<String>,
    /// A variable of the node daemon's environment.
    pub(crate) env: Field<String>,
}

/// A renaming.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a record such as {from: resources.apache, to: resources.httpd}"
)]
pub(crate) struct MovedEntry {
    /// The old path, such as `resources.apache`.
    pub(crate) from: At<String>,
    /// The new path.
    pub(crate) to: At<String>,
}

/// How the cluster is held to the file.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping such as {mode: auto, prune: false}"
)]
pub(crate) struct ReconcileEntry {
    /// Whether changes of the file are applied by themselves.
    pub(crate) mode: Field<ReconcileMode>,
    /// Whether deviations of the cluster are put right by themselves.
    pub(crate) self_heal: Field<bool>,
    /// Whether what is not in the file is deleted from the cluster.
    pub(crate) prune: Field<bool>,
    /// Rules on date and time; changes that interrupt a service wait until one of them holds.
    pub(crate) windows: Field<Vec<At<String>>>,
}

/// Whether changes are applied by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum ReconcileMode {
    Auto,
    Manual,
}
