//! What a location constraint means: scores that resources have on nodes of their own.

use std::sync::Arc;

use regex::Regex;

use crate::model::constraint::{Discovery, Location, LocationPreference};
use crate::model::rule::{Combine, RulePreference, RuleScore};
use crate::model::{ConstraintId, Role, Score};
use crate::scheduler::assign::attribute::Host;
use crate::scheduler::assign::contribution::{Cause, Place};
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::constraint::lookup::Expansion;
use crate::scheduler::constraint::set::Set;
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::node_table::{Entry, NodeTable};
use crate::scheduler::rule::{self, RuleInput};
use crate::scheduler::variant;

/// Number of a location preference in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocationIx(u32);

impl LocationIx {
    /// The position in its list.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A preference of one resource for some nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationRecord {
    /// The constraint; `None` for the health of a node.
    pub id: Option<ConstraintId>,
    /// Whose preference.
    pub resource: ResourceIx,
    /// Only if the resource is to have this role; `None` always.
    pub role: Option<Role>,
    /// Whether it may be probed on these nodes.
    pub discovery: Discovery,
    /// The nodes, with scores.
    pub nodes: Vec<(NodeIx, Score)>,
}

/// All location preferences, and which are a resource's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Locations {
    records: Vec<LocationRecord>,
    own: Vec<Vec<LocationIx>>,
}

impl Locations {
    pub(crate) fn new(resources: usize) -> Self {
        Self { records: Vec::new(), own: vec![Vec::new(); resources] }
    }

    pub(crate) fn record(&self, location: LocationIx) -> &LocationRecord {
        &self.records[location.index()]
    }

    /// The resource's own preferences, newest first.
    pub(crate) fn of(&self, resource: ResourceIx) -> impl Iterator<Item = &LocationIx> {
        self.own[resource.index()].iter().rev()
    }

    /// All preferences, newest first: the order in which they are applied.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = LocationIx> + use<> {
        (0..u32::try_from(self.records.len()).unwrap_or(u32::MAX)).rev().map(LocationIx)
    }

    pub(crate) fn into_records(self) -> Vec<LocationRecord> {
        self.records
    }
}

/// Who a constraint is about, in one of its forms.
struct Target<'c> {
    resource: ResourceIx,
    role: Option<Role>,
    score: Option<Score>,
    captures: &'c [Arc<str>],
}

/// Adds the preferences of a location constraint.
pub(crate) fn unpack(draft: &mut Draft<'_>, location: &Location) {
    let mut sets: Vec<Set> = location.target.sets.iter().map(|set| Set::new(&draft.lookup, set)).collect();
    let mut single = None;
    if let Some(name) = &location.target.resource {
        match draft.lookup.expand(name) {
            Expansion::Resource(resource) => single = Some(resource),
            expansion @ Expansion::Several(_) => sets.extend(Set::of_expansion(&expansion, location.role)),
            Expansion::Unknown => return,
        }
    }
    if !sets.is_empty() {
        for set in &sets {
            for resource in set.known_prefix() {
                let role = set.role.or(location.role);
                add(draft, location, &Target { resource, role, score: set.score, captures: &[] });
            }
        }
        return;
    }
    if let Some(resource) = single {
        add(draft, location, &Target { resource, role: location.role, score: None, captures: &[] });
    }
    if let Some(pattern) = &location.target.pattern {
        unpack_pattern(draft, location, pattern);
    }
}

/// Adds the preference for every top-level resource whose name matches.
fn unpack_pattern(draft: &mut Draft<'_>, location: &Location, pattern: &str) {
    let (pattern, is_inverted) = pattern.strip_prefix('!').map_or((pattern, false), |rest| (rest, true));
    let Ok(regex) = Regex::new(pattern) else { return };
    for resource in draft.facts.top.clone() {
        let id = Arc::clone(&draft.resource(resource).id);
        let found = regex.captures(&id);
        if found.is_some() == is_inverted {
            continue;
        }
        let captures: Vec<Arc<str>> = found.map_or_else(Vec::new, |found| {
            found.iter().map(|part| part.map_or("", |part| part.as_str()).into()).collect()
        });
        add(draft, location, &Target { resource, role: location.role, score: None, captures: &captures });
    }
}

fn add(draft: &mut Draft<'_>, location: &Location, target: &Target<'_>) {
    let (nodes, role) = match &location.preference {
        LocationPreference::Node { node, score } => {
            let node = draft.facts.node_named(node.as_str());
            let nodes = node.map(|node| (node, target.score.unwrap_or(*score))).into_iter().collect();
            (nodes, target.role)
        }
        LocationPreference::Rule(preference) => (matching_nodes(draft, preference, target), preference.role),
    };
    if location.discovery == Discovery::Exclusive {
        draft.facts.resources[target.resource.index()].discovery_exclusive = true;
    }
    add_record(
        draft,
        LocationRecord {
            id: Some(location.id.clone()),
            resource: target.resource,
            role: role.filter(|role| matches!(role, Role::Stopped | Role::Promoted)),
            discovery: location.discovery,
            nodes,
        },
    );
}

/// Adds a preference.
pub(crate) fn add_record(draft: &mut Draft<'_>, record: LocationRecord) {
    let locations = &mut draft.locations;
    let new = LocationIx(u32::try_from(locations.records.len()).unwrap_or(u32::MAX));
    locations.own[record.resource.index()].push(new);
    locations.records.push(record);
}

/// The nodes on which a rule passes, with the scores it gives.
fn matching_nodes(
    draft: &Draft<'_>,
    preference: &RulePreference,
    target: &Target<'_>,
) -> Vec<(NodeIx, Score)> {
    let facts = &draft.facts;
    let mut nodes = Vec::new();
    for node in facts.node_numbers() {
        let params = facts.params(target.resource, Some(node));
        let input = RuleInput {
            now: facts.now,
            attributes: Some(&facts.node(node).attributes),
            params: Some(&params),
            meta: Some(&facts.resource(target.resource).meta),
            captures: target.captures,
            ..RuleInput::default()
        };
        if rule::passes(&preference.rule, &input, &facts.recheck)
            && let Some(score) = rule_score(draft, &preference.score, target, node)
        {
            let stands_alone = facts.release.rules_stand_alone() || preference.rule.combine == Combine::And;
            let own = if stands_alone { Score::ZERO } else { facts.node(node).score };
            nodes.push((node, score.plus(own)));
        }
    }
    nodes
}

/// The score of a rule on a node; `None` if the attribute it names has none.
fn rule_score(draft: &Draft<'_>, score: &RuleScore, target: &Target<'_>, node: NodeIx) -> Option<Score> {
    match score {
        RuleScore::Fixed(score) => Some(*score),
        RuleScore::Attribute(name) => {
            let name = with_captures(name, target.captures);
            let value = draft.attribute(node, &name, target.resource, Host::Current)?;
            draft.facts.properties.parse_score(value)
        }
    }
}

/// A name in which `\1` to `\9` stand for parts of what a pattern matched.
fn with_captures(name: &str, captures: &[Arc<str>]) -> String {
    let mut result = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        let digit = rest.peek().and_then(|next| next.to_digit(10)).filter(|digit| *digit > 0);
        match digit.filter(|_| character == '\\' && !captures.is_empty()) {
            Some(digit) => {
                rest.next();
                result.push_str(captures.get(digit as usize).map_or("", |part| part));
            }
            None => result.push(character),
        }
    }
    result
}

/// How much of a preference reaches a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// All of it.
    Full,
    /// That its nodes are allowed, but no score.
    NodesOnly,
}

impl Draft<'_> {
    /// Applies all preferences to the tables, newest first.
    pub(crate) fn apply_locations(&mut self) {
        for location in self.locations.newest_first() {
            let resource = self.locations.record(location).resource;
            variant::apply_location(self, resource, location, Share::Full);
        }
    }

    /// Applies a preference to one table.
    pub(crate) fn apply_location(&mut self, resource: ResourceIx, location: LocationIx, share: Share) {
        if !self.location_fits(resource, location) {
            return;
        }
        let record = self.locations.record(location);
        let discovery = record.discovery;
        for (node, score) in record.nodes.clone() {
            if self.facts.carries(resource, node) {
                continue;
            }
            let score = if share == Share::Full { score } else { Score::ZERO };
            let first = self.facts.node(node).discovery;
            let table = &mut self.facts.resources[resource.index()].table;
            add_to_table(table, node, score, first, discovery);
            if table.entry(node).is_some_and(|entry| entry.discovery == Discovery::Exclusive) {
                self.facts.resources[resource.index()].discovery_exclusive = true;
            }
            self.note(resource, Place::Node(node), score, Cause::Location(location));
        }
        self.pulls.forget(resource);
    }

    /// Adds a preference in full to a scratch copy of the table of `resource`.
    pub(crate) fn apply_location_to(
        &self,
        table: &mut NodeTable,
        resource: ResourceIx,
        location: LocationIx,
    ) {
        if self.location_fits(resource, location) {
            let record = self.locations.record(location);
            for (node, score) in &record.nodes {
                add_to_table(table, *node, *score, self.facts.node(*node).discovery, record.discovery);
            }
        }
    }

    fn location_fits(&self, resource: ResourceIx, location: LocationIx) -> bool {
        let role = self.locations.record(location).role;
        role.is_none() || role == self.next_role[resource.index()]
    }
}

fn add_to_table(table: &mut NodeTable, node: NodeIx, score: Score, first: Discovery, discovery: Discovery) {
    match table.entry_mut(node) {
        Some(entry) => {
            entry.score = entry.score.plus(score);
            entry.discovery = entry.discovery.max(discovery);
        }
        None => table.insert(node, Entry { score, discovery: first.max(discovery), count: 0 }),
    }
}
