//! Orders: of what is never promoted, and without together.

use super::Lint;
use super::relation::Joined;
use super::role::Actors;
use crate::manifest::document::Place;
use crate::model::constraint::{Order, OrderAction, OrderKind, OrderScope, ResourceSet};
use crate::model::{ResourceId, Score};

/// One end of an order.
#[derive(Clone, Copy)]
struct End<'o> {
    resource: &'o ResourceId,
    action: OrderAction,
}

impl Lint<'_, '_> {
    pub(super) fn check_order<'c>(
        self,
        number: usize,
        order: &'c Order,
        actors: &Actors<'_>,
        colocated: &mut Joined<'c>,
    ) {
        let place = self.constraint_place(number);
        let is_mandatory =
            matches!(order.kind, None | Some(OrderKind::Mandatory)) && order.score != Some(Score::ZERO);
        let (first, then, first_action, then_action) = match &order.scope {
            OrderScope::Sets(sets) => return self.check_ordered_sets(place, sets, actors),
            OrderScope::Pair { first, then, first_action, then_action, .. } => {
                (first, then, *first_action, *then_action)
            }
        };
        let first = End { resource: first, action: first_action.unwrap_or(OrderAction::Start) };
        let end = End { resource: then, action: then_action.unwrap_or(first.action) };
        if actors.never(end.resource, end.action) {
            return self.report_idle(place, first, end, then_action.is_some());
        }
        if actors.never(first.resource, first.action) {
            return self.report_waiting(place, first, end, is_mandatory);
        }
        if self.cluster.nodes.len() < 2 || !is_mandatory || colocated.is_joined(first.resource, then) {
            return;
        }
        let message = format!("{}, but perhaps on another node", in_words(first, end));
        let role = if first.action == OrderAction::Promote { ", with-role: Promoted" } else { "" };
        let first = first.resource;
        self.findings
            .note("order-without-colocation", place, message)
            .here("in order, not together")
            .help(format!(
                "if they belong together, add to `colocation`: `- {{resource: {then}, with: {first}{role}, score: INFINITY}}`"
            ))
            .report();
    }

    /// The one that comes then never does what the order speaks of: nothing waits.
    fn report_idle(self, place: Place, first: End<'_>, then: End<'_>, is_written: bool) {
        let End { resource, action } = then;
        let meant = without_roles(action);
        let label = if is_written {
            format!("`then-action: {action}`, and it is not promotable")
        } else {
            format!("`then-action` is `{action}` too, where it is not written")
        };
        let wanted = in_words(first, End { resource, action: meant });
        self.findings
            .warning(
                "order-without-effect",
                place,
                format!("this order has no effect: `{resource}` is never {}", participle(action)),
            )
            .here(label)
            .help(format!("so that {wanted}, write `then-action: {meant}`"))
            .report();
    }

    /// The one that comes first never does what the order speaks of: the other waits for ever, or not at
    /// all.
    fn report_waiting(self, place: Place, first: End<'_>, then: End<'_>, is_mandatory: bool) {
        let End { resource, action } = first;
        let never = format!("`{resource}` is never {}", participle(action));
        let is_upward = matches!(then.action, OrderAction::Start | OrderAction::Promote);
        let waits = action == OrderAction::Promote && is_mandatory && is_upward;
        let (code, message) = if waits {
            let verb = if then.action == OrderAction::Start { "start" } else { "be promoted" };
            ("order-never-fulfilled", format!("`{}` can never {verb}: {never}", then.resource))
        } else {
            ("order-without-effect", format!("this order has no effect: {never}"))
        };
        let meant = without_roles(action);
        self.findings
            .warning(code, place, message)
            .here(format!("`first-action: {action}`, and it is not promotable"))
            .help(format!("write `first-action: {meant}`, or make it a promotable clone"))
            .report();
    }

    fn check_ordered_sets(self, place: Place, sets: &[ResourceSet], actors: &Actors<'_>) {
        for set in sets {
            let action = set.action.unwrap_or(OrderAction::Start);
            let Some(idle) = set.resources.iter().find(|resource| actors.never(resource, action)) else {
                continue;
            };
            self.findings
                .warning(
                    "order-without-effect",
                    place,
                    format!("this order cannot hold for `{idle}`, which is never {}", participle(action)),
                )
                .here(format!("a set with `action: {action}`, and it is not promotable"))
                .help(format!("write `action: {}`, or take `{idle}` out of the set", without_roles(action)))
                .report();
        }
    }
}

/// What somebody means who asks for an action that a resource never does.
const fn without_roles(action: OrderAction) -> OrderAction {
    match action {
        OrderAction::Start | OrderAction::Promote => OrderAction::Start,
        OrderAction::Stop | OrderAction::Demote => OrderAction::Stop,
    }
}

const fn participle(action: OrderAction) -> &'static str {
    match action {
        OrderAction::Start => "started",
        OrderAction::Stop => "stopped",
        OrderAction::Promote => "promoted",
        OrderAction::Demote => "demoted",
    }
}

const fn third_person(action: OrderAction) -> &'static str {
    match action {
        OrderAction::Start => "starts",
        OrderAction::Stop => "stops",
        OrderAction::Promote => "is promoted",
        OrderAction::Demote => "is demoted",
    }
}

/// An order as a sentence: `` `WebSite` starts after `ClusterIP` ``.
fn in_words(first: End<'_>, then: End<'_>) -> String {
    let what = match first.action {
        OrderAction::Start => String::new(),
        action @ (OrderAction::Stop | OrderAction::Promote | OrderAction::Demote) => {
            format!(" {}", third_person(action))
        }
    };
    format!("`{}` {} after `{}`{what}", then.resource, third_person(then.action), first.resource)
}
