//! What each relation does to two primitives' actions.

use super::{cluster, dummy, online, status};
use crate::model::Resource;
use crate::scheduler::act::draft::Effective;
use crate::scheduler::act::draft::{Ability, Draft, DraftIx, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::{Key, Verb};
use crate::scheduler::act::work::{Actions, Work};
use crate::scheduler::facts::ResourceIx;
use crate::scheduler::order::effect::{Pair, RULES};
use crate::scheduler::{assign, interpret};

/// Reads `o` optional or `r` required, `+` runnable or `-` blocked, and perhaps `m` migratable
/// and `p` pseudo.
fn draft(resource: ResourceIx, verb: Verb, state: &str) -> Draft {
    let mut draft = Draft::new(Some(resource), Key::once(verb), Need::when(state.contains('r')));
    draft.ability = Ability::when(state.contains('+'));
    draft.is_migratable = state.contains('m');
    draft.is_pseudo = state.contains('p');
    draft
}

fn state(draft: &Draft) -> String {
    let mut state = String::new();
    state.push(if draft.is_required() { 'r' } else { 'o' });
    state.push(if draft.is_runnable() { '+' } else { '-' });
    if draft.is_migratable {
        state.push('m');
    }
    if draft.is_pseudo {
        state.push('p');
    }
    state
}

/// Whether both actions are one resource's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    One,
    Two,
}

/// Applies a relation to a first and a then action; returns both states and then's reason.
fn apply(relation: Relations, whose: Whose, first: &str, then: &str) -> (String, String, Option<String>) {
    let resources = vec![Resource::Primitive(dummy("a")), Resource::Primitive(dummy("b"))];
    let (cluster, status) = (cluster(1, resources), status(vec![online("n1", Vec::new())]));
    let placement = assign::assign(interpret::interpret(&cluster, &status, 0));
    let mut work = Work::new(&placement, Actions::new(&placement));
    let then_resource = ResourceIx::at(usize::from(whose == Whose::Two));
    let first = work.actions.add(draft(ResourceIx::at(0), Verb::Stop, first));
    let then = work.actions.add(draft(then_resource, Verb::Start, then));
    let effective = Effective::plain(work.actions.draft(first));
    let rule = RULES.iter().find(|(known, _)| *known == relation).unwrap().1;
    rule(&mut work, Pair { first, then, effective, only_on: None });
    let shown = |draft: DraftIx| state(work.actions.draft(draft));
    let reason = work.actions.draft(then).reason.as_ref().map(ToString::to_string);
    (shown(first), shown(then), reason)
}

#[test]
fn each_relation_does_what_its_name_says() {
    use Relations as R;
    use Whose::{One, Two};
    for (relation, whose, first, then, first_after, then_after) in [
        (R::FIRST_REQUIRES_THEN, Two, "r+", "o+", "r+", "r+"),
        (R::FIRST_REQUIRES_THEN, Two, "o+", "o+", "o+", "o+"),
        (R::FIRST_REQUIRES_THEN, Two, "r+m", "o+", "r+m", "o+"),
        (R::BLOCKS, Two, "o-", "o+", "o-", "o-"),
        (R::BLOCKS, Two, "o-", "r+m", "o-", "r-"),
        (R::BLOCKS, Two, "o+", "o+m", "o+", "o+m"),
        (R::THEN_REQUIRES_FIRST, Two, "o+", "r+", "o+", "r+"),
        (R::THEN_REQUIRES_FIRST, Two, "o+m", "r+", "o+", "r+"),
        (R::THEN_REQUIRES_FIRST, Two, "o+m", "r+m", "o+m", "r+m"),
        (R::PROMOTED_THEN_REQUIRES_FIRST, One, "o+", "r+", "o+", "r+"),
        (R::MIGRATES, One, "o+", "r+m", "r+", "r+m"),
        (R::MIGRATES, One, "o+", "o+", "o-", "o+"),
        (R::MIGRATES, One, "o+", "o-m", "o-", "o-m"),
        (R::ELSE_REAL, One, "o-", "r+mp", "o-", "r+"),
        (R::ELSE_REAL, One, "o+", "r+mp", "o+", "r+mp"),
        (R::ASYMMETRICAL, Two, "o-", "o+", "o-", "r-"),
        (R::ASYMMETRICAL, Two, "o+", "o+", "o+", "o+"),
        (R::RESTARTS, One, "o+", "r+", "r+", "r+"),
        (R::RESTARTS, One, "o+", "o-", "r+", "o-"),
        (R::RESTARTS, One, "o-", "o-", "o-", "o-"),
        (R::RESTARTS, Two, "o+", "o-", "o+", "o-"),
        (R::RESTARTS, Two, "r-", "r+", "r-", "r-"),
        (R::RESTARTS, One, "o+m", "r+", "r+", "r+"),
        (R::ORDERED, Two, "r-", "o+m", "r-", "o+m"),
    ] {
        let (first_now, then_now, _) = apply(relation, whose, first, then);
        assert_eq!(
            (first_now.as_str(), then_now.as_str()),
            (first_after, then_after),
            "{relation:?} on {first} and {then} of {whose:?}"
        );
    }
}

#[test]
fn only_another_resource_is_a_reason() {
    let relation = Relations::FIRST_REQUIRES_THEN;
    assert_eq!(apply(relation, Whose::Two, "r+", "o+").2.as_deref(), Some("required a stop"));
    assert_eq!(apply(relation, Whose::One, "r+", "o+").2, None);
    assert_eq!(apply(Relations::BLOCKS, Whose::Two, "r-", "o+").2.as_deref(), Some("unrunnable a stop"));
}
