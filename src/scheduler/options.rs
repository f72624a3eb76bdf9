//! Sets of options, collected by rank and guarded by rules.

use std::cmp::Reverse;

use super::rule::{self, Recheck, RuleInput};
use crate::model::{OptionSet, Table, Value};

/// The value that takes an option back.
const UNSET: &str = "#default";

/// What the sets of one owner say: among them the higher score wins, then the later set; inside
/// a set the first pair of a name.
pub fn collect<'s, I>(sets: I, input: &RuleInput<'_>, recheck: &Recheck) -> Table
where
    I: IntoIterator<Item = &'s OptionSet>,
{
    let mut table = Table::new();
    collect_into(&mut table, sets, input, recheck);
    table
}

/// Adds what the sets of a further owner say; what the table holds already stays, except that
/// the value `#default` takes it back.
pub fn collect_into<'s, I>(table: &mut Table, sets: I, input: &RuleInput<'_>, recheck: &Recheck)
where
    I: IntoIterator<Item = &'s OptionSet>,
{
    let mut ranked: Vec<&OptionSet> = sets.into_iter().collect();
    ranked.reverse();
    ranked.sort_by_key(|set| Reverse(set.score));
    collect_ranked(table, &ranked, input, recheck);
}

/// Adds cluster properties: as [`collect_into`], but the set called `cib-bootstrap-options` comes
/// before all others.
pub fn collect_properties(sets: &[OptionSet], input: &RuleInput<'_>, recheck: &Recheck) -> Table {
    let is_first = |set: &OptionSet| set.id.as_ref().is_some_and(|id| *id == "cib-bootstrap-options");
    let mut ranked: Vec<&OptionSet> = sets.iter().rev().collect();
    ranked.sort_by_key(|set| (!is_first(set), Reverse(set.score)));
    let mut table = Table::new();
    collect_ranked(&mut table, &ranked, input, recheck);
    table
}

fn collect_ranked(table: &mut Table, sets: &[&OptionSet], input: &RuleInput<'_>, recheck: &Recheck) {
    for set in sets {
        if set.rule.as_ref().is_some_and(|rule| !rule::passes(rule, input, recheck)) {
            continue;
        }
        for pair in &set.pairs {
            if matches!(&pair.value, Value::Text(text) if &**text == UNSET) {
                table.remove(&pair.name);
            } else if !table.contains_key(&pair.name) {
                table.insert(pair.name.clone(), pair.value.to_text());
            }
        }
    }
}

/// Whether what the sets say may differ from node to node.
pub fn depend_on_node<'s>(sets: impl IntoIterator<Item = &'s OptionSet>) -> bool {
    sets.into_iter().any(|set| set.rule.as_ref().is_some_and(rule::depends_on_node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OptionSetId, Score};

    fn value(sets: &[OptionSet]) -> Option<String> {
        let table = collect(sets, &RuleInput::default(), &Recheck::new(0));
        table.get("a").map(ToString::to_string)
    }

    #[test]
    fn among_equal_scores_the_later_set_wins() {
        assert_eq!(value(&[OptionSet::of([("a", "1")]), OptionSet::of([("a", "2")])]).as_deref(), Some("2"));
    }

    #[test]
    fn the_higher_score_wins_over_the_later_set() {
        let high = OptionSet { score: Score::new(1), ..OptionSet::of([("a", "1")]) };
        assert_eq!(value(&[high, OptionSet::of([("a", "2")])]).as_deref(), Some("1"));
    }

    #[test]
    fn inside_a_set_the_first_pair_wins() {
        assert_eq!(value(&[OptionSet::of([("a", "1"), ("a", "2")])]).as_deref(), Some("1"));
    }

    #[test]
    fn the_default_mark_takes_back_what_was_collected() {
        let sets = [OptionSet::of([("a", "#default"), ("a", "3")]), OptionSet::of([("a", "1")])];
        assert_eq!(value(&sets).as_deref(), Some("3"));
    }

    #[test]
    fn bootstrap_options_come_before_higher_scores() {
        let first =
            OptionSet { id: Some(OptionSetId::new("cib-bootstrap-options")), ..OptionSet::of([("a", "1")]) };
        let high = OptionSet { score: Score::INFINITY, ..OptionSet::of([("a", "2")]) };
        let table = collect_properties(&[first, high], &RuleInput::default(), &Recheck::new(0));
        assert_eq!(table.get("a").map(|value| &**value), Some("1"));
    }
}
