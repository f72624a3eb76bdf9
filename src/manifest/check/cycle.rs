//! Orders and colocations that go in circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::document::Place;
use crate::manifest::findings::Findings;
use crate::model::constraint::{
    ColocationScope, Constraint, Order, OrderAction, OrderKind, OrderScope, ResourceSet,
};
use crate::model::graph::{Edge, Graph};
use crate::model::resource::{CloneChild, Origin};
use crate::model::{Cluster, ConstraintId, Group, Resource, ResourceId, Score};

/// Reports circles of orders and of colocations. `declared` are the names of all resources: one that has
/// an error of its own is not in the cluster, and circles lead through it all the same.
pub(crate) fn check<'c>(
    cluster: &'c Cluster,
    declared: impl Iterator<Item = &'c str>,
    places: &[(ConstraintId, Place)],
    findings: &Findings<'_>,
) {
    let index = Index::of(cluster, declared);
    check_orders(cluster, &index, places, findings);
    check_colocations(cluster, &index, places, findings);
}

/// Numbers for all resources, and what names in constraints stand for.
struct Index<'c> {
    names: Vec<&'c str>,
    numbers: BTreeMap<&'c str, usize>,
    /// The top-level resource that each resource is in.
    top: Vec<usize>,
    /// What templates and tags stand for.
    stand_for: BTreeMap<&'c str, Vec<usize>>,
}

impl<'c> Index<'c> {
    fn of(cluster: &'c Cluster, declared: impl Iterator<Item = &'c str>) -> Self {
        let mut index =
            Self { names: Vec::new(), numbers: BTreeMap::new(), top: Vec::new(), stand_for: BTreeMap::new() };
        for resource in &cluster.resources {
            let top = index.add(resource.id().as_str(), None);
            if let Resource::Clone(clone) = resource
                && let CloneChild::Group(group) = &clone.child
            {
                index.add(group.id.as_str(), Some(top));
            }
            for primitive in resource.primitives() {
                if primitive.id != *resource.id() {
                    index.add(primitive.id.as_str(), Some(top));
                }
                if let Origin::Template(template) = &primitive.origin {
                    let number = index.numbers.get(primitive.id.as_str()).copied();
                    index.stand_for.entry(template.as_str()).or_default().extend(number);
                }
            }
        }
        for id in declared {
            if !index.numbers.contains_key(id) {
                index.add(id, None);
            }
        }
        for (tag, members) in &cluster.tags {
            let numbers =
                members.iter().filter_map(|member| index.numbers.get(member.as_str()).copied()).collect();
            index.stand_for.insert(tag.as_str(), numbers);
        }
        index
    }

    fn add(&mut self, id: &'c str, top: Option<usize>) -> usize {
        let number = self.names.len();
        self.names.push(id);
        self.numbers.insert(id, number);
        self.top.push(top.unwrap_or(number));
        number
    }

    fn resolve(&self, id: &ResourceId) -> Vec<usize> {
        match self.numbers.get(id.as_str()) {
            Some(number) => vec![*number],
            None => self.stand_for.get(id.as_str()).cloned().unwrap_or_default(),
        }
    }

    fn name(&self, number: usize) -> &str {
        self.names.get(number).copied().unwrap_or_default()
    }
}

/// Beginning or end of an action of a resource (a collective's action spans those of its members).
#[derive(Clone, Copy)]
enum Side {
    Begin,
    End,
}

const ACTIONS: [OrderAction; 4] =
    [OrderAction::Start, OrderAction::Promote, OrderAction::Demote, OrderAction::Stop];

fn point(resource: usize, action: OrderAction, side: Side) -> usize {
    let action = ACTIONS.iter().position(|other| *other == action).unwrap_or(0);
    let side = match side {
        Side::Begin => 0,
        Side::End => 1,
    };
    (resource * ACTIONS.len() + action) * 2 + side
}

fn check_orders(
    cluster: &Cluster,
    index: &Index<'_>,
    places: &[(ConstraintId, Place)],
    findings: &Findings<'_>,
) {
    let mut graph = Graph::new(index.names.len() * ACTIONS.len() * 2);
    add_actions(&mut graph, index);
    cluster.resources.iter().for_each(|resource| add_structure(&mut graph, index, resource));
    for (number, constraint) in cluster.constraints.iter().enumerate() {
        if let Constraint::Order(order) = constraint {
            add_order(&mut graph, index, number, order);
        }
    }
    let name = |point: usize| index.name(point / (ACTIONS.len() * 2)).to_owned();
    let mut reported = BTreeSet::new();
    for circle in graph.circles() {
        let causes = causes(&circle);
        // The reverse of symmetrical orders is the same circle again.
        if reported.insert(causes.iter().copied().collect::<BTreeSet<usize>>()) {
            report(&circle, &causes, "order", name, places, findings, true);
        }
    }
}

fn add_actions(graph: &mut Graph, index: &Index<'_>) {
    for resource in 0..index.names.len() {
        for action in ACTIONS {
            graph.add(point(resource, action, Side::Begin), point(resource, action, Side::End), None);
        }
        let follows = [(OrderAction::Start, OrderAction::Promote), (OrderAction::Demote, OrderAction::Stop)];
        for (first, then) in follows {
            graph.add(point(resource, first, Side::End), point(resource, then, Side::Begin), None);
        }
    }
}

fn add_structure(graph: &mut Graph, index: &Index<'_>, resource: &Resource) {
    match resource {
        Resource::Primitive(_) => {}
        Resource::Group(group) => add_group(graph, index, group),
        Resource::Clone(clone) => match &clone.child {
            CloneChild::Primitive(child) => add_nesting(graph, index, &clone.id, &child.id),
            CloneChild::Group(group) => {
                add_nesting(graph, index, &clone.id, &group.id);
                add_group(graph, index, group);
            }
        },
        Resource::Bundle(bundle) => {
            if let Some(child) = &bundle.primitive {
                add_nesting(graph, index, &bundle.id, &child.id);
            }
        }
    }
}

fn add_nesting(graph: &mut Graph, index: &Index<'_>, outer: &ResourceId, inner: &ResourceId) {
    for (outer, inner) in index.resolve(outer).into_iter().zip(index.resolve(inner)) {
        for action in ACTIONS {
            graph.add(point(outer, action, Side::Begin), point(inner, action, Side::Begin), None);
            graph.add(point(inner, action, Side::End), point(outer, action, Side::End), None);
        }
    }
}

fn add_group(graph: &mut Graph, index: &Index<'_>, group: &Group) {
    for member in &group.members {
        add_nesting(graph, index, &group.id, &member.id);
    }
    for pair in group.members.windows(2) {
        let [first, then] = pair else { continue };
        for (first, then) in index.resolve(&first.id).into_iter().zip(index.resolve(&then.id)) {
            for action in [OrderAction::Start, OrderAction::Promote] {
                graph.add(point(first, action, Side::End), point(then, action, Side::Begin), None);
                let undo = action.inverse();
                graph.add(point(then, undo, Side::End), point(first, undo, Side::Begin), None);
            }
        }
    }
}

fn add_order(graph: &mut Graph, index: &Index<'_>, number: usize, order: &Order) {
    if order.kind == Some(OrderKind::Serialize) {
        return;
    }
    let is_symmetrical = order.symmetrical.unwrap_or(true);
    match &order.scope {
        OrderScope::Pair { first, then, first_action, then_action, .. } => {
            let first_action = first_action.unwrap_or(OrderAction::Start);
            let then_action = then_action.unwrap_or(first_action);
            if first == then && first_action == then_action {
                return; // Reported as such.
            }
            let first = (index.resolve(first), first_action);
            let then = (index.resolve(then), then_action);
            join(graph, number, &first, &then, is_symmetrical);
        }
        OrderScope::Sets(sets) => {
            for set in sets.iter().filter(|set| set.sequential.unwrap_or(true)) {
                for pair in set.resources.windows(2) {
                    let [first, then] = pair else { continue };
                    let side = |id| (index.resolve(id), set.action.unwrap_or(OrderAction::Start));
                    join(graph, number, &side(first), &side(then), set.symmetrical.unwrap_or(is_symmetrical));
                }
            }
            for pair in sets.windows(2) {
                let [first, then] = pair else { continue };
                join(graph, number, &members(index, first), &members(index, then), is_symmetrical);
            }
        }
    }
}

type Actors = (Vec<usize>, OrderAction);

fn members(index: &Index<'_>, set: &ResourceSet) -> Actors {
    let numbers = set.resources.iter().flat_map(|id| index.resolve(id)).collect();
    (numbers, set.action.unwrap_or(OrderAction::Start))
}

/// All of the first before all of the others; a point between them keeps this linear.
fn join(graph: &mut Graph, number: usize, first: &Actors, then: &Actors, is_symmetrical: bool) {
    let mut add = |before: &Actors, after: &Actors| {
        let between = graph.add_node();
        for resource in &before.0 {
            graph.add(point(*resource, before.1, Side::End), between, Some(number));
        }
        for resource in &after.0 {
            graph.add(between, point(*resource, after.1, Side::Begin), Some(number));
        }
    };
    add(first, then);
    if is_symmetrical {
        add(&(then.0.clone(), then.1.inverse()), &(first.0.clone(), first.1.inverse()));
    }
}

fn check_colocations(
    cluster: &Cluster,
    index: &Index<'_>,
    places: &[(ConstraintId, Place)],
    findings: &Findings<'_>,
) {
    let mut graph = Graph::new(index.names.len());
    for (number, constraint) in cluster.constraints.iter().enumerate() {
        let Constraint::Colocation(colocation) = constraint else { continue };
        if colocation.score.unwrap_or(Score::ZERO) <= Score::ZERO {
            continue;
        }
        match &colocation.scope {
            ColocationScope::Pair { dependent, primary, .. } => {
                follow(&mut graph, index, number, &index.resolve(dependent), &index.resolve(primary));
            }
            ColocationScope::Sets(sets) => {
                for set in sets.iter().filter(|set| set.sequential.unwrap_or(true)) {
                    for pair in set.resources.windows(2) {
                        let [earlier, later] = pair else { continue };
                        follow(&mut graph, index, number, &index.resolve(later), &index.resolve(earlier));
                    }
                }
                for pair in sets.windows(2) {
                    let [earlier, later] = pair else { continue };
                    follow(&mut graph, index, number, &members(index, earlier).0, &members(index, later).0);
                }
            }
        }
    }
    let is_mandatory = |causes: &[usize]| {
        causes.iter().all(|cause| match cluster.constraints.get(*cause) {
            Some(Constraint::Colocation(colocation)) => colocation.score == Some(Score::INFINITY),
            Some(Constraint::Location(_) | Constraint::Order(_) | Constraint::Ticket(_)) | None => false,
        })
    };
    for circle in graph.circles() {
        let causes = causes(&circle);
        let must = is_mandatory(&causes);
        report(
            &circle,
            &causes,
            "colocation",
            |number| index.name(number).to_owned(),
            places,
            findings,
            must,
        );
    }
}

/// Members of one collective are one: a collective is placed as a whole.
fn follow(graph: &mut Graph, index: &Index<'_>, number: usize, dependents: &[usize], primaries: &[usize]) {
    let top = |resource: &usize| index.top.get(*resource).copied().unwrap_or(*resource);
    let tops: BTreeSet<usize> = primaries.iter().map(top).collect();
    let is_shared = |dependent: &usize| tops.contains(dependent);
    let between = graph.add_node();
    for dependent in dependents.iter().map(top).filter(|dependent| !is_shared(dependent)) {
        graph.add(dependent, between, Some(number));
    }
    for primary in &tops {
        graph.add(between, *primary, Some(number));
    }
}

/// Constraints of a circle, each once, in order.
fn causes(circle: &[Edge]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    circle.iter().filter_map(|edge| edge.cause).filter(|cause| seen.insert(*cause)).collect()
}

/// Constraints that are named one by one; longer circles are cut short.
const SHOWN_MAX: usize = 8;

fn report(
    circle: &[Edge],
    causes: &[usize],
    kind: &str,
    name: impl Fn(usize) -> String,
    places: &[(ConstraintId, Place)],
    findings: &Findings<'_>,
    is_error: bool,
) {
    let mut names: Vec<String> =
        circle.iter().map(|edge| name(edge.from)).filter(|name| !name.is_empty()).collect();
    names.dedup();
    if names.len() > 1 && names.first() == names.last() {
        names.pop();
    }
    names.extend(names.first().cloned());
    if names.len() > SHOWN_MAX {
        let rest = names.len() - SHOWN_MAX;
        names.splice(SHOWN_MAX / 2..SHOWN_MAX / 2 + rest, [format!("({rest} more)")]);
    }
    let path = names.join(" -> ");
    let mut shown = causes.iter().filter_map(|cause| places.get(*cause));
    let Some((_, first)) = shown.next() else { return };
    let (code, message) = match kind {
        "order" => ("order-cycle", format!("these orders go in a circle: {path}")),
        _ => ("colocation-cycle", format!("these colocations go in a circle: {path}")),
    };
    let draft = if is_error {
        findings.error(code, *first, message)
    } else {
        findings.warning(code, *first, message)
    };
    let mut draft = draft.here("this one leads on");
    for (_, place) in shown.take(SHOWN_MAX) {
        draft = draft.label(*place, "and this one");
    }
    let help = match kind {
        "order" => "none of them could ever act first: remove one",
        _ => "a dependent is placed where its primary is, so somebody must be placed first: remove one",
    };
    draft.help(help).report();
}
