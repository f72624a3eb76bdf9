//! Names in constraints: what resource, template or tag they stand for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::resource::Origin;
use crate::model::{Primitive, ResourceId};
use crate::scheduler::facts::{Facts, ResourceIx};

/// What a name in a constraint stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expansion<'l> {
    /// One resource.
    Resource(ResourceIx),
    /// The members of a template or tag, in order; `None` for a member that is no resource.
    Several(&'l [Option<ResourceIx>]),
    /// Nothing.
    Unknown,
}

/// All names that constraints can use, looked up once.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    resources: BTreeMap<Arc<str>, ResourceIx>,
    several: BTreeMap<Arc<str>, Vec<Option<ResourceIx>>>,
}

impl Lookup {
    /// Collects the names of resources (their own and those in history), templates and tags.
    pub fn new(facts: &Facts<'_>) -> Self {
        let mut lookup = Self::default();
        for top in &facts.top {
            lookup.add_tree(facts, *top);
        }
        for (tag, members) in &facts.cluster.tags {
            let members = members.iter().map(|member| lookup.resource(member.as_str())).collect();
            lookup.several.insert(tag.to_shared(), members);
        }
        lookup.add_templates(facts);
        lookup
    }

    /// The resource called `name`. A name that only history knows means the outermost collective
    /// (below a bundle) of the instance that carries it.
    pub fn resource(&self, name: &str) -> Option<ResourceIx> {
        self.resources.get(name).copied()
    }

    /// What `name` stands for: a resource, else a template, else a tag.
    pub fn expand(&self, name: &ResourceId) -> Expansion<'_> {
        if let Some(resource) = self.resource(name.as_str()) {
            return Expansion::Resource(resource);
        }
        self.several.get(name.as_str()).map_or(Expansion::Unknown, |members| Expansion::Several(members))
    }

    /// The members of a set, templates and tags replaced by what they stand for. `None` marks a
    /// name that is no resource; with such a name in the set, nothing in it is replaced.
    pub fn members(&self, names: &[ResourceId]) -> Vec<Option<ResourceIx>> {
        let expansions: Vec<_> = names.iter().map(|name| self.expand(name)).collect();
        if expansions.contains(&Expansion::Unknown) {
            return names.iter().map(|name| self.resource(name.as_str())).collect();
        }
        let mut members = Vec::with_capacity(names.len());
        for expansion in expansions {
            match expansion {
                Expansion::Resource(resource) => members.push(Some(resource)),
                Expansion::Several(several) => members.extend_from_slice(several),
                Expansion::Unknown => {}
            }
        }
        members
    }

    /// Adds `root` and all below it, depth first; the first to claim a name keeps it.
    fn add_tree(&mut self, facts: &Facts<'_>, root: ResourceIx) {
        let mut waiting = vec![root];
        while let Some(resource) = waiting.pop() {
            let known = facts.resource(resource);
            self.resources.entry(Arc::clone(&known.id)).or_insert(resource);
            if let Some(name) = &known.history_name {
                self.resources.entry(Arc::clone(name)).or_insert_with(|| facts.topmost(resource));
            }
            waiting.extend(known.children.iter().rev());
        }
    }

    /// Adds templates with the primitives made from them; one without any stays unknown.
    fn add_templates(&mut self, facts: &Facts<'_>) {
        let mut users: BTreeMap<Arc<str>, Vec<Option<ResourceIx>>> = BTreeMap::new();
        for primitive in facts.cluster.resources.iter().flat_map(|resource| resource.primitives()) {
            let Primitive { id, origin: Origin::Template(template), .. } = primitive else { continue };
            users.entry(template.to_shared()).or_default().push(self.resource(id.as_str()));
        }
        self.several.extend(users);
    }
}
