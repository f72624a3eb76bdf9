//! Resources and templates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::options::{Meta, OperationMeta, Options, Params, Utilization};
use super::scalar::{CountText, PeriodText, PortText};
use crate::manifest::typed::{At, Field};

/// A resource: exactly one of `agent`, `template`, `group`, `clone` and `bundle`.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a resource such as {agent: ocf:heartbeat:IPaddr2}"
)]
pub(crate) struct ResourceEntry {
    /// The agent that runs it: `class:provider:type` or `class:type`.
    pub(crate) agent: Field<String>,
    /// The template that it is made from.
    pub(crate) template: Field<String>,
    /// Members that run in one place and start in this order.
    pub(crate) group: Field<Vec<At<String>>>,
    /// The resource or group of which several instances run.
    pub(crate) clone: Field<String>,
    /// The resource inside the containers of this bundle; a bundle without one has only `container`.
    pub(crate) bundle: Field<String>,
    /// Free text for people.
    pub(crate) description: Field<String>,
    /// What the agent is told.
    pub(crate) params: Field<Options<Params>>,
    /// What the cluster is told.
    pub(crate) meta: Field<Options<Meta>>,
    /// Operations.
    pub(crate) ops: Field<Vec<At<OperationEntry>>>,
    /// Capacity that it needs.
    pub(crate) utilization: Field<Options<Utilization>>,
    /// How the containers of a bundle are made.
    pub(crate) container: Field<ContainerEntry>,
    /// Addresses of a bundle's containers.
    pub(crate) network: Field<NetworkEntry>,
    /// Ports that a bundle publishes.
    pub(crate) ports: Field<Vec<At<PortEntry>>>,
    /// Directories of the host in a bundle's containers.
    pub(crate) mounts: Field<Vec<At<MountEntry>>>,
}

/// What several resources share.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a template such as {agent: ocf:heartbeat:VirtualDomain}"
)]
pub(crate) struct TemplateEntry {
    /// The agent of all resources made from it.
    pub(crate) agent: At<String>,
    /// Free text for people.
    pub(crate) description: Field<String>,
    /// What the agent is told.
    pub(crate) params: Field<Options<Params>>,
    /// What the cluster is told.
    pub(crate) meta: Field<Options<Meta>>,
    /// Operations.
    pub(crate) ops: Field<Vec<At<OperationEntry>>>,
    /// Capacity that each resource needs.
    pub(crate) utilization: Field<Options<Utilization>>,
}

/// An operation.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "an operation such as {name: monitor, interval: 30s}"
)]
pub(crate) struct OperationEntry {
    /// The operation's own id.
    pub(crate) id: Field<String>,
    /// What the agent is asked to do.
    pub(crate) name: At<String>,
    /// How often it is run; left out for operations that run when needed.
    pub(crate) interval: Field<PeriodText>,
    /// How long it may take.
    pub(crate) timeout: Field<PeriodText>,
    /// Run it only where the resource has this role.
    pub(crate) role: Field<RoleName>,
    /// What a failure leads to.
    pub(crate) on_fail: Field<OnFail>,
    /// Whether it is run at all.
    pub(crate) enabled: Field<bool>,
    /// How long to wait before it.
    pub(crate) start_delay: Field<PeriodText>,
    /// Moment that recurring runs are counted from.
    pub(crate) interval_origin: Field<String>,
    /// Deprecated: whether its beginning is recorded.
    pub(crate) record_pending: Field<bool>,
    /// Deprecated: what must be given before it.
    pub(crate) requires: Field<Requires>,
    /// Free text for people.
    pub(crate) description: Field<String>,
    /// Options in blocks that rules guard.
    pub(crate) meta: Field<Options<OperationMeta>>,
    /// What the agent is told for this operation only.
    pub(crate) params: Field<Options<Params>>,
}

/// Roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum RoleName {
    Stopped,
    Started,
    Unpromoted,
    Promoted,
}

/// What a failure leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum OnFail {
    Ignore,
    Block,
    Stop,
    Demote,
    Restart,
    Fence,
    Standby,
    RestartContainer,
}

/// What must be given before an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum Requires {
    Nothing,
    Quorum,
    Fencing,
    Unfencing,
}

/// How the containers of a bundle are made.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a container such as {type: podman, image: registry.local/httpd:2.4}"
)]
pub(crate) struct ContainerEntry {
    /// Which container engine runs it.
    pub(crate) r#type: At<Engine>,
    /// Image name.
    pub(crate) image: At<String>,
    /// How many containers.
    pub(crate) replicas: Field<CountText>,
    /// How many of them a host may run.
    pub(crate) replicas_per_host: Field<CountText>,
    /// How many may be promoted.
    pub(crate) promoted_max: Field<CountText>,
    /// Command to run instead of the default.
    pub(crate) run_command: Field<String>,
    /// Network of the container engine.
    pub(crate) network: Field<String>,
    /// More options for the container engine.
    pub(crate) options: Field<String>,
}

/// Container engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum Engine {
    Docker,
    Podman,
}

/// Addresses of a bundle's containers.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a network such as {ip-range-start: 192.168.1.131, host-netmask: 24}"
)]
pub(crate) struct NetworkEntry {
    /// Address of the first container; the next ones follow.
    pub(crate) ip_range_start: Field<String>,
    /// Port for the connection into the container.
    pub(crate) control_port: Field<PortText>,
    /// Interface on the host.
    pub(crate) host_interface: Field<String>,
    /// Prefix length on the host.
    pub(crate) host_netmask: Field<CountText>,
    /// Whether containers learn each other's names.
    pub(crate) add_host: Field<bool>,
}

/// A port or range of ports that a bundle publishes.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a port such as {port: 80} or {range: 8000-8010}"
)]
pub(crate) struct PortEntry {
    /// The mapping's own id.
    pub(crate) id: Field<String>,
    /// The port outside.
    pub(crate) port: Field<PortText>,
    /// The port inside, where it differs.
    pub(crate) internal_port: Field<PortText>,
    /// Several ports, `first-last`.
    pub(crate) range: Field<String>,
}

/// A directory or file of the host in a bundle's containers.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mount such as {source-dir: /srv, target-dir: /srv}"
)]
pub(crate) struct MountEntry {
    /// The mapping's own id.
    pub(crate) id: Field<String>,
    /// Where it comes from, the same for all containers.
    pub(crate) source_dir: Field<String>,
    /// Where it comes from, with a directory of its own for each container.
    pub(crate) source_dir_root: Field<String>,
    /// Where it appears.
    pub(crate) target_dir: At<String>,
    /// Mount options.
    pub(crate) options: Field<String>,
}
