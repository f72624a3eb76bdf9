//! Failures over time: how often a resource failed on a node, and whether that still counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::calendar;
use super::facts::{Facts, NodeIx, ResourceFacts, ResourceIx, Variant};
use crate::model::id::without_number;
use crate::model::{Score, Table, scalar};
use crate::status::HistoryEntry;

/// Failures that a node's attributes tell of, by resource.
#[derive(Debug, Clone, Default)]
pub struct FailIndex {
    by_name: BTreeMap<Arc<str>, Vec<Record>>,
}

/// What the attributes tell of one operation's failures.
#[derive(Debug, Clone, Copy)]
struct Record {
    /// Whether the attribute names an instance by number.
    is_numbered: bool,
    what: Told,
}

#[derive(Debug, Clone, Copy)]
enum Told {
    Count(Score),
    LastAt(i64),
}

impl FailIndex {
    /// Reads the attributes `fail-count-NAME#OP_INTERVAL` and `last-failure-NAME#OP_INTERVAL`.
    pub fn of(attributes: &Table) -> Self {
        let mut index = Self::default();
        for (prefix, read) in [
            ("fail-count-", (|text| Score::parse(text).map(Told::Count)) as fn(&str) -> Option<Told>),
            ("last-failure-", |text| scalar::parse_integer(text).map(Told::LastAt)),
        ] {
            let from = Arc::<str>::from(prefix);
            for (name, value) in attributes.range(from..).take_while(|(name, _)| name.starts_with(prefix)) {
                let told = resource_of(&name[prefix.len()..]).zip(read(value));
                if let Some((resource, what)) = told {
                    index.add(resource, what);
                }
            }
        }
        index
    }

    fn add(&mut self, resource: &str, what: Told) {
        let base = without_number(resource);
        let is_numbered = base.len() != resource.len();
        self.by_name.entry(base.into()).or_default().push(Record { is_numbered, what });
        if is_numbered {
            self.by_name.entry(resource.into()).or_default().push(Record { is_numbered: false, what });
        }
    }

    /// Everything told of a resource. Names are patterns in which a dot stands for any character.
    fn told<'i>(&'i self, name: &'i str, with_numbers: bool) -> impl Iterator<Item = Told> + 'i {
        let is_pattern = name.contains('.');
        let exact = if is_pattern { None } else { self.by_name.get(name) };
        let similar = self.by_name.iter().filter(move |(known, _)| is_pattern && matches_dots(name, known));
        let records = exact.into_iter().flatten().chain(similar.flat_map(|(_, records)| records));
        records.filter(move |record| with_numbers || !record.is_numbered).map(|record| record.what)
    }
}

/// The resource in `NAME#OP_INTERVAL`; attributes of another form tell nothing.
fn resource_of(text: &str) -> Option<&str> {
    let (resource, operation) = text.split_once('#')?;
    let (name, interval) = operation.rsplit_once('_')?;
    let is_number = !interval.is_empty() && interval.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !name.is_empty()).then_some(resource)
}

fn matches_dots(pattern: &str, name: &str) -> bool {
    pattern.len() == name.len() && pattern.bytes().zip(name.bytes()).all(|(a, b)| a == b'.' || a == b)
}

fn told(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> Vec<Told> {
    let of = facts.resource(resource);
    let name = of.history_name.as_ref().unwrap_or(&of.id);
    let name = if of.is_unique { name } else { without_number(name) };
    let node = facts.node(node);
    let index = node.failures.get_or_init(|| FailIndex::of(&node.attributes));
    if index.by_name.is_empty() {
        return Vec::new();
    }
    index.told(name, !of.is_unique).collect()
}

fn sum(told: &[Told]) -> Score {
    told.iter().fold(Score::ZERO, |sum, told| match told {
        Told::Count(count) => sum.plus(*count),
        Told::LastAt(_) => sum,
    })
}

fn latest(told: &[Told]) -> Option<i64> {
    told.iter()
        .filter_map(|told| match told {
            Told::Count(_) => None,
            Told::LastAt(at) => Some(*at),
        })
        .max()
}

/// When the resource last failed on the node, seconds since 1970, where that is recorded.
pub fn last_failure(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> Option<i64> {
    latest(&told(facts, resource, node))
}

/// How often the resource failed on the node, however long ago.
pub fn raw_count(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> Score {
    sum(&told(facts, resource, node))
}

/// How often the resource failed on the node as far as that still counts: nothing once
/// `failure-timeout` has passed since the last failure. `entry` is the history entry at hand.
pub fn effective_count(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: Option<&HistoryEntry>,
) -> Score {
    let told = told(facts, resource, node);
    let count = sum(&told);
    if count > Score::ZERO
        && timeout(facts, resource) > 0
        && has_blocking_failure(facts, resource, node, entry)
    {
        facts.resource(resource).memo.is_timeout_off.set(true);
    }
    let timeout = timeout(facts, resource);
    let has_expired = timeout > 0 && latest(&told).is_some_and(|at| facts.now > at.saturating_add(timeout));
    if has_expired { Score::ZERO } else { count }
}

/// [`effective_count`] of the resource and of what it launches, for the migration threshold.
/// What runs in a bundle counts for itself.
pub fn count_with_launched(facts: &Facts<'_>, resource: ResourceIx, node: NodeIx) -> Score {
    let own = effective_count(facts, resource, node, None);
    let of = facts.resource(resource);
    if of.launched.is_empty() || facts.bundle_of(resource).is_some() {
        return own;
    }
    of.launched.iter().fold(own, |sum, launched| sum.plus(effective_count(facts, *launched, node, None)))
}

/// Seconds after which a failure is forgotten; zero is never.
pub fn timeout(facts: &Facts<'_>, resource: ResourceIx) -> i64 {
    let of = facts.resource(resource);
    if of.memo.is_timeout_off.get() { 0 } else { calendar::whole_seconds(of.failure_timeout) }
}

/// Whether a failure of an operation with `on-fail: block` is on record; such failures never
/// expire.
fn has_blocking_failure(
    facts: &Facts<'_>,
    resource: ResourceIx,
    node: NodeIx,
    entry: Option<&HistoryEntry>,
) -> bool {
    let of = facts.resource(resource);
    let Variant::Primitive(primitive) = &of.variant else { return false };
    let mut blocking = primitive.ops.iter().filter(|op| op.option("on-fail") == Some("block"));
    blocking.any(|op| {
        let fits = |entry: &HistoryEntry| {
            entry.operation == op.name && entry.interval == op.interval && is_failure(of, entry)
        };
        match entry {
            Some(entry) => fits(entry),
            None => of.histories.iter().any(|(on, history)| {
                *on == node && history.id == of.base_id && history.entries.iter().any(fits)
            }),
        }
    })
}

fn is_failure(of: &ResourceFacts<'_>, entry: &HistoryEntry) -> bool {
    let base = &*of.base_id;
    let rest = entry.id.strip_prefix(base).unwrap_or("");
    if rest == "_last_failure_0" {
        return true;
    }
    let ms = entry.interval.as_millis();
    let failed = i64::from(entry.rc.map_or(0, |rc| rc.0)) != entry.expected_rc();
    failed && rest == format!("_{}_{ms}", entry.operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[(&str, &str)]) -> FailIndex {
        FailIndex::of(&names.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    fn count(index: &FailIndex, name: &str, with_numbers: bool) -> Score {
        sum(&index.told(name, with_numbers).collect::<Vec<_>>())
    }

    #[test]
    fn failures_of_all_operations_add_up() {
        let index = index(&[("fail-count-db#monitor_10000", "2"), ("fail-count-db#start_0", "INFINITY")]);
        assert_eq!(count(&index, "db", false), Score::INFINITY);
        assert_eq!(count(&index, "d", false), Score::ZERO);
    }

    #[test]
    fn attributes_without_operation_tell_nothing() {
        assert_eq!(
            count(&index(&[("fail-count-db", "2"), ("fail-count-db#", "1")]), "db", true),
            Score::ZERO
        );
    }

    #[test]
    fn an_instance_number_counts_only_where_instances_are_alike() {
        let index = index(&[("fail-count-db:1#monitor_0", "2"), ("fail-count-db#monitor_0", "1")]);
        assert_eq!(count(&index, "db", true), Score::new(3));
        assert_eq!(count(&index, "db", false), Score::new(1));
        assert_eq!(count(&index, "db:1", false), Score::new(2));
    }

    #[test]
    fn a_dot_in_a_name_stands_for_any_character() {
        assert_eq!(count(&index(&[("fail-count-web-1#start_0", "1")]), "web.1", false), Score::new(1));
    }
}
