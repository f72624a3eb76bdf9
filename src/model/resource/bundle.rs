//! A bundle: replicas of a container, each with its address, and perhaps a primitive inside.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::primitive::Primitive;
use crate::model::id::ResourceId;
use crate::model::option_set::OptionSet;

/// Replicas of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Its name.
    pub id: ResourceId,
    /// Free text for people.
    pub description: Option<String>,
    /// Meta-attributes; everything inside inherits them.
    pub meta: Vec<OptionSet>,
    /// How the containers are made.
    pub container: Container,
    /// Addresses and ports, where given.
    pub network: Option<Network>,
    /// Directories and files from the host.
    pub mounts: Vec<Mount>,
    /// The service inside each container.
    pub primitive: Option<Primitive>,
}

/// How the containers of a bundle are made. Numbers stay text until the scheduler reads them,
/// as an imported configuration may hold anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Which container engine runs it.
    pub kind: ContainerKind,
    /// Image name.
    pub image: Arc<str>,
    /// How many containers.
    pub replicas: Option<Arc<str>>,
    /// How many of them a host may run.
    pub replicas_per_host: Option<Arc<str>>,
    /// How many may be promoted.
    pub promoted_max: Option<Arc<str>>,
    /// Command to run instead of the default.
    pub run_command: Option<Arc<str>>,
    /// Value for the engine's `--net`.
    pub network: Option<Arc<str>>,
    /// More options for the engine.
    pub options: Option<Arc<str>>,
}

/// Container engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerKind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

/// Network of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Address of the first replica; the next ones follow.
    pub ip_range_start: Option<Arc<str>>,
    /// Port for the connection into the container.
    pub control_port: Option<Arc<str>>,
    /// Interface on the host.
    pub host_interface: Option<Arc<str>>,
    /// Prefix length on the host.
    pub host_netmask: Option<Arc<str>>,
    /// Whether replicas learn each other's names.
    pub add_host: Option<bool>,
    /// Ports to publish.
    pub ports: Vec<Port>,
}

impl Network {
    /// The first address, when it is a readable IPv4 address.
    pub fn first_address(&self) -> Option<Ipv4Addr> {
        self.ip_range_start.as_deref()?.parse().ok()
    }
}

/// A published port or range of ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Its id in a CIB.
    pub id: Option<Arc<str>>,
    /// Which.
    pub range: PortRange,
}

/// One port or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortRange {
    /// One, perhaps with another number inside.
    Port {
        /// Outside.
        port: Arc<str>,
        /// Inside.
        internal: Option<Arc<str>>,
    },
    /// `first-last`.
    Range(Arc<str>),
}

/// A directory or file of the host in the containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Its id in a CIB.
    pub id: Option<Arc<str>>,
    /// Where it comes from.
    pub source: MountSource,
    /// Where it appears.
    pub target_dir: Arc<str>,
    /// Mount options.
    pub options: Option<Arc<str>>,
}

/// Where a mount comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountSource {
    /// The same for all replicas.
    Dir(Arc<str>),
    /// A directory of its own for each replica below this.
    Root(Arc<str>),
}
