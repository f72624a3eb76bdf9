//! What should be: the desired cluster, as an operator wrote it.
//!
//! The model says no more and no less than a Pacemaker configuration can say, and what holds the
//! nodes themselves together ([`corosync`], [`isolation`]). Options stay the
//! text that was written (with the rules that guard them), because a rule can only be judged
//! against a node and a moment; [`option`] lists every option with its type and default.
//! Lists keep the order of the source: the scheduler's tie-breaks depend on it.

pub mod acl;
pub mod alert;
pub mod constraint;
pub mod corosync;
pub mod digest;
pub mod fencing;
pub mod generation;
pub(crate) mod graph;
pub mod id;
pub mod isolation;
pub mod json;
pub mod moment;
pub mod node;
pub mod operation;
pub mod option;
pub mod option_set;
pub mod overlay;
pub mod pattern;
pub mod period;
pub mod rename;
pub mod resource;
pub mod role;
pub mod rule;
pub mod scalar;
pub mod score;
pub mod secrecy;

pub use acl::Acls;
pub use alert::Alert;
pub use constraint::Constraint;
pub use corosync::Corosync;
pub use fencing::FencingLevel;
pub use generation::Generation;
pub use id::{
    ConstraintId, NodeId, NodeName, OptionSetId, ResourceId, RuleId, SecretName, TagId, TemplateId, TicketId,
};
pub use isolation::Isolation;
pub use moment::Moment;
pub use node::Node;
pub use operation::Operation;
pub use option_set::{NameValue, OptionSet, Value};
pub use overlay::{Overlay, Override, OverrideId, Overriding, Pause};
pub use rename::Rename;
pub use resource::{Agent, AgentClass, Bundle, Clone, Group, Primitive, Resource, Template};
pub use role::Role;
pub use rule::Rule;
pub use score::Score;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use indexmap::IndexMap;

/// A whole desired cluster. Valid by construction when it came through `manifest::lower`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// The cluster's name; becomes the node attribute `#cluster-name`.
    pub name: Option<String>,
    /// Cluster properties, in sets as a CIB has them (a manifest makes one set).
    pub properties: Vec<OptionSet>,
    /// Cluster nodes and configured remote nodes, in file order.
    pub nodes: Vec<Node>,
    /// Top-level resources, in file order; members sit inside their collective.
    pub resources: Vec<Resource>,
    /// Templates that primitives may name as their origin.
    pub templates: Vec<Template>,
    /// Defaults for meta-attributes of resources (`rsc_defaults`).
    pub resource_defaults: Vec<OptionSet>,
    /// Defaults for options of operations (`op_defaults`).
    pub operation_defaults: Vec<OptionSet>,
    /// Constraints of all kinds, in file order.
    pub constraints: Vec<Constraint>,
    /// Which fence devices are tried for which node, in which order.
    pub fencing_levels: Vec<FencingLevel>,
    /// Named lists of resources, for use in constraints.
    pub tags: IndexMap<TagId, Vec<ResourceId>>,
    /// Alert agents to run on events.
    pub alerts: Vec<Alert>,
    /// Who may read or change what.
    pub acls: Acls,
    /// The messaging layer, where something is said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corosync: Option<Corosync>,
    /// What proves to a node that it is cut off, where something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
}

/// Options, parameters or attributes by name, once their sets are judged.
pub type Table = BTreeMap<Arc<str>, Arc<str>>;

impl Cluster {
    /// Its nodes with a vote, in the order in which they are written.
    pub fn members(&self) -> impl Iterator<Item = &Node> + std::clone::Clone {
        self.nodes.iter().filter(|node| node.kind == node::NodeKind::Member)
    }

    /// The names of all resources, members of collectives included, in file order.
    pub fn resource_ids(&self) -> Vec<&ResourceId> {
        let mut names = Vec::new();
        for resource in &self.resources {
            names.push(resource.id());
            if let Resource::Clone(clone) = resource
                && let resource::CloneChild::Group(group) = &clone.child
            {
                names.push(&group.id);
            }
            let members = resource.primitives().into_iter().map(|primitive| &primitive.id);
            names.extend(members.filter(|id| *id != resource.id()));
        }
        names
    }

    /// The template that a primitive is made from, where there is one.
    pub fn template_of(&self, primitive: &Primitive) -> Option<&Template> {
        let id = primitive.template()?;
        self.templates.iter().find(|template| template.id == *id)
    }

    /// The agent of a primitive, its own or its template's; `None` when there is no such template.
    pub fn agent_of<'a>(&'a self, primitive: &'a Primitive) -> Option<&'a Agent> {
        primitive.agent(self.template_of(primitive))
    }

    /// The fence devices, in file order.
    pub fn fence_devices(&self) -> impl Iterator<Item = &Primitive> {
        let primitives = self.resources.iter().flat_map(Resource::primitives);
        primitives.filter(|primitive| {
            self.agent_of(primitive).is_some_and(|agent| agent.class == AgentClass::Stonith)
        })
    }
}
