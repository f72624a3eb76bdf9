//! Clones: their limits, and their instances.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::definition::Definition;
use super::resources::{Place, new_facts};
use super::{Reading, Written};
use crate::model::resource::CloneChild;
use crate::model::{Clone as CloneModel, Group, OptionSet, Score, Table, scalar};
use crate::scheduler::facts::{CloneFacts, ResourceIx, Variant};

/// What the instances of a clone are made from.
#[derive(Debug)]
pub(super) enum Mould<'a> {
    /// A primitive.
    Primitive(Definition<'a>),
    /// A group, with the members that can be.
    Group(&'a Group, Vec<Definition<'a>>),
}

impl<'a> Reading<'a> {
    /// Makes a clone with its instances; `None` if what it clones cannot be.
    pub(super) fn add_clone(&mut self, clone: &'a CloneModel) -> Option<ResourceIx> {
        let mut mould = match &clone.child {
            CloneChild::Primitive(primitive) => Mould::Primitive(self.define(primitive)?),
            CloneChild::Group(group) => {
                Mould::Group(group, group.members.iter().filter_map(|member| self.define(member)).collect())
            }
        };
        let written = Written { meta: Cow::Borrowed(&clone.meta), params: Cow::Borrowed(&clone.params) };
        let made = self.push_clone(&clone.id.to_shared(), None, written);
        let meta = self.clone_meta(made, &mould);
        let is_promotable = flag(&meta, "promotable") == Some(true);
        if is_promotable && !mould.keep_promotable() {
            self.unpush_clone(made);
            return None;
        }
        self.finish_clone(made, meta, mould);
        Some(made)
    }

    /// Puts a clone without instances and options into the arena.
    pub(super) fn push_clone(
        &mut self,
        id: &Arc<str>,
        parent: Option<ResourceIx>,
        written: Written<'a>,
    ) -> ResourceIx {
        let facts = new_facts(id, Variant::Clone(CloneFacts::default()), Place { parent, number: None });
        self.push(facts, written)
    }

    /// Takes back a clone that was just put in.
    fn unpush_clone(&mut self, clone: ResourceIx) {
        if let Some(named) = self.facts.resources.pop().and_then(|facts| self.by_name.get_mut(&facts.id)) {
            named.retain(|other| *other != clone);
        }
        self.written.truncate(clone.index());
    }

    /// Reads the clone's limits and makes its instances.
    pub(super) fn finish_clone(&mut self, clone: ResourceIx, meta: Table, mould: Mould<'a>) {
        let limits = self.limits(&meta);
        let facts = self.resource_mut(clone);
        facts.meta = meta;
        facts.variant = Variant::Clone(limits);
        self.apply_meta(clone);
        self.moulds.insert(clone, Rc::new(mould));
        for _ in 0..limits.clone_max.clamp(1, MOST_INSTANCES) {
            self.add_instance(clone);
        }
        self.fill_table(clone);
    }

    /// The clone's meta-attributes, completed with what its own nature decides.
    pub(super) fn clone_meta(&mut self, clone: ResourceIx, mould: &Mould<'a>) -> Table {
        let mut meta = self.collect_meta(clone, None);
        if !meta.contains_key("resource-stickiness") {
            meta.insert("resource-stickiness".into(), "1".into());
        }
        let node_max = count(&meta, &["clone-node-max"], 1);
        let written = meta.get("globally-unique").map(|text| scalar::parse_boolean(text) == Some(true));
        let mut is_unique = written.unwrap_or(node_max > 1 && self.facts.release.room_tells_apart());
        if is_unique && !mould.can_be_unique() {
            is_unique = false;
            let nodes = self.known_nodes();
            let max = count(&meta, &["clone-max"], nodes.max(1)).min(nodes);
            meta.insert("clone-max".into(), max.to_string().into());
            self.overrule_uniqueness(clone);
        }
        if !is_unique && node_max > 1 {
            meta.insert("clone-node-max".into(), "1".into());
        }
        meta.insert("globally-unique".into(), if is_unique { "true" } else { "false" }.into());
        meta
    }

    /// Makes what is inside inherit that instances are alike, whatever is written.
    fn overrule_uniqueness(&mut self, clone: ResourceIx) {
        let verdict = OptionSet { score: Score::INFINITY, ..OptionSet::of([("globally-unique", "false")]) };
        self.written[clone.index()].meta.to_mut().push(verdict);
    }

    fn limits(&self, meta: &Table) -> CloneFacts {
        let is_promotable = flag(meta, "promotable") == Some(true);
        let promoted = |names: &[&str]| if is_promotable { count(meta, names, 1) } else { 0 };
        CloneFacts {
            clone_max: count(meta, &["clone-max"], self.known_nodes().max(1)),
            clone_node_max: count(meta, &["clone-node-max"], 1),
            clone_min: meta.contains_key("clone-min").then(|| count(meta, &["clone-min"], 0)),
            is_ordered: flag(meta, "ordered") == Some(true),
            is_interleaved: flag(meta, "interleave") == Some(true),
            promoted_max: promoted(&["promoted-max", "master-max"]),
            promoted_node_max: promoted(&["promoted-node-max", "master-node-max"]),
        }
    }

    /// How many nodes are known so far.
    fn known_nodes(&self) -> u32 {
        u32::try_from(self.is_listed.iter().filter(|listed| **listed).count()).unwrap_or(u32::MAX)
            + self.replica_nodes_so_far
    }

    /// Makes one more instance of a clone. Beyond `clone-max` it only stands for what history
    /// tells of.
    pub(super) fn add_instance(&mut self, clone: ResourceIx) -> Option<ResourceIx> {
        let mould = Rc::clone(self.moulds.get(&clone)?);
        let number = u32::try_from(self.facts.resource(clone).children.len()).ok()?;
        let place = Place { parent: Some(clone), number: Some(number) };
        let instance = match &*mould {
            Mould::Primitive(definition) => self.add_primitive(definition, place),
            Mould::Group(group, members) => self.add_group(group, members, place),
        };
        let Variant::Clone(limits) = self.facts.resource(clone).variant else { return None };
        let meta = &mut self.resource_mut(instance).meta;
        meta.insert("clone-max".into(), limits.clone_max.to_string().into());
        meta.insert("clone".into(), number.to_string().into());
        let is_removed = number >= limits.clone_max;
        let parts = self.facts.resource(instance).children.clone();
        for part in std::iter::once(instance).chain(parts) {
            let facts = self.resource_mut(part);
            facts.is_removed |= is_removed;
            // What an agent cannot do, no option of the instance brings about.
            facts.is_unique &= mould.can_be_unique();
        }
        Some(instance)
    }
}

impl Mould<'_> {
    fn definitions(&self) -> &[Definition<'_>] {
        match self {
            Self::Primitive(definition) => std::slice::from_ref(definition),
            Self::Group(_, members) => members,
        }
    }

    fn can_be_unique(&self) -> bool {
        self.definitions().iter().all(|definition| definition.agent.class.can_be_unique())
    }

    /// Leaves out what cannot be promoted; whether anything is left.
    fn keep_promotable(&mut self) -> bool {
        match self {
            Self::Primitive(definition) => definition.agent.class.can_be_promoted(),
            Self::Group(_, members) => {
                members.retain(|member| member.agent.class.can_be_promoted());
                true
            }
        }
    }
}

fn flag(table: &Table, name: &str) -> Option<bool> {
    table.get(name).and_then(|text| scalar::parse_boolean(text))
}

/// More instances than any cluster has room for; a slip in a configuration may ask for more.
pub(super) const MOST_INSTANCES: u32 = 10_000;

/// The first of the options that is given; zero when it is no count.
fn count(table: &Table, names: &[&str], default: u32) -> u32 {
    let given = names.iter().find_map(|name| table.get(*name));
    given.map_or(default, |text| {
        scalar::parse_integer(text).and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
    })
}

/// A set of meta-attributes that the cluster itself writes.
pub(super) fn implied<'a>(pairs: Vec<(&'static str, Arc<str>)>) -> Cow<'a, [OptionSet]> {
    Cow::Owned(vec![OptionSet::of(pairs)])
}
