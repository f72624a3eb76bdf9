//! Definitions: what a primitive is made from, once its template is merged in.

use std::borrow::Cow;
use std::sync::Arc;

use super::Reading;
use crate::model::{Agent, AgentClass, Operation, OptionSet, Primitive, Role, Template, Value};

/// A primitive with everything that its template says.
#[derive(Debug, Clone)]
pub(super) struct Definition<'a> {
    pub(super) id: Arc<str>,
    pub(super) agent: Agent,
    pub(super) meta: Cow<'a, [OptionSet]>,
    pub(super) params: Cow<'a, [OptionSet]>,
    pub(super) utilization: Cow<'a, [OptionSet]>,
    pub(super) ops: Vec<Cow<'a, Operation>>,
}

impl<'a> Reading<'a> {
    /// The template a primitive is made from.
    pub(super) fn template_of(&self, primitive: &Primitive) -> Option<&'a Template> {
        primitive.template().and_then(|id| self.templates.get(id.as_str()).copied())
    }

    /// What a primitive is made from; `None` if its template is missing.
    pub(super) fn define(&self, primitive: &'a Primitive) -> Option<Definition<'a>> {
        let template = self.template_of(primitive);
        let agent = primitive.agent(template)?.clone();
        let join = |inherited: Option<&'a Vec<OptionSet>>, own: &'a Vec<OptionSet>| match inherited {
            None => Cow::Borrowed(own.as_slice()),
            Some(inherited) if own.is_empty() => Cow::Borrowed(inherited.as_slice()),
            Some(inherited) if inherited.is_empty() => Cow::Borrowed(own.as_slice()),
            Some(inherited) => Cow::Owned(inherited.iter().chain(own).cloned().collect()),
        };
        Some(Definition {
            id: primitive.id.to_shared(),
            agent,
            meta: join(template.map(|template| &template.meta), &primitive.meta),
            params: join(template.map(|template| &template.params), &primitive.params),
            utilization: join(template.map(|template| &template.utilization), &primitive.utilization),
            ops: join_ops(template.map_or(&[], |template| &template.ops), &primitive.ops),
        })
    }
}

/// The primitive's operations, and those of its template that it does not have by name and role.
fn join_ops<'a>(inherited: &'a [Operation], own: &'a [Operation]) -> Vec<Cow<'a, Operation>> {
    let is_own = |op: &Operation| own.iter().any(|mine| mine.name == op.name && role_of(mine) == role_of(op));
    own.iter().chain(inherited.iter().filter(|op| !is_own(op))).map(Cow::Borrowed).collect()
}

/// The role an operation is for, where all roles that are neither stopped nor promoted are one.
fn role_of(op: &Operation) -> Option<Role> {
    let role = op.option("role").and_then(Role::parse);
    role.filter(|role| matches!(role, Role::Stopped | Role::Promoted))
}

/// Whether the agent is that of remote connections.
pub(super) fn is_remote_agent(agent: &Agent) -> bool {
    agent.class == AgentClass::Ocf
        && agent.provider.as_deref().is_some_and(|provider| provider.eq_ignore_ascii_case("pacemaker"))
        && agent.kind.eq_ignore_ascii_case("remote")
}

/// A meta-attribute as written on a primitive or its template, rules aside.
pub(super) fn written_meta(
    template: Option<&Template>,
    primitive: &Primitive,
    name: &str,
) -> Option<Arc<str>> {
    let inherited = template.map_or(&[][..], |template| &template.meta);
    let mut pairs = inherited.iter().chain(&primitive.meta).flat_map(|set| &set.pairs).rev();
    pairs.find(|pair| &*pair.name == name).map(|pair| match &pair.value {
        Value::Text(text) => Arc::clone(text),
        Value::Secret(_) => pair.value.to_text(),
    })
}

/// The guest node that a primitive makes.
pub(super) fn remote_node_name(template: Option<&Template>, primitive: &Primitive) -> Option<Arc<str>> {
    written_meta(template, primitive, "remote-node")
}
