//! Answers from what is known of the cluster; the same for every oracle.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::wire::{Answer, Member, Place, Problem, Question, Shelf, Spot, Stored};
use crate::model::{Cluster, NodeName, OptionSet, Role};
use crate::scheduler::interpret::interpret;
use crate::status::{ClusterStatus, NodeState, Presence};

/// Node attributes that are set for good, by node and name.
pub type Lasting = BTreeMap<NodeName, BTreeMap<Arc<str>, Arc<str>>>;

/// What is known of the cluster at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// The node that asks.
    pub here: &'a NodeName,
    /// The desired cluster.
    pub cluster: &'a Cluster,
    /// What was set for good on top of it.
    pub lasting: &'a Lasting,
    /// What is.
    pub status: &'a ClusterStatus,
    /// The moment, seconds since 1970.
    pub now: i64,
}

impl Knowledge<'_> {
    /// Agents may keep values for the whole cluster among its options. There they would be the
    /// manifest's; so they stand as lasting attributes of all nodes under a name with this before it.
    const OPTION: &'static str = "crm_config:";

    /// The answer to what only asks; `None` for what would change something.
    pub fn answer(&self, question: &Question) -> Option<Answer> {
        match question {
            Question::Read(place) => Some(self.read(place).map_or_else(Answer::Refused, Answer::Stored)),
            Question::Members => Some(self.members()),
            Question::Resource(name) => Some(self.resource(name)),
            Question::Write { .. } | Question::Dampen { .. } => None,
        }
    }

    /// The nodes and the attribute name that a change is for, and whether it is for good.
    ///
    /// # Errors
    /// When there is no such node, or no such change is made here.
    pub fn target(&self, place: &Place) -> Result<(Vec<NodeName>, Arc<str>, bool), Problem> {
        let Some(name) = &place.name else { return Err(Problem::Unsupported("no name is given".to_owned())) };
        match place.shelf {
            Shelf::UntilLeave => Ok((self.nodes(&place.nodes)?, Arc::clone(name), false)),
            Shelf::Forever => Ok((self.nodes(&place.nodes)?, Arc::clone(name), true)),
            Shelf::Options => {
                let name = format!("{}{name}", Self::OPTION);
                Ok((self.nodes(&Spot::Everywhere)?, name.into(), true))
            }
            Shelf::Utilization => {
                Err(Problem::Unsupported(format!("the capacity `{name}` is the manifest's; change it there")))
            }
        }
    }

    fn read(&self, place: &Place) -> Result<Vec<Stored>, Problem> {
        let is_wanted = |name: &str| place.name.as_ref().is_none_or(|wanted| **wanted == *name);
        if place.shelf == Shelf::Options {
            return Ok(self.options().into_iter().filter(|option| is_wanted(&option.name)).collect());
        }
        let mut found = Vec::new();
        for node in self.nodes(&place.nodes)? {
            let values = match place.shelf {
                Shelf::UntilLeave => self.state(&node).map(|state| OptionSet::all_unruled(&state.attributes)),
                Shelf::Forever => Some(self.lasting(&node)),
                Shelf::Utilization | Shelf::Options => {
                    let configured = self.cluster.nodes.iter().find(|known| known.name == node);
                    configured.map(|configured| OptionSet::all_unruled(&configured.utilization))
                }
            };
            let wanted = values.into_iter().flatten().filter(|(name, _)| is_wanted(name));
            found.extend(wanted.map(|(name, value)| Stored { node: Some(node.clone()), name, value }));
        }
        Ok(found)
    }

    fn options(&self) -> Vec<Stored> {
        let kept = self.lasting.values().flatten().filter_map(|(name, value)| {
            Some((Arc::from(name.strip_prefix(Self::OPTION)?), Arc::clone(value)))
        });
        let mut options: BTreeMap<Arc<str>, Arc<str>> = kept.collect();
        options.extend(OptionSet::all_unruled(&self.cluster.properties));
        options.into_iter().map(|(name, value)| Stored { node: None, name, value }).collect()
    }

    fn lasting(&self, node: &NodeName) -> BTreeMap<Arc<str>, Arc<str>> {
        let configured = self.cluster.nodes.iter().find(|known| known.name == *node);
        let mut values =
            configured.map(|configured| OptionSet::all_unruled(&configured.attributes)).unwrap_or_default();
        let set = self.lasting.get(node).into_iter().flatten();
        values.extend(set.map(|(name, value)| (Arc::clone(name), Arc::clone(value))));
        values.retain(|name, _| !name.starts_with(Self::OPTION));
        values
    }

    fn state(&self, node: &NodeName) -> Option<&NodeState> {
        self.status.nodes.iter().find(|state| called(state).is(node.as_str()))
    }

    fn members(&self) -> Answer {
        let member = |name: NodeName, id: &str, state: Option<&NodeState>| Member {
            id: id.into(),
            is_present: state
                .is_some_and(|state| matches!(state.member, Presence::Present | Presence::Since(_))),
            name,
        };
        let configured = self.cluster.nodes.iter();
        let mut members: Vec<Member> = configured
            .map(|node| member(node.name.clone(), node.id.as_str(), self.state(&node.name)))
            .collect();
        for state in &self.status.nodes {
            let name = called(state);
            if !members.iter().any(|known| known.name.is(name.as_str())) {
                members.push(member(name, state.id.as_str(), Some(state)));
            }
        }
        Answer::Members { here: self.here.clone(), quorate: self.status.has_quorum, members }
    }

    fn resource(&self, name: &Arc<str>) -> Answer {
        let base = name.split(':').next().unwrap_or(name);
        let mut primitives = self.cluster.resources.iter().flat_map(crate::model::Resource::primitives);
        let Some(primitive) = primitives.find(|primitive| primitive.id == *base) else {
            return Answer::Refused(Problem::UnknownResource(Arc::clone(name)));
        };
        let facts = interpret(self.cluster, self.status, self.now);
        let instances =
            facts.resources.iter().filter(|resource| *resource.id == **name || *resource.base_id == **name);
        let mut active: Vec<(NodeName, bool)> = Vec::new();
        for instance in instances {
            let nodes = instance.active_on.iter().filter_map(|node| facts.nodes.get(node.index()));
            let is_promoted = instance.current_role == Role::Promoted;
            active.extend(nodes.map(|node| (node.name.clone(), is_promoted)));
        }
        active.sort();
        active.dedup();
        Answer::Resource {
            active,
            params: OptionSet::all_unruled(&primitive.params),
            meta: OptionSet::all_unruled(&primitive.meta),
            utilization: OptionSet::all_unruled(&primitive.utilization),
        }
    }

    fn nodes(&self, spot: &Spot) -> Result<Vec<NodeName>, Problem> {
        let known = || {
            let configured = self.cluster.nodes.iter().map(|node| node.name.clone());
            let seen = self.status.nodes.iter().map(called);
            let mut names: Vec<NodeName> = configured.collect();
            for name in seen {
                if !names.iter().any(|known| known.is(name.as_str())) {
                    names.push(name);
                }
            }
            names
        };
        match spot {
            Spot::Here => Ok(vec![self.here.clone()]),
            Spot::Everywhere => Ok(known()),
            Spot::Node(wanted) => {
                let found = known().into_iter().find(|name| name.is(wanted.as_str()));
                found.map(|name| vec![name]).ok_or_else(|| Problem::UnknownNode(wanted.clone()))
            }
        }
    }
}

fn called(state: &NodeState) -> NodeName {
    state.name.clone().unwrap_or_else(|| NodeName::new(state.id.as_str()))
}
