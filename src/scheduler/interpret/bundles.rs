//! Bundles: a container, an address, a connection and a primitive inside for each replica.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::clones::{MOST_INSTANCES, Mould};
use super::resources::{Place, new_facts};
use super::{Reading, Written, clones, containers, guests};
use crate::model::constraint::Discovery;
use crate::model::resource::{Bundle, Network};
use crate::model::{Primitive, Score, scalar};
use crate::scheduler::facts::{BundleFacts, NodeIx, Replica, ResourceIx, Variant};
use crate::scheduler::node_table::{Entry, NodeTable};

/// The port of connections into containers when none is given.
pub(super) const DEFAULT_PORT: &str = "3121";

/// How much the primitive inside wants to be on the node of its own replica.
const OWN_NODE: i64 = 500;

/// What a bundle comes down to before its resources are made.
pub(super) struct Shape {
    /// How many replicas.
    pub(super) replicas: u32,
    /// How many of them a host may run.
    pub(super) per_host: u32,
    /// How many may be promoted.
    pub(super) promoted_max: u32,
    /// Whether hosts run one replica at most, as written.
    pub(super) is_one_per_host: bool,
}

impl Shape {
    /// Reads the numbers; `None` if a primitive inside could not be reached.
    pub(super) fn of(bundle: &Bundle) -> Option<Self> {
        let count = |text: &Option<Arc<str>>| {
            let number = text.as_deref().and_then(scalar::parse_integer)?;
            u32::try_from(number).ok()
        };
        let container = &bundle.container;
        let promoted_max = count(&container.promoted_max).unwrap_or(0);
        let replicas = count(&container.replicas).unwrap_or(promoted_max).clamp(1, MOST_INSTANCES);
        let per_host = count(&container.replicas_per_host).unwrap_or(1).max(1);
        let network = bundle.network.as_ref();
        let has_range = network.is_some_and(|network| network.ip_range_start.is_some());
        let has_port = network.is_some_and(|network| network.control_port.is_some());
        if bundle.primitive.is_some() && !has_range && !has_port {
            return None;
        }
        let shares_port = has_port && !has_range;
        Some(Self {
            replicas,
            per_host: if shares_port { 1 } else { per_host },
            promoted_max,
            is_one_per_host: per_host == 1,
        })
    }
}

impl<'a> Reading<'a> {
    /// Names of the nodes that a bundle makes, by replica.
    pub(super) fn replica_nodes(&self, bundle: &Bundle) -> Vec<Arc<str>> {
        let (Some(shape), Some(primitive)) = (Shape::of(bundle), &bundle.primitive) else {
            return Vec::new();
        };
        (0..shape.replicas).map(|number| self.connection_id(bundle, primitive, number)).collect()
    }

    fn connection_id(&self, bundle: &Bundle, primitive: &Primitive, number: u32) -> Arc<str> {
        let usual = format!("{}-{number}", bundle.id);
        if self.configured.contains(usual.as_str()) {
            return format!("pcmk-internal-{}-remote-{number}", primitive.id).into();
        }
        usual.into()
    }

    /// Makes a bundle with its replicas; `None` if it cannot be.
    pub(super) fn add_bundle(&mut self, bundle: &'a Bundle) -> Option<ResourceIx> {
        let shape = Shape::of(bundle)?;
        let mould = match &bundle.primitive {
            Some(primitive) => Some(Mould::Primitive(self.define(primitive)?)),
            None => None,
        };
        let facts = BundleFacts {
            replicas: Vec::new(),
            replicas_per_host: shape.per_host,
            clone: None,
            promoted_max: shape.promoted_max,
        };
        let id = bundle.id.to_shared();
        let written = Written { meta: Cow::Borrowed(&bundle.meta), params: Cow::Borrowed(&[]) };
        let made = self.push(new_facts(&id, Variant::Bundle(facts), Place::default()), written);
        self.resource_mut(made).meta = self.collect_meta(made, None);
        self.apply_meta(made);
        self.resource_mut(made).is_unique = !shape.is_one_per_host;
        let addresses = addresses(bundle.network.as_ref(), shape.replicas);
        let mut replicas: Vec<Replica> = Vec::new();
        for number in 0..shape.replicas {
            replicas.push(self.add_replica(bundle, made, number, &addresses));
        }
        let clone = mould.map(|mould| self.add_inner_clone(bundle, &shape, made, mould));
        if let Some(clone) = clone {
            self.settle_children(clone, &mut replicas, &addresses);
            self.copy_attribute_target(made, clone);
        }
        if let Variant::Bundle(facts) = &mut self.resource_mut(made).variant {
            facts.replicas = replicas;
            facts.clone = clone;
        }
        self.fill_table(made);
        Some(made)
    }

    fn add_replica(
        &mut self,
        bundle: &'a Bundle,
        parent: ResourceIx,
        number: u32,
        addresses: &[Option<Ipv4Addr>],
    ) -> Replica {
        let place = Place { parent: Some(parent), number: None };
        let address = addresses.get(number as usize).copied().flatten();
        let definition = containers::container(bundle, number, addresses);
        let container = self.add_primitive(&definition, place);
        let ip = address.map(|address| self.add_primitive(&containers::address(bundle, address), place));
        let mut replica = Replica { number, container, ip, connection: None, child: None, node: None };
        if let Some(primitive) = &bundle.primitive {
            let name = self.connection_id(bundle, primitive, number);
            let container_id = self.facts.resource(container).id.clone();
            let address = address.map_or_else(|| "#uname".into(), |address| address.to_string().into());
            let meta = vec![("internal_rsc", "true".into()), ("container", container_id)];
            let params = vec![("addr", address), ("port", control_port(bundle))];
            let definition = guests::connection(Arc::clone(&name), meta, params, None);
            replica.node = self.node_named(&name);
            replica.node.into_iter().for_each(|node| self.reserve_node(node));
            let connection = self.add_primitive(&definition, place);
            self.allow_everywhere(connection);
            self.keep_off_remote_nodes(connection);
            replica.connection = Some(connection);
        }
        replica
    }

    /// A connection is only made from full members.
    fn keep_off_remote_nodes(&mut self, connection: ResourceIx) {
        for node in self.facts.node_numbers() {
            let is_listed = self.facts.resource(connection).table.entry(node).is_some();
            if is_listed && self.facts.node(node).is_remote() {
                self.facts.add_score(connection, node, Score::MINUS_INFINITY);
            }
        }
    }

    /// Keeps everything but the replica's own primitive off the replica's node.
    fn reserve_node(&mut self, node: NodeIx) {
        self.is_listed[node.index()] = false;
        self.replica_nodes_so_far += 1;
        let facts = &mut self.facts.nodes[node.index()];
        facts.score = Score::MINUS_INFINITY;
        facts.discovery = Discovery::Never;
        for resource in &mut self.facts.resources {
            if let Some(entry) = resource.table.entry_mut(node) {
                *entry =
                    Entry { score: Score::MINUS_INFINITY, discovery: Discovery::Never, count: entry.count };
            }
        }
    }

    /// The clone around the primitive inside.
    fn add_inner_clone(
        &mut self,
        bundle: &Bundle,
        shape: &Shape,
        parent: ResourceIx,
        mould: Mould<'a>,
    ) -> ResourceIx {
        let mut meta: Vec<(&'static str, Arc<str>)> = vec![
            ("ordered", "true".into()),
            ("clone-max", shape.replicas.to_string().into()),
            ("clone-node-max", shape.per_host.to_string().into()),
            ("globally-unique", if shape.per_host > 1 { "true" } else { "false" }.into()),
        ];
        let kind = if shape.promoted_max > 0 { "master" } else { "clone" };
        if shape.promoted_max > 0 {
            meta.push(("promotable", "true".into()));
            meta.push(("promoted-max", shape.promoted_max.to_string().into()));
        }
        let id = format!("{}-{kind}", bundle.id).into();
        let written = Written { meta: clones::implied(meta), params: Cow::Borrowed(&[]) };
        let clone = self.push_clone(&id, Some(parent), written);
        let meta = self.clone_meta(clone, &mould);
        self.finish_clone(clone, meta, mould);
        clone
    }

    /// Gives each replica its instance of the primitive inside, which only runs on its node.
    fn settle_children(
        &mut self,
        clone: ResourceIx,
        replicas: &mut [Replica],
        addresses: &[Option<Ipv4Addr>],
    ) {
        let children = self.facts.resource(clone).children.clone();
        for (replica, child) in replicas.iter_mut().zip(children) {
            replica.child = Some(child);
            let utilization = std::mem::take(&mut self.resource_mut(child).utilization);
            self.resource_mut(replica.container).utilization = utilization;
            let mut table = NodeTable::empty(self.facts.nodes.len());
            if let Some(node) = replica.node {
                let entry = |score| Entry { score, discovery: Discovery::Exclusive, count: 0 };
                table.insert(node, entry(Score::new(OWN_NODE)));
                self.resource_mut(clone).table.insert(node, entry(Score::MINUS_INFINITY));
            }
            let address = addresses.get(replica.number as usize).copied().flatten();
            let facts = self.resource_mut(child);
            facts.table = table;
            facts.discovery_exclusive = true;
            if let Some(address) = address {
                facts.meta.insert("external-ip".into(), address.to_string().into());
            }
        }
    }

    /// Where promotion scores are kept is said on the primitive, but asked of what is around it.
    fn copy_attribute_target(&mut self, bundle: ResourceIx, clone: ResourceIx) {
        const NAME: &str = "container-attribute-target";
        let child = self.facts.resource(clone).children.first().copied();
        let target = child.and_then(|child| self.facts.resource(child).meta.get(NAME).cloned());
        if let Some(target) = target {
            for around in [bundle, clone] {
                self.resource_mut(around).meta.insert(NAME.into(), Arc::clone(&target));
            }
        }
    }
}

/// The port of the connections into the bundle's containers.
pub(super) fn control_port(bundle: &Bundle) -> Arc<str> {
    let port = bundle.network.as_ref().and_then(|network| network.control_port.clone());
    port.unwrap_or_else(|| DEFAULT_PORT.into())
}

/// The replicas' addresses: counting up from the first, over `x.y.z.254` to the next `z`.
fn addresses(network: Option<&Network>, replicas: u32) -> Vec<Option<Ipv4Addr>> {
    let mut next = network.and_then(Network::first_address);
    let has_range = network.is_some_and(|network| network.ip_range_start.is_some());
    let mut addresses = Vec::new();
    for _ in 0..if has_range { replicas } else { 0 } {
        addresses.push(next);
        next = next.and_then(|address| {
            let [a, b, c, d] = address.octets();
            match (c, d) {
                (_, ..=253) => Some(Ipv4Addr::new(a, b, c, d + 1)),
                (..=253, _) => Some(Ipv4Addr::new(a, b, c + 1, 1)),
                (_, _) => None,
            }
        });
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_roll_over_to_the_next_block() {
        let network = Network { ip_range_start: Some("10.0.0.254".into()), ..Network::default() };
        let expected = ["10.0.0.254", "10.0.1.1"].map(|text| text.parse().ok());
        assert_eq!(addresses(Some(&network), 2), expected);
        assert!(addresses(None, 2).is_empty());
    }
}
