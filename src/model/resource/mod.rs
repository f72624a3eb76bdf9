//! Resources: one service under a name, or several as a collective.

mod agent;
mod bundle;
mod clone;
mod group;
mod primitive;
mod promotable;

pub use agent::{Agent, AgentClass};
pub use bundle::{Bundle, Container, ContainerKind, Mount, MountSource, Network, Port, PortRange};
pub use clone::{Clone, CloneChild};
pub use group::Group;
pub use primitive::{Origin, Primitive, Template};

use serde::{Deserialize, Serialize};

use super::id::ResourceId;
use super::option_set::OptionSet;

/// A top-level resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Resource {
    /// One service.
    Primitive(Primitive),
    /// Services that start in order, in one place.
    Group(Group),
    /// A primitive or group on several nodes at once.
    Clone(Clone),
    /// Containers, each with its address and perhaps a primitive inside.
    Bundle(Bundle),
}

impl Resource {
    /// The resource's name.
    pub fn id(&self) -> &ResourceId {
        match self {
            Self::Primitive(primitive) => &primitive.id,
            Self::Group(group) => &group.id,
            Self::Clone(clone) => &clone.id,
            Self::Bundle(bundle) => &bundle.id,
        }
    }

    /// The resource's own meta-attributes.
    pub fn meta(&self) -> &[OptionSet] {
        match self {
            Self::Primitive(primitive) => &primitive.meta,
            Self::Group(group) => &group.meta,
            Self::Clone(clone) => &clone.meta,
            Self::Bundle(bundle) => &bundle.meta,
        }
    }

    /// Every primitive in it, itself included, in order.
    pub fn primitives(&self) -> Vec<&Primitive> {
        match self {
            Self::Primitive(primitive) => vec![primitive],
            Self::Group(group) => group.members.iter().collect(),
            Self::Clone(clone) => match &clone.child {
                CloneChild::Primitive(primitive) => vec![primitive],
                CloneChild::Group(group) => group.members.iter().collect(),
            },
            Self::Bundle(bundle) => bundle.primitive.iter().collect(),
        }
    }
}
