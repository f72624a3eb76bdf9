//! Node attributes as placement asks for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::Draft;
use crate::scheduler::facts::{Facts, NodeIx, NodeKind, ResourceIx};

/// The attribute by which "together" means "on the same node".
pub(crate) const UNAME: &str = "#uname";

/// Which host of a guest counts when an attribute is to be read from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// Where what launches the guest is active.
    Current,
    /// Where it was assigned; none until then.
    Assigned,
}

/// Nodes sorted into classes by the value of an attribute, ignoring case; class 0 has no value.
pub(crate) type Classes = Arc<[u32]>;

/// The classes of nodes for every attribute that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct NodeClasses {
    /// A number for each value that was seen, in lower case; the same for all attributes.
    numbers: BTreeMap<String, u32>,
    by_attribute: BTreeMap<Arc<str>, Classes>,
    uname: Classes,
    /// Every node has a class of its own by name.
    pub(crate) names_differ: bool,
    /// Resources for which attributes of guests may have to be read from the host.
    reads_host: Vec<HostReading>,
    has_guests: bool,
}

/// On which guest nodes a resource reads attributes from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostReading {
    Never,
    /// On bundle nodes: it is inside a bundle.
    OnBundleNodes,
    /// On all guests: it says so itself.
    OnGuests,
}

impl NodeClasses {
    pub(crate) fn new(facts: &Facts<'_>) -> Self {
        let mut numbers = BTreeMap::new();
        let uname = classify(facts, UNAME, &mut numbers);
        let mut seen = uname.to_vec();
        seen.sort_unstable();
        let names_differ = seen.windows(2).all(|pair| pair[0] != pair[1]);
        let has_guests = facts.nodes.iter().any(|node| node.kind == NodeKind::Guest);
        let reading =
            |index| if has_guests { host_reading(facts, ResourceIx::at(index)) } else { HostReading::Never };
        let reads_host = (0..facts.resources.len()).map(reading).collect();
        Self { numbers, by_attribute: BTreeMap::new(), uname, names_differ, reads_host, has_guests }
    }

    /// Whether attributes of some node are read from elsewhere for this resource.
    pub(crate) fn may_read_host(&self, resource: ResourceIx) -> bool {
        self.has_guests && self.reading(resource) != HostReading::Never
    }

    fn reading(&self, resource: ResourceIx) -> HostReading {
        self.reads_host.get(resource.index()).copied().unwrap_or(HostReading::Never)
    }
}

impl Draft<'_> {
    /// The class of each node by an attribute (`None`: its name), as `resource` sees it.
    pub(crate) fn classes(&mut self, attribute: Option<&Arc<str>>, resource: ResourceIx) -> Classes {
        if self.classes.may_read_host(resource) {
            return self.classes_through_hosts(attribute.map_or(UNAME, |name| name), resource);
        }
        let Some(attribute) = attribute.filter(|name| &***name != UNAME) else {
            return Arc::clone(&self.classes.uname);
        };
        if let Some(classes) = self.classes.by_attribute.get(attribute) {
            return Arc::clone(classes);
        }
        let classes = classify(&self.facts, attribute, &mut self.classes.numbers);
        self.classes.by_attribute.insert(Arc::clone(attribute), Arc::clone(&classes));
        classes
    }

    /// An attribute of a node, or of its host if `resource` says that it wants that.
    pub(crate) fn attribute(
        &self,
        node: NodeIx,
        name: &str,
        resource: ResourceIx,
        host: Host,
    ) -> Option<&Arc<str>> {
        let is_guest = self.facts.node(node).kind == NodeKind::Guest;
        let from_host = is_guest && self.classes.reading(resource) == HostReading::OnGuests;
        let read_from = if from_host { self.host_of(node, host)? } else { node };
        self.facts.node(read_from).attributes.get(name)
    }

    /// An attribute of a node as colocations compare it: what is in a bundle is where its host is.
    fn colocation_attribute(&self, node: NodeIx, name: &str, resource: ResourceIx) -> Option<&Arc<str>> {
        let is_inside =
            self.classes.reading(resource) == HostReading::OnBundleNodes && self.is_bundle_node(node);
        let read_from = if is_inside { self.host_of(node, Host::Assigned)? } else { node };
        self.attribute(read_from, name, resource, Host::Assigned)
    }

    /// Where what launches a guest is.
    fn host_of(&self, guest: NodeIx, host: Host) -> Option<NodeIx> {
        let launcher = self.launcher_of(guest)?;
        match host {
            Host::Current => self.facts.current_node(launcher),
            Host::Assigned => self.assigned[launcher.index()],
        }
    }

    /// What launches a guest node.
    pub(crate) fn launcher_of(&self, node: NodeIx) -> Option<ResourceIx> {
        self.resource(self.facts.node(node).connection?).launcher
    }

    /// Whether a node is inside a container of a bundle.
    pub(crate) fn is_bundle_node(&self, node: NodeIx) -> bool {
        let parent = self.facts.node(node).connection.and_then(|connection| self.resource(connection).parent);
        parent.is_some_and(|parent| self.resource(parent).variant.is_bundle())
    }

    fn classes_through_hosts(&mut self, name: &str, resource: ResourceIx) -> Classes {
        let value = |node| self.colocation_attribute(node, name, resource).cloned();
        let values: Vec<_> = self.facts.node_numbers().map(value).collect();
        values.iter().map(|value| number(value.as_ref(), &mut self.classes.numbers)).collect()
    }
}

/// Whether, and where, a resource reads attributes from hosts.
fn host_reading(facts: &Facts<'_>, resource: ResourceIx) -> HostReading {
    let is_host = |target: &Arc<str>| target.eq_ignore_ascii_case("host");
    if facts.resource(resource).meta.get("container-attribute-target").is_some_and(is_host) {
        return HostReading::OnGuests;
    }
    let mut above = facts.resource(resource).parent;
    while let Some(parent) = above {
        if facts.resource(parent).variant.is_bundle() {
            return HostReading::OnBundleNodes;
        }
        above = facts.resource(parent).parent;
    }
    HostReading::Never
}

fn classify(facts: &Facts<'_>, name: &str, numbers: &mut BTreeMap<String, u32>) -> Classes {
    facts.nodes.iter().map(|node| number(node.attributes.get(name), numbers)).collect()
}

/// The number of a value, from 1, equal ones alike; 0 is no value.
fn number(value: Option<&Arc<str>>, numbers: &mut BTreeMap<String, u32>) -> u32 {
    let next = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
    value.map_or(0, |value| *numbers.entry(value.to_ascii_lowercase()).or_insert(next))
}
