//! Sets of options.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use super::{some, text};
use crate::manifest::rule;
use crate::manifest::typed::{At, Field, Map};
use crate::manifest::vocabulary::options::{Block, OptionValue, Options, Owner};
use crate::manifest::vocabulary::scalar::ScoreText;
use crate::model::{OptionSet, Score, Value};

/// The options of one owner: a plain map where that says it all.
pub(super) fn options<K: Owner>(sets: &[OptionSet]) -> Field<Options<K>> {
    match sets {
        [] => None,
        [only] if !K::IS_BLOCK && is_plain(only) => some(Options::Plain(content(only))),
        several => some(Options::Blocks(several.iter().map(|set| At::new(block(set))).collect())),
    }
}

/// Whether a set is nothing but its pairs.
pub(super) fn is_plain(set: &OptionSet) -> bool {
    set.id.is_none() && set.rule.is_none() && set.score == Score::ZERO && !set.pairs.is_empty()
}

fn block<K>(set: &OptionSet) -> Block<K> {
    Block {
        id: text(set.id.as_ref()),
        rule: set.rule.as_ref().map(|rule| At::new(rule::write(rule))),
        score: (set.score != Score::ZERO).then(|| At::new(ScoreText(set.score.to_string()))),
        content: some(content(set)),
        owner: PhantomData,
    }
}

/// The pairs; of several with one name only the first counts.
fn content(set: &OptionSet) -> Map<OptionValue> {
    let mut seen = BTreeSet::new();
    let pairs = set.pairs.iter().filter(|pair| seen.insert(&*pair.name)).map(|pair| {
        let value = match &pair.value {
            Value::Text(text) => OptionValue::Text(text.to_string()),
            Value::Secret(name) => OptionValue::Secret(At::new(name.to_string())),
        };
        (At::new(pair.name.to_string()), At::new(value))
    });
    Map(pairs.collect())
}
