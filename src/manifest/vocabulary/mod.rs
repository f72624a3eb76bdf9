//! What can be written in a manifest: the types that reading, writing and the JSON Schema share.
//!
//! Doc comments of these types are the descriptions that editors show.

pub(super) mod constraint;
pub(super) mod corosync;
pub(super) mod node;
pub(super) mod options;
pub(super) mod resource;
pub(super) mod rest;
pub(super) mod scalar;
mod union;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::constraint::Constraints;
use self::corosync::{CorosyncEntry, IsolationEntry};
use self::node::NodeEntry;
use self::options::{MetaDefaults, OperationDefaults, Options, Properties};
use self::resource::{ResourceEntry, TemplateEntry};
use self::rest::{AclsEntry, AlertEntry, FencingEntry, MovedEntry, ReconcileEntry, SecretEntry, TicketEntry};
use super::typed::{At, Field, Map};

/// A cluster as it should be.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping that starts with `apiVersion: quorate/v1`"
)]
pub(super) struct File {
    /// Version of this format.
    #[serde(rename = "apiVersion")]
    #[schemars(required)]
    pub(super) api_version: Field<ApiVersion>,
    /// What the file describes.
    #[schemars(required)]
    pub(super) kind: Field<Kind>,
    /// Name of the cluster.
    pub(super) name: Field<String>,
    /// Checks that this manifest may fail: their findings are only warnings. `import` writes here what
    /// an old configuration fails; the list is to become shorter.
    pub(super) tolerate: Field<Vec<At<String>>>,
    /// Nodes by name.
    pub(super) nodes: Field<Map<NodeEntry>>,
    /// Cluster properties.
    pub(super) properties: Field<Options<Properties>>,
    /// Defaults for resources and operations.
    pub(super) defaults: Field<Defaults>,
    /// What several resources share, by name.
    pub(super) templates: Field<Map<TemplateEntry>>,
    /// Resources by name.
    pub(super) resources: Field<Map<ResourceEntry>>,
    /// Where resources may run, with whom, and after whom.
    pub(super) constraints: Field<Constraints>,
    /// Which fence devices are tried for which node, in which order.
    pub(super) fencing: Field<Vec<At<FencingEntry>>>,
    /// Named lists of resources, for use in constraints.
    pub(super) tags: Field<Map<Vec<At<String>>>>,
    /// Tickets that sites can hold, by name.
    pub(super) tickets: Field<Map<TicketEntry>>,
    /// Programs to run on events, by name.
    pub(super) alerts: Field<Map<AlertEntry>>,
    /// Who may read or change what.
    pub(super) acls: Field<AclsEntry>,
    /// Where nodes find the values of secrets, by name.
    pub(super) secrets: Field<Map<SecretEntry>>,
    /// Renamings, so that a new name does not mean a restart.
    pub(super) moved: Field<Vec<At<MovedEntry>>>,
    /// How the cluster is held to this file.
    pub(super) reconcile: Field<ReconcileEntry>,
    /// The messaging layer.
    pub(super) corosync: Field<CorosyncEntry>,
    /// What proves to a node that it is cut off, where there is no fencing.
    pub(super) isolation: Field<IsolationEntry>,
}

/// Versions of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum ApiVersion {
    #[serde(rename = "quorate/v1")]
    V1,
}

/// Kinds of manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum Kind {
    Cluster,
}

/// Defaults for resources and operations.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping with `resource` and `operation`"
)]
pub(super) struct Defaults {
    /// Defaults for meta-attributes of resources.
    pub(super) resource: Field<Options<MetaDefaults>>,
    /// Defaults for options of operations.
    pub(super) operation: Field<Options<OperationDefaults>>,
}
