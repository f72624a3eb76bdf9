//! Notifications: the instances of a clone are told before and after what happens to the others.

use std::sync::Arc;

use crate::model::Role;
use crate::scheduler::act::draft::{Draft, DraftIx, Need};
use crate::scheduler::act::link::Relations;
use crate::scheduler::act::verb::{Key, Moment, Notice, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::facts::{NodeIx, ResourceIx};

mod roster;

pub use roster::Roster;

/// The points in time around one step: told before, all told before, told after, all told after.
#[derive(Debug, Clone, Copy)]
struct Points {
    pre: DraftIx,
    confirmed_pre: DraftIx,
    post: DraftIx,
    confirmed_post: DraftIx,
}

fn key(moment: Moment, about: Option<Verb>) -> Key {
    let verb = match moment {
        Moment::Pre | Moment::Post => Verb::Notify,
        Moment::ConfirmedPre | Moment::ConfirmedPost => Verb::Notified,
    };
    Key { notice: Some(Notice { moment, about }), ..Key::once(verb) }
}

/// Adds the points in time around a step of a clone, whose action and completion these are.
pub fn add_points(work: &mut Work<'_, '_>, clone: ResourceIx, action: DraftIx, completion: DraftIx) {
    if !work.resource(clone).notify {
        return;
    }
    let pre = add_point(work, clone, Moment::Pre, action);
    let confirmed_pre = add_point(work, clone, Moment::ConfirmedPre, action);
    let post = add_point(work, clone, Moment::Post, completion);
    let confirmed_post = add_point(work, clone, Moment::ConfirmedPost, completion);
    let (ordered, follows) = (Relations::ORDERED, Relations::FIRST_REQUIRES_THEN);
    work.actions.link_drafts(pre, confirmed_pre, ordered);
    work.actions.link_drafts(confirmed_pre, action, ordered);
    work.actions.link_drafts(completion, post, follows);
    work.actions.link_drafts(post, confirmed_post, follows);
    work.actions.link_drafts(confirmed_pre, post, ordered);
}

fn add_point(work: &mut Work<'_, '_>, clone: ResourceIx, moment: Moment, around: DraftIx) -> DraftIx {
    let (verb, need, ability) = {
        let around = work.actions.draft(around);
        (around.verb, around.need, around.ability)
    };
    let is_after = matches!(moment, Moment::Post | Moment::ConfirmedPost);
    let point = work.add_pseudo(Some(clone), key(moment, Some(verb)), need);
    let draft = work.actions.draft_mut(point);
    if is_after {
        draft.priority = 1_000_000;
        draft.ability = ability;
    }
    describe(work, point);
    point
}

/// Says in a point's options what it is about.
fn describe(work: &mut Work<'_, '_>, point: DraftIx) {
    let Some(notice) = work.actions.draft(point).key.notice else { return };
    let (moment, side) = match notice.moment {
        Moment::Pre => ("pre", "pre"),
        Moment::ConfirmedPre => ("confirmed-pre", "pre"),
        Moment::Post => ("post", "post"),
        Moment::ConfirmedPost => ("confirmed-post", "post"),
    };
    let name = |verb: Verb| verb.task(&work.actions.names).as_str().to_owned();
    let about = notice.about.map_or_else(|| "stonith".to_owned(), name);
    let step = name(notice.about.map_or(Verb::Stop, Verb::step));
    let draft = work.actions.draft_mut(point);
    draft.set_meta("notify_key_type", moment);
    draft.set_meta("notify_key_operation", about);
    draft.set_meta("notify_type", side);
    draft.set_meta("notify_operation", step);
}

/// Orders the points around different steps of one clone.
pub fn order_points(work: &mut Work<'_, '_>, clone: ResourceIx) {
    let ordered = Relations::ORDERED;
    for (done, next) in [
        (Verb::Stopped, Verb::Start),
        (Verb::Stopped, Verb::Promote),
        (Verb::Running, Verb::Promote),
        (Verb::Demoted, Verb::Promote),
        (Verb::Demoted, Verb::Start),
        (Verb::Demoted, Verb::Stop),
    ] {
        let after = work.actions.with_key(clone, key(Moment::ConfirmedPost, Some(done))).first().copied();
        let before = work.actions.with_key(clone, key(Moment::Pre, Some(next))).first().copied();
        if let (Some(after), Some(before)) = (after, before) {
            work.actions.link_drafts(after, before, ordered);
        }
    }
}

fn points(work: &Work<'_, '_>, clone: ResourceIx, step: Verb) -> Option<Points> {
    let completion = step.completion();
    let find = |moment, about| work.actions.with_key(clone, key(moment, about)).first().copied();
    Some(Points {
        pre: find(Moment::Pre, Some(step))?,
        confirmed_pre: find(Moment::ConfirmedPre, Some(step))?,
        post: find(Moment::Post, completion)?,
        confirmed_post: find(Moment::ConfirmedPost, completion)?,
    })
}

/// Creates what each instance of a clone is told, once it is settled what happens.
pub fn complete(work: &mut Work<'_, '_>, clone: ResourceIx) {
    for draft in work.actions.of_resource(clone) {
        super::effective(work, draft, None);
    }
    if !work.resource(clone).notify {
        return;
    }
    let roster = Roster::of(work, clone);
    let values = roster.values(work, clone);
    for step in [Verb::Start, Verb::Stop, Verb::Promote, Verb::Demote] {
        let Some(points) = points(work, clone, step) else { continue };
        let is_busy = roster.has(step);
        if is_busy {
            for point in [points.pre, points.confirmed_pre, points.post, points.confirmed_post] {
                work.actions.draft_mut(point).need = Need::Required;
            }
        }
        let telling = Telling {
            step,
            before: Some((points.pre, points.confirmed_pre)),
            after: (points.post, points.confirmed_post),
            values: &values,
        };
        tell_all(work, clone, &telling, is_busy);
    }
}

/// What is told about one step.
struct Telling<'v> {
    step: Verb,
    /// The points between which instances are told before.
    before: Option<(DraftIx, DraftIx)>,
    /// The points between which instances are told after.
    after: (DraftIx, DraftIx),
    /// What they are told.
    values: &'v [(&'static str, Arc<str>)],
}

fn tell_all(work: &mut Work<'_, '_>, clone: ResourceIx, telling: &Telling<'_>, is_busy: bool) {
    for leaf in work.facts.leaves(clone) {
        add_values(work, leaf, telling.values);
        if telling.step == Verb::Stop || is_busy {
            tell(work, leaf, telling);
        }
    }
}

/// The leaf's own steps also know what happens to the others.
fn add_values(work: &mut Work<'_, '_>, leaf: ResourceIx, values: &[(&'static str, Arc<str>)]) {
    for verb in [Verb::Start, Verb::Stop, Verb::Promote, Verb::Demote] {
        for draft in work.actions.with_key(leaf, Key::once(verb)).to_vec() {
            let draft = work.actions.draft_mut(draft);
            if draft.is_required() && draft.node.is_some() {
                for (name, value) in values {
                    draft.set_meta(name, Arc::clone(value));
                }
            }
        }
    }
}

/// Tells one instance about a step, if it is there before or after.
fn tell(work: &mut Work<'_, '_>, leaf: ResourceIx, telling: &Telling<'_>) {
    let facts = work.resource(leaf);
    let first = |verb: Verb| work.actions.with_key(leaf, Key::once(verb)).first().copied();
    let (start, stop) = (first(Verb::Start), first(Verb::Stop));
    let is_idle = |draft: Option<DraftIx>| draft.is_none_or(|draft| !work.actions.draft(draft).is_required());
    match telling.step {
        Verb::Stop | Verb::Demote if facts.current_role != Role::Stopped => {
            let is_lost = |node: NodeIx| {
                let is_implied = stop.is_some_and(|stop| work.actions.draft(stop).is_pseudo);
                is_implied && (work.is_unclean(node) || work.actions.nodes[node.index()].needs_reset)
            };
            let is_told_after = telling.step == Verb::Demote || is_idle(stop);
            for node in facts.active_on.iter().copied().filter(|node| !is_lost(*node)).collect::<Vec<_>>() {
                tell_before(work, leaf, node, telling);
                if is_told_after {
                    tell_after(work, leaf, node, telling);
                }
            }
        }
        Verb::Start | Verb::Promote if work.state(leaf).next_role != Role::Stopped => {
            let Some(node) = work.assigned(leaf) else { return };
            if start.is_some() && is_cut_off(work, node) {
                return;
            }
            if telling.step == Verb::Promote || is_idle(start) {
                tell_before(work, leaf, node, telling);
            }
            tell_after(work, leaf, node, telling);
        }
        _ => {}
    }
}

/// Whether a node's connection cannot be started.
fn is_cut_off(work: &Work<'_, '_>, node: NodeIx) -> bool {
    let connection = work.node(node).connection;
    let start = connection.and_then(|connection| work.actions.youngest(connection, Verb::Start, None));
    start.is_some_and(|start| !work.actions.draft(start).is_runnable())
}

fn tell_before(work: &mut Work<'_, '_>, leaf: ResourceIx, node: NodeIx, telling: &Telling<'_>) {
    if let Some((point, confirmed)) = telling.before {
        add_notification(work, (leaf, node), Moment::Pre, telling, (point, confirmed));
    }
}

fn tell_after(work: &mut Work<'_, '_>, leaf: ResourceIx, node: NodeIx, telling: &Telling<'_>) {
    add_notification(work, (leaf, node), Moment::Post, telling, telling.after);
    let (_, confirmed) = telling.after;
    for draft in work.actions.of_resource(leaf) {
        let entry = work.actions.draft(draft);
        if entry.key.is_recurring() && entry.verb != Verb::Cancel {
            work.actions.link_drafts(confirmed, draft, Relations::ORDERED);
        }
    }
}

fn add_notification(
    work: &mut Work<'_, '_>,
    (leaf, node): (ResourceIx, NodeIx),
    moment: Moment,
    telling: &Telling<'_>,
    (point, confirmed): (DraftIx, DraftIx),
) {
    let parent = work.actions.draft(point);
    if !work.node(node).is_online || !parent.is_runnable() {
        return;
    }
    let (need, inherited) = (parent.need, parent.meta.clone());
    let told = work.request(leaf, key(moment, Some(telling.step)), Some(node), need);
    let draft = work.actions.draft_mut(told);
    if moment == Moment::Post {
        draft.priority = 1_000_000;
    }
    add_missing(draft, inherited);
    for (name, value) in telling.values {
        draft.set_meta(name, Arc::clone(value));
    }
    work.actions.link_drafts(point, told, Relations::ORDERED);
    work.actions.link_drafts(told, confirmed, Relations::ORDERED);
}

fn add_missing(draft: &mut Draft, inherited: Vec<(&'static str, Arc<str>)>) {
    for (name, value) in inherited {
        if draft.meta.iter().all(|(known, _)| *known != name) {
            draft.meta.push((name, value));
        }
    }
}

/// Fencing stops an instance: the others are told after that.
pub fn tell_of_fencing(work: &mut Work<'_, '_>, leaf: ResourceIx, node: NodeIx, fence: DraftIx) {
    let top = work.facts.topmost(leaf);
    if !work.resource(leaf).notify || top == leaf {
        return;
    }
    let post = work.add_pseudo(Some(leaf), key(Moment::Post, None), Need::Required);
    let confirmed = work.add_pseudo(Some(leaf), key(Moment::ConfirmedPost, None), Need::Required);
    for point in [post, confirmed] {
        work.actions.draft_mut(point).priority = 1_000_000;
        describe(work, point);
    }
    work.actions.link_drafts(fence, post, Relations::FIRST_REQUIRES_THEN);
    work.actions.link_drafts(post, confirmed, Relations::FIRST_REQUIRES_THEN);
    let values = [
        ("notify_stop_resource", Arc::clone(&work.resource(leaf).id)),
        ("notify_stop_uname", work.node(node).name.to_shared()),
    ];
    let telling = Telling { step: Verb::Stop, before: None, after: (post, confirmed), values: &values };
    tell_all(work, top, &telling, true);
}
