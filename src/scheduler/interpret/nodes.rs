//! The list of nodes: configured ones, those that resources make, and those only history knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Reading;
use super::definition::{is_remote_agent, remote_node_name};
use crate::model::node::NodeKind as ModelKind;
use crate::model::resource::CloneChild;
use crate::model::{Agent, Node, NodeId, NodeName, OptionSet, Primitive, Resource, Table, scalar};
use crate::scheduler::facts::{NodeFacts, NodeIx, NodeKind, Unclean};
use crate::scheduler::natural;
use crate::scheduler::options;
use crate::scheduler::rule::RuleInput;

/// A node before it has a number.
struct Draft<'a> {
    name: Arc<str>,
    kind: NodeKind,
    configured: Option<&'a Node>,
    /// Known before resources are read, so that their tables list it.
    is_early: bool,
}

impl<'a> Reading<'a> {
    /// Lists and numbers every node that will ever be known, in natural order of names.
    pub(super) fn read_nodes(&mut self) {
        let mut drafts = Drafts::default();
        for node in &self.facts.cluster.nodes {
            let kind = match node.kind {
                ModelKind::Member => NodeKind::Member,
                ModelKind::Remote => NodeKind::Remote,
            };
            drafts.add(Draft { name: node.name.to_shared(), kind, configured: Some(node), is_early: true });
        }
        for resource in &self.facts.cluster.resources {
            self.draft_nodes_of(resource, &mut drafts);
        }
        for history in self.facts.status.nodes.iter().flat_map(|node| &node.resources) {
            let agent = Agent {
                class: history.class.clone(),
                provider: history.provider.clone(),
                kind: Arc::clone(&history.kind),
            };
            if is_remote_agent(&agent) && !history.entries.is_empty() {
                let kind = if history.container.is_some() { NodeKind::Guest } else { NodeKind::Remote };
                let name = Arc::clone(&history.id);
                drafts.add(Draft { name, kind, configured: None, is_early: false });
            }
        }
        let mut drafts = drafts.list;
        drafts.sort_by(|a, b| natural::compare(&a.name, &b.name));
        for draft in drafts {
            self.add_node(&draft);
        }
    }

    fn draft_nodes_of(&self, resource: &'a Resource, drafts: &mut Drafts<'a>) {
        match resource {
            Resource::Primitive(primitive) => {
                self.draft_connection(primitive, drafts);
                self.draft_guest(primitive, drafts);
            }
            Resource::Group(group) => {
                for member in &group.members {
                    self.draft_guest(member, drafts);
                }
            }
            Resource::Clone(clone) => match &clone.child {
                CloneChild::Primitive(_) | CloneChild::Group(_) => {}
            },
            Resource::Bundle(bundle) => {
                for name in self.replica_nodes(bundle) {
                    drafts.add(Draft { name, kind: NodeKind::Guest, configured: None, is_early: false });
                }
            }
        }
    }

    /// A remote connection makes a node of its own name.
    fn draft_connection(&self, primitive: &Primitive, drafts: &mut Drafts<'a>) {
        if primitive.agent(self.template_of(primitive)).is_some_and(is_remote_agent) {
            let name = primitive.id.to_shared();
            drafts.add(Draft { name, kind: NodeKind::Remote, configured: None, is_early: true });
        }
    }

    fn draft_guest(&self, primitive: &Primitive, drafts: &mut Drafts<'a>) {
        if let Some(name) = remote_node_name(self.template_of(primitive), primitive) {
            drafts.add(Draft { name, kind: NodeKind::Guest, configured: None, is_early: true });
        }
    }

    fn add_node(&mut self, draft: &Draft<'a>) {
        let number = NodeIx::at(self.facts.nodes.len());
        let id =
            draft.configured.map_or_else(|| NodeId::new(Arc::clone(&draft.name)), |node| node.id.clone());
        let mut node = NodeFacts::new(id, NodeName::new(Arc::clone(&draft.name)), draft.kind);
        let is_startup_fenced = self.facts.properties.startup_fencing && draft.kind == NodeKind::Member;
        node.unclean = is_startup_fenced.then_some(Unclean { because: None });
        node.is_dc = self.facts.status.dc.as_ref().is_some_and(|dc| same(dc.as_str(), node.id.as_str()));
        if let Some(configured) = draft.configured {
            node.score = configured.score;
            node.utilization = self.read_utilization(&configured.utilization);
        }
        self.nodes_by_id.entry(node.id.as_str().to_ascii_lowercase()).or_insert(number);
        self.nodes_by_name.entry(draft.name.to_ascii_lowercase()).or_insert(number);
        self.facts.nodes.push(node);
        self.is_listed.push(draft.is_early);
        self.is_read.push(false);
        self.name_kind(number);
        if let Some(configured) = draft.configured {
            self.add_attributes(number, &configured.attributes, Precedence::KnownFirst);
        }
    }

    /// States the node's kind among its attributes.
    pub(super) fn name_kind(&mut self, node: NodeIx) {
        let node = &mut self.facts.nodes[node.index()];
        let kind = match node.kind {
            NodeKind::Member => "cluster",
            NodeKind::Remote => "remote",
            NodeKind::Guest => "container",
        };
        node.attributes.insert("#kind".into(), kind.into());
    }

    /// Merges attributes of a node, with those that every known node has.
    pub(super) fn add_attributes(&mut self, node: NodeIx, sets: &[OptionSet], precedence: Precedence) {
        let input = RuleInput { now: self.facts.now, ..RuleInput::default() };
        let given = options::collect(sets, &input, &self.facts.recheck);
        let cluster_name = self.facts.properties.cluster_name.clone();
        let node = &mut self.facts.nodes[node.index()];
        let is_dc = if node.is_dc { "true" } else { "false" };
        let own: [(&str, Option<Arc<str>>); 4] = [
            ("#uname", Some(node.name.to_shared())),
            ("#id", Some(node.id.to_shared())),
            ("#is_dc", Some(is_dc.into())),
            ("#cluster-name", cluster_name.clone()),
        ];
        for (name, value) in own {
            if let Some(value) = value {
                node.attributes.insert(name.into(), value);
            }
        }
        for (name, value) in given {
            match precedence {
                Precedence::KnownFirst => {
                    node.attributes.entry(name).or_insert(value);
                }
                Precedence::NewFirst => {
                    node.attributes.insert(name, value);
                }
            }
        }
        if !node.attributes.contains_key("#site-name")
            && let Some(site) = node.attributes.get("site-name").cloned().or(cluster_name)
        {
            node.attributes.insert("#site-name".into(), site);
        }
        node.failures = std::cell::OnceCell::new();
    }

    /// Capacities; what is not a number counts as zero.
    pub(super) fn read_utilization(&self, sets: &[OptionSet]) -> BTreeMap<Arc<str>, i64> {
        if sets.is_empty() {
            return BTreeMap::new();
        }
        let input = RuleInput { now: self.facts.now, ..RuleInput::default() };
        let table: Table = options::collect(sets, &input, &self.facts.recheck);
        table.into_iter().map(|(name, value)| (name, scalar::parse_integer(&value).unwrap_or(0))).collect()
    }
}

/// Which of two values of one attribute stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precedence {
    /// The one that is known already (permanent attributes).
    KnownFirst,
    /// The new one (transient attributes).
    NewFirst,
}

fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

/// Nodes so far; the first of a name counts.
#[derive(Default)]
struct Drafts<'a> {
    list: Vec<Draft<'a>>,
    names: std::collections::BTreeSet<String>,
}

impl<'a> Drafts<'a> {
    fn add(&mut self, draft: Draft<'a>) {
        if self.names.insert(draft.name.to_ascii_lowercase()) {
            self.list.push(draft);
        }
    }
}
