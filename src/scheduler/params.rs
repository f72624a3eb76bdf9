//! Parameters of a resource as they hold for a node.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::digest::{DigestKey, Digests};
use super::facts::{Facts, NodeIx, PrimitiveFacts, ResourceIx};
use super::operation::KnownOptions;
use super::options;
use super::rule::RuleInput;
use crate::model::Table;

/// Answers about a resource that are asked often.
#[derive(Debug, Clone, Default)]
pub struct ResourceMemo {
    params: OnceCell<Arc<Table>>,
    pub(super) options: RefCell<Vec<KnownOptions>>,
    pub(super) digests: RefCell<Vec<(DigestKey, Arc<Digests>)>>,
    /// History entries whose restart digest must not match, by node and entry id.
    pub(super) spoiled: BTreeSet<(NodeIx, Arc<str>)>,
    /// A blocking failure was seen: the failure timeout counts as zero from then on.
    pub(super) is_timeout_off: Cell<bool>,
}

impl Facts<'_> {
    /// The resource's parameters on a node; `None` asks for those that hold on no node at all.
    /// Collectives have none of their own.
    pub fn params(&self, resource: ResourceIx, node: Option<NodeIx>) -> Arc<Table> {
        let facts = self.resource(resource);
        let Some(primitive) = facts.primitive() else { return Arc::default() };
        if primitive.params_depend_on_node() {
            return Arc::new(self.read_params(primitive, node));
        }
        Arc::clone(facts.memo.params.get_or_init(|| Arc::new(self.read_params(primitive, None))))
    }

    fn read_params(&self, primitive: &PrimitiveFacts<'_>, node: Option<NodeIx>) -> Table {
        let attributes = node.map(|node| &self.node(node).attributes);
        let input = RuleInput { now: self.now, attributes, ..RuleInput::default() };
        let mut table = Table::new();
        for source in &primitive.params {
            options::collect_into(&mut table, &*source.sets, &input, &self.recheck);
        }
        table
    }
}

impl PrimitiveFacts<'_> {
    /// Whether a rule makes parameters differ from node to node.
    pub fn params_depend_on_node(&self) -> bool {
        self.params.iter().any(|source| options::depend_on_node(&*source.sets))
    }

    /// Whether the parameter is written anywhere, rules aside.
    pub fn may_have_param(&self, name: &str) -> bool {
        let mut pairs = self.params.iter().flat_map(|source| source.sets.iter()).flat_map(|set| &set.pairs);
        pairs.any(|pair| &*pair.name == name)
    }
}
