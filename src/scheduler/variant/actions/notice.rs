//! Notifications: a clone that asks for it tells its instances before and after each step what
//! happens to their siblings.
//!
//! Each step of the clone gets four points in time: *pre*, *confirmed-pre* (all have been told),
//! *post* and *confirmed-post*. The actions that tell the instances come in between, once it is
//! settled which steps happen.

use std::sync::Arc;

use super::siblings::{STEPS, Siblings};
use crate::model::Role;
use crate::scheduler::act::draft::{DraftIx, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::{Key, Moment, Notice, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};

/// After which steps all must have been told before which others are announced.
const TURNS: [(Verb, Verb); 6] = [
    (Verb::Stop, Verb::Start),
    (Verb::Stop, Verb::Promote),
    (Verb::Start, Verb::Promote),
    (Verb::Demote, Verb::Promote),
    (Verb::Demote, Verb::Start),
    (Verb::Demote, Verb::Stop),
];

/// What comes after an announced step before all is said and done.
const COMPLETION_PRIORITY: i64 = 1_000_000;

fn told(clone_step: Verb, moment: Moment) -> Key {
    let verb = match moment {
        Moment::Pre | Moment::Post => Verb::Notify,
        Moment::ConfirmedPre | Moment::ConfirmedPost => Verb::Notified,
    };
    let about = match moment {
        Moment::Pre | Moment::ConfirmedPre => Some(clone_step),
        Moment::Post | Moment::ConfirmedPost => clone_step.completion(),
    };
    Key { notice: Some(Notice { moment, about }), ..Key::once(verb) }
}

/// The four points in time around a step of a clone.
#[derive(Debug, Clone, Copy)]
struct Points {
    /// The step; `None` stands for fencing, which has no points before it.
    pre: Option<(DraftIx, DraftIx)>,
    post: (DraftIx, DraftIx),
}

/// Adds the points in time around steps of a clone that were just created.
pub fn add_points(work: &mut Work<'_, '_>, clone: ResourceIx, steps: &[Verb]) {
    if !work.resource(clone).notify {
        return;
    }
    for step in steps {
        add_step_points(work, clone, *step);
    }
}

fn add_step_points(work: &mut Work<'_, '_>, clone: ResourceIx, step: Verb) {
    let completion = step.completion().unwrap_or(step);
    let (Some(action), Some(complete)) =
        (work.actions.youngest(clone, step, None), work.actions.youngest(clone, completion, None))
    else {
        return;
    };
    let pre = add_point(work, clone, told(step, Moment::Pre), action);
    let confirmed_pre = add_point(work, clone, told(step, Moment::ConfirmedPre), action);
    let post = add_point(work, clone, told(step, Moment::Post), complete);
    let confirmed_post = add_point(work, clone, told(step, Moment::ConfirmedPost), complete);
    for late in [post, confirmed_post] {
        let ability = work.actions.draft(complete).ability;
        let draft = work.actions.draft_mut(late);
        draft.priority = COMPLETION_PRIORITY;
        draft.ability = ability;
    }
    let (ordered, follows) = (Relations::ORDERED, Relations::FIRST_REQUIRES_THEN | Relations::ORDERED);
    work.actions.link_drafts(pre, confirmed_pre, ordered);
    work.actions.link_drafts(confirmed_pre, action, ordered);
    work.actions.link_drafts(complete, post, follows);
    work.actions.link_drafts(post, confirmed_post, follows);
    work.actions.link_drafts(confirmed_pre, post, ordered);
    for (first, then) in TURNS.into_iter().filter(|(first, then)| *first == step || *then == step) {
        let first = work.actions.with_key(clone, told(first, Moment::ConfirmedPost)).last().copied();
        let then = work.actions.with_key(clone, told(then, Moment::Pre)).last().copied();
        if let (Some(first), Some(then)) = (first, then) {
            work.actions.link_drafts(first, then, ordered);
        }
    }
}

/// Adds a point in time, needed as much as `like` is.
fn add_point(work: &mut Work<'_, '_>, resource: ResourceIx, key: Key, like: DraftIx) -> DraftIx {
    let need = work.actions.draft(like).need;
    let point = work.add_pseudo(Some(resource), key, need);
    describe(work, point, key);
    point
}

/// Says in the options of a point which one it is.
fn describe(work: &mut Work<'_, '_>, point: DraftIx, key: Key) {
    let Some(Notice { moment, about }) = key.notice else { return };
    let (kind, side) = match moment {
        Moment::Pre => ("pre", "pre"),
        Moment::ConfirmedPre => ("confirmed-pre", "pre"),
        Moment::Post => ("post", "post"),
        Moment::ConfirmedPost => ("confirmed-post", "post"),
    };
    let text = |verb: Verb| Arc::from(verb.task(&[]).as_str());
    let (about, operation) = match about {
        Some(verb) => (text(verb), text(verb.step())),
        None => (Arc::from("stonith"), text(Verb::Stop)),
    };
    let draft = work.actions.draft_mut(point);
    draft.set_meta("notify_key_type", kind);
    draft.set_meta("notify_key_operation", about);
    draft.set_meta("notify_type", side);
    draft.set_meta("notify_operation", operation);
}

/// Once all is settled: tells the instances of a clone of the steps that happen.
pub fn tell(work: &mut Work<'_, '_>, clone: ResourceIx) {
    if !work.resource(clone).notify {
        return;
    }
    for step in STEPS {
        let point = |moment| work.actions.with_key(clone, told(step, moment)).last().copied();
        let (Some(pre), Some(confirmed_pre), Some(post), Some(confirmed_post)) = (
            point(Moment::Pre),
            point(Moment::ConfirmedPre),
            point(Moment::Post),
            point(Moment::ConfirmedPost),
        ) else {
            continue;
        };
        let siblings = Siblings::collect(work, clone);
        if siblings.any_takes(step) {
            for point in [pre, confirmed_pre, post, confirmed_post] {
                work.actions.draft_mut(point).need = Need::Required;
            }
        }
        let points = Points { pre: Some((pre, confirmed_pre)), post: (post, confirmed_post) };
        tell_of_step(work, clone, step, points, &siblings);
    }
}

/// A stop that fencing stands for: the siblings are told afterwards.
pub fn tell_of_fencing(
    work: &mut Work<'_, '_>,
    leaf: ResourceIx,
    stop: DraftIx,
    fence: DraftIx,
    node: NodeIx,
) {
    if !work.resource(leaf).notify {
        return;
    }
    let notice = |moment| Some(Notice { moment, about: None });
    let post = Key { notice: notice(Moment::Post), ..Key::once(Verb::Notify) };
    let confirmed = Key { notice: notice(Moment::ConfirmedPost), ..Key::once(Verb::Notified) };
    let post = add_point(work, leaf, post, fence);
    let confirmed_post = add_point(work, leaf, confirmed, fence);
    for point in [post, confirmed_post] {
        work.actions.draft_mut(point).priority = COMPLETION_PRIORITY;
    }
    let follows = Relations::FIRST_REQUIRES_THEN | Relations::ORDERED;
    work.actions.link_drafts(fence, post, follows);
    work.actions.link_drafts(post, confirmed_post, follows);
    work.actions.draft_mut(stop).is_pseudo = true;
    let clone = work.facts.topmost(leaf);
    if !work.resource(clone).variant.is_clone() {
        return;
    }
    let siblings = Siblings::only_stopping(leaf, node);
    tell_of_step(work, clone, Verb::Stop, Points { pre: None, post: (post, confirmed_post) }, &siblings);
}

fn tell_of_step(work: &mut Work<'_, '_>, clone: ResourceIx, step: Verb, points: Points, siblings: &Siblings) {
    let values = siblings.values(work, clone);
    let leaves = work.facts.leaves(clone);
    for leaf in &leaves {
        inform_steps(work, *leaf, &values);
    }
    if step != Verb::Stop && !siblings.any_takes(step) {
        return;
    }
    for leaf in leaves {
        if step.is_downward() {
            tell_going_down(work, leaf, step, points, &values);
        } else {
            tell_going_up(work, leaf, step, points, &values);
        }
    }
}

/// What the instances are told, by option.
pub type Values = [(&'static str, Arc<str>)];

/// The steps themselves know of each other too.
fn inform_steps(work: &mut Work<'_, '_>, leaf: ResourceIx, values: &Values) {
    for step in STEPS {
        for number in work.actions.with_key(leaf, Key::once(step)).to_vec() {
            let draft = work.actions.draft_mut(number);
            if draft.is_required() && draft.node.is_some() {
                for (name, value) in values {
                    draft.set_meta(name, Arc::clone(value));
                }
            }
        }
    }
}

fn tell_going_down(work: &mut Work<'_, '_>, leaf: ResourceIx, step: Verb, points: Points, values: &Values) {
    if work.resource(leaf).current_role == Role::Stopped {
        return;
    }
    let stop = work.actions.youngest(leaf, Verb::Stop, None);
    let (is_gone, stays) = stop.map_or((false, true), |stop| {
        let draft = work.actions.draft(stop);
        (draft.is_pseudo, !draft.is_required())
    });
    for node in work.resource(leaf).active_on.clone() {
        if is_gone && (work.is_unclean(node) || work.actions.nodes[node.index()].needs_reset) {
            continue;
        }
        if let Some(points) = points.pre {
            tell_instance(work, leaf, node, told(step, Moment::Pre), points, values);
        }
        if step == Verb::Demote || stays {
            tell_after(work, leaf, node, step, points.post, values);
        }
    }
}

fn tell_going_up(work: &mut Work<'_, '_>, leaf: ResourceIx, step: Verb, points: Points, values: &Values) {
    if work.state(leaf).next_role == Role::Stopped {
        return;
    }
    let Some(node) = work.assigned(leaf) else { return };
    let start = work.actions.youngest(leaf, Verb::Start, None);
    if start.is_some_and(|start| is_unreachable(work, start)) {
        return;
    }
    let stays = start.is_none_or(|start| !work.actions.draft(start).is_required());
    if let Some(points) = points.pre.filter(|_| step == Verb::Promote || stays) {
        tell_instance(work, leaf, node, told(step, Moment::Pre), points, values);
    }
    tell_after(work, leaf, node, step, points.post, values);
}

/// Whether a start is on a node whose connection cannot start.
fn is_unreachable(work: &Work<'_, '_>, start: DraftIx) -> bool {
    let node = work.actions.draft(start).node;
    let connection = node.and_then(|node| work.node(node).connection);
    let link = connection.and_then(|connection| work.actions.youngest(connection, Verb::Start, None));
    link.is_some_and(|link| !work.actions.draft(link).is_runnable())
}

/// Tells an instance after a step; what is repeated on it waits until all have been told.
fn tell_after(
    work: &mut Work<'_, '_>,
    leaf: ResourceIx,
    node: NodeIx,
    step: Verb,
    points: (DraftIx, DraftIx),
    values: &Values,
) {
    if let Some(notification) = tell_instance(work, leaf, node, told(step, Moment::Post), points, values) {
        work.actions.draft_mut(notification).priority = COMPLETION_PRIORITY;
    }
    for action in work.actions.of_resource(leaf) {
        let draft = work.actions.draft(action);
        if draft.key.is_recurring() && draft.verb != Verb::Cancel {
            work.actions.link_drafts(points.1, action, Relations::ORDERED);
        }
    }
}

/// The action that tells an instance on a node, between a point in time and its confirmation.
fn tell_instance(
    work: &mut Work<'_, '_>,
    leaf: ResourceIx,
    node: NodeIx,
    key: Key,
    (point, confirmed): (DraftIx, DraftIx),
    values: &Values,
) -> Option<DraftIx> {
    let (need, can_run) = (work.actions.draft(point).need, work.actions.draft(point).is_runnable());
    if !can_run || !work.node(node).is_online {
        return None;
    }
    // Instances are told of the step itself, also after it.
    let notice = key.notice.map(|notice| Notice { about: notice.about.map(Verb::step), ..notice });
    let key = Key { notice, ..key };
    let number = work.request(leaf, key, Some(node), need);
    let inherited = work.actions.draft(point).meta.clone();
    let draft = work.actions.draft_mut(number);
    for (name, value) in inherited {
        if !draft.meta.iter().any(|(known, _)| *known == name) {
            draft.set_meta(name, value);
        }
    }
    for (name, value) in values {
        draft.set_meta(name, Arc::clone(value));
    }
    work.actions.link_drafts(point, number, Relations::ORDERED);
    work.actions.link_drafts(number, confirmed, Relations::ORDERED);
    Some(number)
}
