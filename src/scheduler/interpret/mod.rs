//! Interpret: what the configuration and the history mean.
//!
//! In the order of reading: [`properties`], [`nodes`], [`resources`] (with [`clones`]), then the
//! status: [`membership`] of all nodes first, [`histories`] after that, as the history of a
//! remote node only counts once its connection is known.

mod activity;
mod bundles;
mod clones;
mod containers;
mod definition;
mod entry;
mod expiry;
mod guests;
mod histories;
mod mapping;
mod membership;
mod meta;
mod migration;
mod nodes;
mod outcome;
mod properties;
mod remap;
mod resources;
pub(super) mod running;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use self::clones::Mould;
use super::facts::{Facts, NodeIx, Properties, ResourceFacts, ResourceIx};
use super::recheck::Recheck;
use super::release::Release;
use crate::model::resource::CloneChild;
use crate::model::{Cluster, OptionSet, Resource, Template};
use crate::status::{ClusterStatus, ResourceHistory};

/// Finds out what is known of every node and every instance. `now` is in seconds since 1970.
pub fn interpret<'a>(cluster: &'a Cluster, status: &'a ClusterStatus, now: i64) -> Facts<'a> {
    interpret_as(Release::default(), cluster, status, now)
}

/// Finds out what `release` would take to be so.
pub fn interpret_as<'a>(
    release: Release,
    cluster: &'a Cluster,
    status: &'a ClusterStatus,
    now: i64,
) -> Facts<'a> {
    let mut reading = Reading::new(release, cluster, status, now);
    reading.read_nodes();
    reading.read_resources();
    reading.read_membership();
    reading.read_histories();
    reading.facts
}

/// Facts in the making, with what only the reading needs to know.
struct Reading<'a> {
    facts: Facts<'a>,
    templates: BTreeMap<&'a str, &'a Template>,
    /// Ids of all configured resources.
    configured: BTreeSet<&'a str>,
    /// Resources by id and by name in history, in order of their numbers.
    by_name: BTreeMap<Arc<str>, Vec<ResourceIx>>,
    /// What was written for each resource, for those inside it to inherit.
    written: Vec<Written<'a>>,
    /// What instances of each clone are made from.
    moulds: BTreeMap<ResourceIx, Rc<Mould<'a>>>,
    /// Nodes by id and name, lower case.
    nodes_by_id: BTreeMap<String, NodeIx>,
    nodes_by_name: BTreeMap<String, NodeIx>,
    /// Which nodes are known well enough to be in the table of a resource made now.
    is_listed: Vec<bool>,
    /// Whether a node's history was read.
    is_read: Vec<bool>,
    /// How many nodes the bundles made so far bring along.
    replica_nodes_so_far: u32,
    /// Failed actions already listed, by key and node.
    listed_failures: BTreeSet<(Arc<str>, NodeIx)>,
    /// History by node and name, for looking up migrations; made when first needed.
    histories: Option<BTreeMap<(NodeIx, &'a str), &'a ResourceHistory>>,
    /// Resources that were asked to stop so far.
    stops_asked: BTreeSet<ResourceIx>,
    /// Containers to stop once all histories are read.
    late_stops: Vec<ResourceIx>,
}

/// Options as written for a resource.
#[derive(Debug, Clone, Default)]
struct Written<'a> {
    meta: Cow<'a, [OptionSet]>,
    params: Cow<'a, [OptionSet]>,
}

impl<'a> Reading<'a> {
    fn new(release: Release, cluster: &'a Cluster, status: &'a ClusterStatus, now: i64) -> Self {
        let recheck = Recheck::new(now);
        let properties = Properties::read(cluster, status, &recheck, now);
        let facts = Facts {
            cluster,
            status,
            now,
            release,
            properties,
            nodes: Vec::new(),
            resources: Vec::new(),
            top: Vec::new(),
            requests: Vec::new(),
            failed_actions: Vec::new(),
            recheck,
            clearing: BTreeSet::new(),
        };
        Self {
            facts,
            templates: cluster.templates.iter().map(|template| (template.id.as_str(), template)).collect(),
            configured: cluster.resources.iter().flat_map(ids).collect(),
            by_name: BTreeMap::new(),
            written: Vec::new(),
            moulds: BTreeMap::new(),
            nodes_by_id: BTreeMap::new(),
            nodes_by_name: BTreeMap::new(),
            is_listed: Vec::new(),
            is_read: Vec::new(),
            replica_nodes_so_far: 0,
            listed_failures: BTreeSet::new(),
            histories: None,
            stops_asked: BTreeSet::new(),
            late_stops: Vec::new(),
        }
    }

    fn resource_mut(&mut self, resource: ResourceIx) -> &mut ResourceFacts<'a> {
        &mut self.facts.resources[resource.index()]
    }

    fn node_named(&self, name: &str) -> Option<NodeIx> {
        self.nodes_by_name.get(&name.to_ascii_lowercase()).copied()
    }
}

/// Ids of a resource and of everything inside it.
fn ids(resource: &Resource) -> Vec<&str> {
    let mut ids = vec![resource.id().as_str()];
    if let Resource::Clone(clone) = resource
        && let CloneChild::Group(group) = &clone.child
    {
        ids.push(group.id.as_str());
    }
    ids.extend(resource.primitives().iter().map(|primitive| primitive.id.as_str()));
    ids
}

#[cfg(test)]
mod tests;
