//! A primitive: one service, run by one agent. A template is what several primitives share.

use serde::{Deserialize, Serialize};

use super::agent::Agent;
use crate::model::id::{ResourceId, TemplateId};
use crate::model::operation::Operation;
use crate::model::option_set::OptionSet;

/// One service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Primitive {
    /// Its name.
    pub id: ResourceId,
    /// The agent itself, or the template that names it.
    pub origin: Origin,
    /// Free text for people.
    pub description: Option<String>,
    /// What the agent is told (instance attributes).
    pub params: Vec<OptionSet>,
    /// What the cluster is told (meta-attributes).
    pub meta: Vec<OptionSet>,
    /// Capacity the service uses.
    pub utilization: Vec<OptionSet>,
    /// Configured operations, in file order.
    pub ops: Vec<Operation>,
}

/// Where a primitive's agent comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Named directly.
    Agent(Agent),
    /// Named by this template.
    Template(TemplateId),
}

/// What several primitives share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its name.
    pub id: TemplateId,
    /// The agent of all primitives made from it.
    pub agent: Agent,
    /// Free text for people.
    pub description: Option<String>,
    /// See [`Primitive::params`].
    pub params: Vec<OptionSet>,
    /// See [`Primitive::meta`].
    pub meta: Vec<OptionSet>,
    /// See [`Primitive::utilization`].
    pub utilization: Vec<OptionSet>,
    /// See [`Primitive::ops`].
    pub ops: Vec<Operation>,
}

impl Primitive {
    /// The name of the template it is made from, where it is.
    pub const fn template(&self) -> Option<&TemplateId> {
        match &self.origin {
            Origin::Agent(_) => None,
            Origin::Template(id) => Some(id),
        }
    }

    /// Its agent, given the template it is made from; `None` when that is not there.
    pub fn agent<'a>(&'a self, template: Option<&'a Template>) -> Option<&'a Agent> {
        match &self.origin {
            Origin::Agent(agent) => Some(agent),
            Origin::Template(_) => template.map(|template| &template.agent),
        }
    }

    /// A primitive run by `agent`, with nothing else said of it.
    pub fn new(id: &str, agent: Agent) -> Self {
        Self {
            id: ResourceId::new(id),
            origin: Origin::Agent(agent),
            description: None,
            params: Vec::new(),
            meta: Vec::new(),
            utilization: Vec::new(),
            ops: Vec::new(),
        }
    }
}
