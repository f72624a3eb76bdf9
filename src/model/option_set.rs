//! Sets of options: name/value pairs that a rule may guard and a score may rank.

use std::cmp::Reverse;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Table;
use super::id::{OptionSetId, SecretName};
use super::rule::Rule;
use super::score::Score;

/// Options that apply together. Among several sets of one owner the higher score wins, and
/// among equal scores the later set; inside one set the first pair of a name wins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OptionSet {
    /// The set's own name, where it was given one.
    pub id: Option<OptionSetId>,
    /// Rank among the owner's sets.
    pub score: Score,
    /// The set applies only while this passes.
    pub rule: Option<Rule>,
    /// The pairs, in file order.
    pub pairs: Vec<NameValue>,
}

/// One option of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NameValue {
    /// The option's name.
    pub name: Arc<str>,
    /// What it is set to.
    pub value: Value,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Text, as written.
    Text(Arc<str>),
    /// The name of a secret; nodes put the value in when they run the agent.
    Secret(SecretName),
}

impl NameValue {
    /// A pair with a plain text value.
    pub fn text(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), value: Value::Text(value.into()) }
    }
}

impl Value {
    /// The text to decide by. A secret stands as `secret:NAME`, never as its value.
    pub fn to_text(&self) -> Arc<str> {
        match self {
            Self::Text(text) => Arc::clone(text),
            Self::Secret(name) => format!("secret:{name}").into(),
        }
    }
}

impl OptionSet {
    /// A nameless set of plain text pairs without a rule.
    pub fn of<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self {
            pairs: pairs.into_iter().map(|(name, value)| NameValue::text(name, value)).collect(),
            ..Self::default()
        }
    }

    /// What an owner's sets without rules say of an option, wherever and whenever that is asked: by
    /// the rank that [`OptionSet`] states.
    pub fn unruled(sets: &[Self], name: &str) -> Option<Arc<str>> {
        let pairs = ranked(sets).into_iter().flat_map(|set| &set.pairs);
        pairs.into_iter().find(|pair| *pair.name == *name).map(|pair| pair.value.to_text())
    }

    /// All that an owner's sets without rules say, as [`Self::unruled`] does of one option.
    pub fn all_unruled(sets: &[Self]) -> Table {
        let mut table = Table::new();
        for pair in ranked(sets).into_iter().flat_map(|set| &set.pairs) {
            table.entry(Arc::clone(&pair.name)).or_insert_with(|| pair.value.to_text());
        }
        table
    }
}

/// The sets without rules, foremost first.
fn ranked(sets: &[OptionSet]) -> Vec<&OptionSet> {
    let mut ranked: Vec<&OptionSet> = sets.iter().rev().filter(|set| set.rule.is_none()).collect();
    ranked.sort_by_key(|set| Reverse(set.score));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_score_then_the_later_set_then_the_first_pair_wins() {
        let high = OptionSet { score: Score::new(1), ..OptionSet::of([("a", "high"), ("a", "again")]) };
        let sets = [high, OptionSet::of([("a", "1"), ("b", "1")]), OptionSet::of([("b", "2"), ("b", "3")])];
        assert_eq!(OptionSet::unruled(&sets, "a").as_deref(), Some("high"));
        assert_eq!(OptionSet::unruled(&sets, "b").as_deref(), Some("2"));
        let all = OptionSet::all_unruled(&sets);
        assert_eq!((all.get("a").map(|value| &**value), all.len()), (Some("high"), 2));
    }
}
