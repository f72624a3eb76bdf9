//! Operations as a manifest says them.

use std::sync::Arc;

use crate::model::option::{self, OPERATION, OptionKind};
use crate::model::{NameValue, Operation, OptionSet, OptionSetId, Role, Score, period, scalar};

/// Brings the options of an operation into the manifest's order and spelling. What the manifest has
/// no place for goes into a set that wins over the others, as options of the operation itself do.
/// Operations are told apart by name and interval, so nobody needs their ids.
pub(super) fn fit(owner: &str, operation: &mut Operation) {
    operation.id = None;
    let mut known: Vec<(usize, Arc<str>, Arc<str>)> = Vec::new();
    let mut unknown = Vec::new();
    for (name, value) in operation.options.drain(..) {
        match place_of(&name).zip(operation_spelling(&name, &value)) {
            Some((place, value)) => known.push((place, name, value)),
            None => unknown.push(NameValue::text(name, value)),
        }
    }
    known.sort_by_key(|(place, _, _)| *place);
    operation.options = known.into_iter().map(|(_, name, value)| (name, value)).collect();
    if !unknown.is_empty() {
        let id = format!("{owner}-{}-{}-options", operation.name, period::format(operation.interval));
        let set = OptionSet {
            id: Some(OptionSetId::new(id)),
            score: Score::INFINITY,
            pairs: unknown,
            ..OptionSet::default()
        };
        operation.meta.push(set);
    }
}

/// Where the manifest has the option; `None` where it knows none of this name.
fn place_of(name: &str) -> Option<usize> {
    let is_named = |known: &str| known == name;
    OPERATION
        .iter()
        .position(|spec| is_named(spec.name))
        .or_else(|| is_named("description").then_some(OPERATION.len()))
}

/// The value of an option of operations as the manifest spells it; `None` where it is not one that the
/// manifest takes.
pub fn operation_spelling(name: &str, value: &Arc<str>) -> Option<Arc<str>> {
    let Some(spec) = option::find(OPERATION, name) else { return Some(Arc::clone(value)) };
    match spec.kind {
        OptionKind::Boolean => scalar::parse_boolean(value).map(|switch| switch.to_string().into()),
        OptionKind::Period => match spec.fault(value) {
            None => Some(Arc::clone(value)),
            Some(_) => period::parse(value).map(|length| period::format(length).into()),
        },
        OptionKind::Choice(choices) if name != "role" => {
            let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(value));
            choice.map(|choice| Arc::from(*choice))
        }
        OptionKind::Choice(_) => Role::parse(value).map(|role| role.as_str().into()),
        OptionKind::BooleanOrDefault
        | OptionKind::Integer { .. }
        | OptionKind::Score
        | OptionKind::ScoreOrDefault
        | OptionKind::HealthScore
        | OptionKind::SignedPeriod
        | OptionKind::Percentage
        | OptionKind::Text => Some(Arc::clone(value)),
    }
}
