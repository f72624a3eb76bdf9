//! How preferences travel along colocations: the scores of one resource, and of those colocated
//! with it in turn, are added to the table of another, the weaker the longer the way.

use std::collections::BTreeMap;

use super::ColocationIx;
use super::honour::fraction;
use super::lists::Side;
use crate::model::Score;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::{NodeIx, ResourceIx, Variant};
use crate::scheduler::node_table::NodeTable;

/// How many resources preferences are taken from by walking, in one run. Only a configuration made
/// to blow up comes near; there, what is left is ignored so that scheduling ends, and the schedule
/// says so.
const MOST_WALKS: u32 = 5_000_000;

/// What happens to a score that was positive when others would make it negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floor {
    /// It becomes negative.
    None,
    /// It becomes 1 in the end: where instances can go, they still can.
    Positive,
}

/// A node's score while preferences are added to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) node: NodeIx,
    pub(crate) score: Score,
    /// Would have become negative and must not change any more.
    is_unusable: bool,
}

/// A resource whose preferences are being added, with those that come after its own.
struct Level {
    source: ResourceIx,
    group: Option<ResourceIx>,
    colocations: Vec<ColocationIx>,
    next: usize,
    factor: f32,
}

/// One merge: what does not change on the way down.
struct Merge {
    /// Whose scores are being made.
    target: ResourceIx,
    floor: Floor,
    side: Side,
}

/// When a ban, seen through an anti-colocation, becomes a wish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoneNode {
    /// The dependent can go to one node only, and the primary may be moved out of its way.
    applies: bool,
    /// What the primary would give up.
    stickiness: Score,
}

impl Draft<'_> {
    /// Adds to `table`, the table of `target`, what the other side of a colocation prefers, and
    /// then what those colocated with that prefer. An addition that would leave no open node is
    /// left out, with all that hangs on it.
    pub(crate) fn merge(
        &mut self,
        table: &mut NodeTable,
        target: ResourceIx,
        colocation: ColocationIx,
        floor: Floor,
        side: Side,
    ) {
        let merge = Merge { target, floor, side };
        let mut cells = cells_of(table);
        let (source, factor) = self.source(colocation, side);
        let first = self.enter(&merge, &mut cells, source, colocation, factor);
        self.merge_levels(&merge, &mut cells, first.into_iter().collect());
        write_cells(table, &cells);
    }

    /// What colocations of `target` say of one node, on which `target` starts with `start`. Here
    /// the first addition counts even if it closes the node.
    pub(crate) fn merged_score(
        &mut self,
        target: ResourceIx,
        node: NodeIx,
        start: Score,
        colocations: &[(ColocationIx, Side, Floor)],
    ) -> Score {
        let mut cells = vec![Cell { node, score: start, is_unusable: false }];
        for (colocation, side, floor) in colocations {
            let merge = Merge { target, floor: *floor, side: *side };
            let (source, factor) = self.source(*colocation, *side);
            let Some((source, group)) = self.spokesman(source) else { continue };
            cells = self.add_preferences(&merge, &cells, source, *colocation, factor);
            let is_open = cells.iter().any(|cell| self.is_open_cell(cell));
            if is_open {
                let level = self.level(&merge, source, group, factor);
                self.merge_levels(&merge, &mut cells, vec![level]);
            }
            settle(*floor, &mut cells);
        }
        cells.first().map_or(start, |cell| cell.score)
    }

    /// Whose preferences a colocation passes on, and how much of them.
    fn source(&self, colocation: ColocationIx, side: Side) -> (ResourceIx, f32) {
        let record = self.colocations.record(colocation);
        (record.other(side), fraction(1.0, record.score))
    }

    fn is_open_cell(&self, cell: &Cell) -> bool {
        self.is_usable(cell.node) && cell.score >= Score::ZERO && !cell.is_unusable
    }

    /// The scores of `resource` together with those of its primaries, for sorting.
    pub(crate) fn preferences(&mut self, resource: ResourceIx) -> NodeTable {
        let group = Some(resource).filter(|group| self.resource(*group).variant.is_group());
        let source = match group {
            Some(group) => self.resource(group).children.last().copied().unwrap_or(group),
            None => resource,
        };
        let merge = Merge { target: source, floor: Floor::None, side: Side::ThisWith };
        let mut table = self.table(source).clone();
        if !self.has_open_node(&table) {
            return table;
        }
        let mut cells = cells_of(&table);
        let level = self.level(&merge, source, group, 1.0);
        self.merge_levels(&merge, &mut cells, vec![level]);
        write_cells(&mut table, &cells);
        table
    }

    /// Works through open levels, the innermost first.
    fn merge_levels(&mut self, merge: &Merge, cells: &mut Vec<Cell>, mut levels: Vec<Level>) {
        while let Some(level) = levels.last_mut() {
            let Some(colocation) = level.colocations.get(level.next).copied() else {
                let (source, group) = (level.source, level.group);
                self.is_merging[source.index()] = false;
                if let Some(group) = group {
                    self.is_merging[group.index()] = false;
                }
                settle(merge.floor, cells);
                levels.pop();
                continue;
            };
            level.next += 1;
            let factor = level.factor;
            if merge.side == Side::WithThis && !self.has_influence(colocation) {
                continue;
            }
            let record = self.colocations.record(colocation);
            let factor = self.facts.release.so_far(factor);
            let (other, factor) = (record.other(merge.side), fraction(factor, record.score));
            levels.extend(self.enter(merge, cells, other, colocation, factor));
        }
    }

    /// Adds what `source` itself prefers. Gives the level that must follow, if any.
    fn enter(
        &mut self,
        merge: &Merge,
        cells: &mut Vec<Cell>,
        source: ResourceIx,
        colocation: ColocationIx,
        factor: f32,
    ) -> Option<Level> {
        let (source, group) = self.spokesman(source)?;
        let is_marked = |resource: ResourceIx| self.is_merging[resource.index()];
        if is_marked(source) || group.is_some_and(is_marked) {
            return None;
        }
        let is_tired = self.walks >= MOST_WALKS;
        self.is_cut_short |= is_tired && factor != 0.0;
        if factor == 0.0 || is_tired {
            // So far away that nothing arrives any more, from here or beyond.
            if cells.iter().any(|cell| self.is_open_cell(cell)) {
                settle(merge.floor, cells);
            }
            return None;
        }
        let merged = self.add_preferences(merge, cells, source, colocation, factor);
        if !merged.iter().any(|cell| self.is_open_cell(cell)) {
            return None;
        }
        *cells = merged;
        let can_sum = merge.side == Side::WithThis
            && merge.floor == Floor::None
            && !self.classes.may_read_host(merge.target);
        if can_sum && self.apply_pull(source, factor, cells) {
            return None;
        }
        self.walks += 1;
        Some(self.level(merge, source, group, factor))
    }

    fn level(&mut self, merge: &Merge, source: ResourceIx, group: Option<ResourceIx>, factor: f32) -> Level {
        self.is_merging[source.index()] = true;
        if let Some(group) = group {
            self.is_merging[group.index()] = true;
        }
        Level { source, group, colocations: self.effective_colocations(merge.side, source), next: 0, factor }
    }

    /// Who speaks for a resource: the first member of a group, with the group; else itself.
    pub(crate) fn spokesman(&self, resource: ResourceIx) -> Option<(ResourceIx, Option<ResourceIx>)> {
        match &self.resource(resource).variant {
            Variant::Group(_) => {
                self.resource(resource).children.first().map(|first| (*first, Some(resource)))
            }
            Variant::Primitive(_) | Variant::Clone(_) | Variant::Bundle(_) => Some((resource, None)),
        }
    }

    /// The cells with the scores of `source` added.
    fn add_preferences(
        &mut self,
        merge: &Merge,
        cells: &[Cell],
        source: ResourceIx,
        colocation: ColocationIx,
        factor: f32,
    ) -> Vec<Cell> {
        let lone = self.lone_node(colocation, factor);
        let attribute = self.colocations.record(colocation).node_attribute.clone();
        let is_by_name = self.is_by_name(colocation)
            && !self.classes.may_read_host(source)
            && !self.classes.may_read_host(merge.target);
        let boosted = self.table_with_group_locations(source, colocation);
        let (seen_by_source, seen_by_target) = if is_by_name {
            (None, None)
        } else {
            let classes = self.classes(attribute.as_ref(), source);
            (Some(classes), Some(self.classes(attribute.as_ref(), merge.target)))
        };
        let table = boosted.as_ref().unwrap_or_else(|| self.table(source));
        let mut best: BTreeMap<u32, Score> = BTreeMap::new();
        for (node, entry) in
            table.iter().filter(|(node, _)| seen_by_source.is_some() && self.is_usable(*node))
        {
            let class = class_of(seen_by_source.as_deref(), node);
            let score = best.entry(class).or_insert(Score::MINUS_INFINITY);
            *score = entry.score.max(*score);
        }
        let preference = |node: NodeIx| match &seen_by_target {
            None => self.preference(table, node),
            Some(classes) => {
                best.get(&class_of(Some(classes), node)).copied().unwrap_or(Score::MINUS_INFINITY)
            }
        };
        let add =
            |cell: &Cell| add_to_cell(*cell, passed_on(preference(cell.node), factor, lone), merge.floor);
        cells.iter().map(add).collect()
    }

    /// What a table says of a node; a node that cannot be used counts as forbidden.
    pub(crate) fn preference(&self, table: &NodeTable, node: NodeIx) -> Score {
        let score = table.score(node).filter(|_| self.is_usable(node));
        score.unwrap_or(Score::MINUS_INFINITY)
    }

    /// Whether "together" means the same node for a colocation.
    pub(crate) fn is_by_name(&self, colocation: ColocationIx) -> bool {
        let attribute = self.colocations.record(colocation).node_attribute.as_deref();
        self.classes.names_differ
            && attribute.is_none_or(|name| name == crate::scheduler::assign::attribute::UNAME)
    }

    /// Whether a ban becomes a wish through a negative colocation: see [`LoneNode`].
    pub(crate) fn lone_node(&self, colocation: ColocationIx, factor: f32) -> LoneNode {
        let record = self.colocations.record(colocation);
        let stickiness = self.resource(record.primary).stickiness;
        let makes_way = self.facts.release.makes_way() && factor < 0.0;
        let applies = makes_way && self.has_influence(colocation) && {
            let mut possible =
                self.table(record.dependent).iter().filter(|(_, entry)| entry.score >= Score::ZERO);
            possible.next().is_some() && possible.next().is_none()
        };
        LoneNode { applies, stickiness }
    }

    /// The table of a later group member with the group's own preferences, which only count for
    /// the first member otherwise; `None` where the table is right as it is.
    pub(crate) fn table_with_group_locations(
        &self,
        source: ResourceIx,
        colocation: ColocationIx,
    ) -> Option<NodeTable> {
        let record = self.colocations.record(colocation);
        let is_heard = self.facts.release.members_know_their_groups_wishes();
        if record.dependent != source || !record.is_explicit || !is_heard {
            return None;
        }
        let group = self.resource(source).parent?;
        let is_group = self.resource(group).variant.is_group();
        if !is_group || self.resource(group).children.first() == Some(&source) {
            return None;
        }
        let mut table = self.table(source).clone();
        for location in self.locations.of(group) {
            self.apply_location_to(&mut table, source, *location);
        }
        Some(table)
    }
}

/// What arrives of a preference; `None` where a ban does not turn into a wish.
pub(crate) fn passed_on(preference: Score, factor: f32, lone: LoneNode) -> Option<Score> {
    if factor < 0.0 && preference < Score::ZERO && !(lone.applies && lone.stickiness < -preference) {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "scores stay below 2^24"
    )]
    let rounded = (factor * preference.value() as f32).round() as i64;
    let sign = if factor > 0.0 { 1 } else { -1 };
    Some(Score::new(if rounded == 0 && preference != Score::ZERO { sign } else { rounded }))
}

fn add_to_cell(cell: Cell, added: Option<Score>, floor: Floor) -> Cell {
    let Some(added) = added.filter(|_| !cell.is_unusable) else { return cell };
    let sum = cell.score.plus(added);
    match floor {
        Floor::Positive if sum < Score::ZERO && cell.score > Score::ZERO => {
            Cell { is_unusable: true, ..cell }
        }
        Floor::Positive if sum < Score::ZERO && cell.score == Score::ZERO => cell,
        Floor::Positive | Floor::None => Cell { score: sum, ..cell },
    }
}

/// Ends a level: what must not become negative becomes 1.
fn settle(floor: Floor, cells: &mut [Cell]) {
    if floor == Floor::Positive {
        for cell in cells.iter_mut().filter(|cell| cell.is_unusable) {
            cell.score = Score::new(1);
            cell.is_unusable = false;
        }
    }
}

fn class_of(classes: Option<&[u32]>, node: NodeIx) -> u32 {
    classes.and_then(|classes| classes.get(node.index())).copied().unwrap_or_default()
}

/// The nodes of a table whose scores can change: a ban stays a ban.
fn cells_of(table: &NodeTable) -> Vec<Cell> {
    let live = table.iter().filter(|(_, entry)| entry.score > Score::MINUS_INFINITY);
    live.map(|(node, entry)| Cell { node, score: entry.score, is_unusable: false }).collect()
}

fn write_cells(table: &mut NodeTable, cells: &[Cell]) {
    for cell in cells {
        if let Some(entry) = table.entry_mut(cell.node) {
            entry.score = cell.score;
        }
    }
}
