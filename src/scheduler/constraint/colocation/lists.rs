//! Colocations by resource, in the order in which they are honoured.

use std::cmp::Ordering;

use super::{ColocationIx, ColocationRecord};
use crate::model::Score;
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::facts::{ResourceIx, Variant};

/// Which of its two resources a colocation is looked at from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Colocations that have the resource as dependent; sorted by their primaries.
    ThisWith,
    /// Colocations that have the resource as primary; sorted by their dependents.
    WithThis,
}

/// All colocations, and which concern a resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct Colocations {
    records: Vec<ColocationRecord>,
    this_with: Vec<Vec<ColocationIx>>,
    with_this: Vec<Vec<ColocationIx>>,
}

impl Colocations {
    pub(crate) fn new(resources: usize) -> Self {
        Self {
            records: Vec::new(),
            this_with: vec![Vec::new(); resources],
            with_this: vec![Vec::new(); resources],
        }
    }

    /// The colocation with this number.
    pub(crate) fn record(&self, colocation: ColocationIx) -> &ColocationRecord {
        &self.records[colocation.index()]
    }

    /// The resource's own list, first to honour first.
    pub(crate) fn own(&self, side: Side, resource: ResourceIx) -> &[ColocationIx] {
        match side {
            Side::ThisWith => &self.this_with[resource.index()],
            Side::WithThis => &self.with_this[resource.index()],
        }
    }

    /// All records, oldest first.
    pub(crate) fn into_records(self) -> Vec<ColocationRecord> {
        self.records
    }

    fn own_mut(&mut self, side: Side, resource: ResourceIx) -> &mut Vec<ColocationIx> {
        match side {
            Side::ThisWith => &mut self.this_with[resource.index()],
            Side::WithThis => &mut self.with_this[resource.index()],
        }
    }
}

impl ColocationRecord {
    /// The other resource, seen from `side`.
    pub(crate) const fn other(&self, side: Side) -> ResourceIx {
        match side {
            Side::ThisWith => self.primary,
            Side::WithThis => self.dependent,
        }
    }
}

impl Draft<'_> {
    /// Adds a colocation; a score of zero is none.
    pub(crate) fn add_colocation(&mut self, record: ColocationRecord) {
        if record.score == Score::ZERO {
            return;
        }
        let new = ColocationIx(u32::try_from(self.colocations.records.len()).unwrap_or(u32::MAX));
        let (dependent, primary) = (record.dependent, record.primary);
        self.colocations.records.push(record);
        for (side, owner) in [(Side::ThisWith, dependent), (Side::WithThis, primary)] {
            let list = self.colocations.own(side, owner);
            let at =
                list.partition_point(|old| self.compare_colocations(side, new, *old) == Ordering::Greater);
            self.colocations.own_mut(side, owner).insert(at, new);
        }
    }

    /// Puts a colocation into a list before the first that it need not follow.
    pub(crate) fn insert_colocation(&self, side: Side, list: &mut Vec<ColocationIx>, new: ColocationIx) {
        let is_ahead = |old: &ColocationIx| self.compare_colocations(side, new, *old) != Ordering::Greater;
        let at = list.iter().position(is_ahead).unwrap_or(list.len());
        list.insert(at, new);
    }

    /// Which of two colocations is honoured first, by the resource on the other side.
    fn compare_colocations(&self, side: Side, a: ColocationIx, b: ColocationIx) -> Ordering {
        let (a, b) = (self.colocations.record(a).other(side), self.colocations.record(b).other(side));
        let (known_a, known_b) = (self.resource(a), self.resource(b));
        let is_promotable_clone =
            |known: &Variant<'_>| known.clone_facts().is_some_and(|clone| clone.promoted_max > 0);
        let priority = self.priority[b.index()].cmp(&self.priority[a.index()]);
        priority
            .then_with(|| kind_rank(&known_a.variant).cmp(&kind_rank(&known_b.variant)))
            .then_with(|| {
                let (a, b) = (is_promotable_clone(&known_a.variant), is_promotable_clone(&known_b.variant));
                b.cmp(&a)
            })
            .then_with(|| known_a.id.cmp(&known_b.id))
    }
}

/// Larger things come first.
const fn kind_rank(variant: &Variant<'_>) -> u8 {
    match variant {
        Variant::Bundle(_) => 0,
        Variant::Clone(_) => 1,
        Variant::Group(_) => 2,
        Variant::Primitive(_) => 3,
    }
}
