//! Promotable clones: which instances are promoted.

use std::cmp::{Ordering, Reverse};

use crate::model::{Role, Score};
use crate::scheduler::assign::attribute::Host;
use crate::scheduler::assign::contribution::{Cause, Contribution, Place, Promotion};
use crate::scheduler::assign::draft::Draft;
use crate::scheduler::assign::{ScoreRow, instances};
use crate::scheduler::constraint::colocation::ColocationIx;
use crate::scheduler::constraint::colocation::lists::Side;
use crate::scheduler::facts::{NoQuorumPolicy, NodeIx, NodeKind, ResourceIx, Variant};
use crate::scheduler::glib;
use crate::scheduler::schedule::ScorePool;

/// Adds the promotion scores that agents gave to the instances' tables.
pub(crate) fn add_scores(draft: &mut Draft<'_>, clone: ResourceIx) {
    for instance in draft.resource(clone).children.clone() {
        let nodes: Vec<NodeIx> = draft
            .table(instance)
            .iter()
            .map(|(node, _)| node)
            .filter(|node| draft.is_usable(*node))
            .collect();
        for node in nodes {
            let score = promotion_score(draft, clone, instance, node, Host::Current).unwrap_or_default();
            if score > Score::ZERO {
                if let Some(entry) = draft.table_mut(instance).entry_mut(node) {
                    entry.score = entry.score.plus(score);
                }
                draft.note(instance, Place::Node(node), score, Cause::PromotionScore);
            }
            let priority = &mut draft.priority[instance.index()];
            *priority = score.max(*priority);
        }
    }
}

/// What agents said of an instance's fitness on a node; `None` if that is unknown or does not
/// concern this instance. For a group, the sum over its members.
fn promotion_score(
    draft: &Draft<'_>,
    clone: ResourceIx,
    resource: ResourceIx,
    node: NodeIx,
    host: Host,
) -> Option<Score> {
    let children = &draft.resource(resource).children;
    if !children.is_empty() {
        let scores = children.iter().filter_map(|child| promotion_score(draft, clone, *child, node, host));
        // A plain sum: one member's doubt is not lost in another's certainty.
        return scores.map(|score| i64::from(score.value())).reduce(|sum, score| sum + score).map(Score::new);
    }
    let known = draft.resource(resource);
    let is_allowed = known.table.score(node).is_some_and(|score| score >= Score::ZERO);
    if !is_allowed || !concerns(draft, clone, resource, node) {
        return None;
    }
    let attribute = |name: &str| draft.attribute(node, &format!("master-{name}"), resource, host);
    let name = known.history_name.as_ref().unwrap_or(&known.id);
    let value = attribute(name).or_else(|| {
        let base = if known.is_unique { None } else { Some(&known.base_id) };
        base.and_then(|base| attribute(base))
    })?;
    Some(Score::parse(value).unwrap_or_default())
}

/// Whether a node's promotion score is meant for this instance.
fn concerns(draft: &Draft<'_>, clone: ResourceIx, leaf: ResourceIx, node: NodeIx) -> bool {
    let known = draft.resource(leaf);
    if !known.is_unique {
        let mut twins = twins(draft, clone, leaf);
        let mut active = twins.clone().filter(|twin| draft.resource(*twin).active_on.contains(&node));
        match active.next() {
            Some(first) if first == leaf => return true,
            Some(_) => {}
            None if twins.any(|twin| draft.resource(twin).known_on.contains_key(&node)) => return true,
            None => {}
        }
    }
    let is_here = known.active_on.contains(&node) || known.known_on.contains_key(&node);
    is_here || (known.active_on.is_empty() && known.known_on.is_empty())
}

/// The same primitive in every instance of a clone, in order.
fn twins(draft: &Draft<'_>, clone: ResourceIx, leaf: ResourceIx) -> impl Iterator<Item = ResourceIx> + Clone {
    let base = &draft.resource(leaf).base_id;
    let is_twin = |twin: &ResourceIx| draft.resource(*twin).base_id == *base;
    let twins: Vec<ResourceIx> = draft.facts.leaves(clone).into_iter().filter(is_twin).collect();
    twins.into_iter()
}

/// Decides which instances of a placed clone are promoted.
pub(crate) fn choose_roles(draft: &mut Draft<'_>, clone: ResourceIx) {
    for (_, entry) in draft.facts.resources[clone.index()].table.iter_mut() {
        entry.count = 0;
    }
    draft.is_choosing_roles[clone.index()] = true;
    if draft.resource(clone).parent.is_some() {
        draft.pulls.forget_all(); // From now on, the bundle speaks for the clone.
    }
    let instances = draft.resource(clone).children.clone();
    for instance in &instances {
        set_priority(draft, clone, *instance);
    }
    let mut ranked = rank(draft, clone, &instances);
    let mut scores = instances::ColocatedScores::new();
    let mut by_rank = |draft: &mut Draft<'_>, a: (ResourceIx, Score), b: (ResourceIx, Score)| {
        let role = |instance: ResourceIx| Reverse(draft.resource(instance).current_role);
        let by_role = b.1.cmp(&a.1).then_with(|| role(a.0).cmp(&role(b.0)));
        match by_role {
            Ordering::Equal => instances::compare(draft, clone, (a.0, b.0), &mut scores),
            Ordering::Less | Ordering::Greater => by_role,
        }
    };
    glib::merge_sort(&mut ranked, &mut |a, b| by_rank(draft, a, b));
    draft.facts.resources[clone.index()].children = ranked.iter().map(|(instance, _)| *instance).collect();
    promote_best(draft, clone, &ranked);
}

/// How fit an instance is to be promoted where it is.
fn set_priority(draft: &mut Draft<'_>, clone: ResourceIx, instance: ResourceIx) {
    become_unpromoted(draft, instance);
    draft.promotion[instance.index()] = Score::ZERO;
    let Some(node) = draft.place_of(instance) else { return };
    let score = promotion_score(draft, clone, instance, node, Host::Assigned);
    let next_role = next_role(draft, instance);
    let (mut priority, cause) = match (next_role, score) {
        (None | Some(Role::Started), Some(score)) => (score, Cause::PromotionScore),
        (None | Some(Role::Started), None) => (Score::new(-1), Cause::NoPromotionScore),
        (Some(Role::Unpromoted | Role::Stopped), _) => (Score::MINUS_INFINITY, Cause::SettledRole),
        (Some(Role::Promoted), _) => (draft.priority[instance.index()], Cause::SettledRole),
    };
    let mut fitness = vec![Contribution { place: Place::Node(node), score: priority, cause }];
    let around = draft.resource(clone).parent;
    let owners = [Some(instance), Some(clone), around].into_iter().flatten();
    for location in owners.flat_map(|owner| draft.locations.of(owner)) {
        let record = draft.locations.record(*location);
        if record.role == Some(Role::Promoted) {
            for (_, score) in record.nodes.iter().filter(|(place, _)| *place == node) {
                priority = priority.plus(*score);
                let cause = Cause::Location(*location);
                fitness.push(Contribution { place: Place::Node(node), score: *score, cause });
            }
        }
    }
    draft.priority[instance.index()] = priority;
    draft.fitness[instance.index()] = fitness;
    for colocation in draft.effective_colocations(Side::ThisWith, instance) {
        let record = draft.colocations.record(colocation);
        let (primary, primary_role) = (record.primary, record.primary_role);
        let primary_facts = draft.resource(primary);
        let is_pair = primary_facts.variant.is_clone() && primary_facts.is_promotable;
        if is_pair && primary_role.is_some() && record.dependent_role == Some(Role::Promoted) {
            pair(draft, instance, primary, colocation);
        } else {
            draft.follow(instance, primary, colocation);
        }
    }
    let priority = draft.priority[instance.index()];
    let is_decided = next_role == Some(Role::Promoted);
    draft.promotion[instance.index()] = if is_decided { Score::INFINITY } else { priority };
}

/// The role that is already clear for an instance: of a group, the highest of a member.
fn next_role(draft: &Draft<'_>, instance: ResourceIx) -> Option<Role> {
    draft.facts.leaves(instance).into_iter().filter_map(|leaf| draft.next_role[leaf.index()]).max()
}

/// What is started in a promotable clone is unpromoted.
fn become_unpromoted(draft: &mut Draft<'_>, resource: ResourceIx) {
    let known = &mut draft.facts.resources[resource.index()];
    if known.current_role == Role::Started {
        known.current_role = Role::Unpromoted;
    }
    for child in known.children.clone() {
        become_unpromoted(draft, child);
    }
}

/// A promoted instance wants to be where an instance of the primary has its role.
pub(crate) fn pair(
    draft: &mut Draft<'_>,
    instance: ResourceIx,
    primary: ResourceIx,
    colocation: ColocationIx,
) {
    let record = draft.colocations.record(colocation);
    let (score, role, attribute) = (record.score, record.primary_role, record.node_attribute.clone());
    let partner = draft.compatible_instance(instance, primary, role, attribute.as_ref());
    let is_felt = score.is_mandatory() || draft.facts.release.promotion_gains_from_partners();
    match partner {
        Some(_) if is_felt => raise(draft, instance, score, colocation),
        None if score >= Score::INFINITY => raise(draft, instance, Score::MINUS_INFINITY, colocation),
        Some(_) | None => {}
    }
}

/// What a colocation with an ordinary primary does to an instance's fitness to be promoted.
pub(crate) fn follow(
    draft: &mut Draft<'_>,
    dependent: ResourceIx,
    primary: ResourceIx,
    colocation: ColocationIx,
) {
    let record = draft.colocations.record(colocation);
    let (score, role, attribute) = (record.score, record.dependent_role, record.node_attribute.clone());
    let bearer = crate::scheduler::variant::bundle::role_bearer(draft, primary);
    let role_fits = record.primary_role.is_none() || record.primary_role == draft.next_role[bearer.index()];
    let there = draft.assigned[primary.index()];
    let Some(here) = draft.assigned[dependent.index()] else { return };
    if there.is_none() && !draft.facts.release.promotes_without_primary() {
        if score > Score::ZERO {
            raise(draft, dependent, -score, colocation);
        }
        return;
    }
    if there.is_some() && !role_fits {
        return;
    }
    let class_here = draft.classes(attribute.as_ref(), dependent).get(here.index()).copied();
    let class_there =
        there.and_then(|there| draft.classes(attribute.as_ref(), primary).get(there.index()).copied());
    let change = if class_here == class_there {
        if role == Some(Role::Unpromoted) { -score } else { score }
    } else if score >= Score::INFINITY && role == Some(Role::Promoted) {
        Score::MINUS_INFINITY
    } else {
        return;
    };
    raise(draft, dependent, change, colocation);
}

/// Changes the fitness of an instance, of the group it speaks for too.
fn raise(draft: &mut Draft<'_>, instance: ResourceIx, change: Score, colocation: ColocationIx) {
    let parent = draft.resource(instance).parent;
    let group = parent.filter(|parent| draft.resource(*parent).variant.is_group());
    for raised in std::iter::once(instance).chain(group) {
        let priority = &mut draft.priority[raised.index()];
        *priority = priority.plus(change);
        let (place, cause) = (Place::Everywhere, Cause::Primary(colocation));
        draft.fitness[raised.index()].push(Contribution { place, score: change, cause });
    }
}

/// The final value of each instance, with what its node means to the clone and its dependents.
fn rank(draft: &mut Draft<'_>, clone: ResourceIx, instances: &[ResourceIx]) -> Vec<(ResourceIx, Score)> {
    for instance in instances {
        let promotion = draft.promotion[instance.index()];
        if let Some(node) = draft.place_of(*instance).filter(|_| promotion >= Score::ZERO)
            && let Some(entry) = draft.table_mut(clone).entry_mut(node)
        {
            entry.score = entry.score.plus(promotion);
            draft.note(clone, Place::Node(node), promotion, Cause::Fitness(*instance));
        }
    }
    if !draft.facts.release.promotes_regardless_of_primaries() {
        for colocation in draft.effective_colocations(Side::ThisWith, clone) {
            let record = draft.colocations.record(colocation);
            if record.dependent_role == Some(Role::Promoted) && record.score > Score::ZERO {
                draft.merge_primary(clone, colocation);
            }
        }
    }
    for colocation in draft.effective_colocations(Side::WithThis, clone) {
        if draft.colocations.record(colocation).primary_role == Some(Role::Promoted) {
            draft.merge_dependent(clone, colocation);
        }
    }
    if let Some(need) = draft.tickets.iter().find(|need| need.resource == clone).copied() {
        for (_, entry) in draft.table_mut(clone).iter_mut() {
            entry.score = Score::MINUS_INFINITY;
        }
        draft.note(clone, Place::Everywhere, Score::MINUS_INFINITY, Cause::Ticket(need.constraint));
    }
    let value = |instance: &ResourceIx| {
        let promotion = draft.promotion[instance.index()];
        let is_kept =
            !draft.resource(*instance).is_managed && next_role(draft, *instance) == Some(Role::Promoted);
        let value = match draft.place_of(*instance) {
            _ if is_kept => Score::INFINITY,
            None if draft.facts.release.homeless_cannot_be_promoted() => Score::MINUS_INFINITY,
            None => Score::ZERO,
            Some(_) if promotion < Score::ZERO => promotion,
            Some(node) => draft.table(clone).score(node).unwrap_or(promotion),
        };
        (*instance, value)
    };
    instances.iter().map(value).collect()
}

fn promote_best(draft: &mut Draft<'_>, clone: ResourceIx, ranked: &[(ResourceIx, Score)]) {
    let Variant::Clone(limits) = draft.resource(clone).variant else { return };
    let is_managed = draft.resource(clone).is_managed;
    let mut promoted = 0;
    for (instance, value) in ranked {
        let node = draft.place_of(*instance);
        draft.scores.push(ScoreRow { pool: ScorePool::Promotion, resource: *instance, node, score: *value });
        let is_wanted = *value >= Score::ZERO && (promoted < limits.promoted_max || !is_managed);
        let is_eligible = is_eligible(draft, clone, *instance, limits.promoted_node_max);
        note_promotion(draft, clone, (*instance, *value), is_eligible, is_wanted && is_eligible);
        if is_wanted && is_eligible {
            promoted += 1;
            if let Some(entry) =
                node.and_then(|node| draft.facts.resources[clone.index()].table.entry_mut(node))
            {
                entry.count += 1;
            }
            give_role(draft, *instance, Role::Promoted);
        } else {
            give_role(draft, *instance, Role::Unpromoted);
        }
    }
}

/// Takes down what made the value of an instance, and what came of it.
fn note_promotion(
    draft: &mut Draft<'_>,
    clone: ResourceIx,
    (instance, score): (ResourceIx, Score),
    is_eligible: bool,
    is_promoted: bool,
) {
    let sum = |parts: &[Contribution]| parts.iter().fold(Score::ZERO, |sum, part| sum.plus(part.score));
    let alone = |cause: Cause| vec![Contribution { place: Place::Everywhere, score, cause }];
    let node = draft.place_of(instance);
    let promotion = draft.promotion[instance.index()];
    let mut own = std::mem::take(&mut draft.fitness[instance.index()]);
    if sum(&own) != promotion {
        own = vec![Contribution { place: Place::Everywhere, score: promotion, cause: Cause::SettledRole }];
    }
    let parts = match node {
        None => alone(Cause::NoNode),
        Some(node) if promotion < Score::ZERO || draft.table(clone).entry(node).is_none() => own,
        Some(node) => {
            let noted = draft.contributions[clone.index()].iter();
            let here = noted.filter(|part| part.place.includes(node));
            let is_own = |part: &Contribution| part.cause == Cause::Fitness(instance);
            here.flat_map(|part| if is_own(part) { own.clone() } else { vec![*part] }).collect()
        }
    };
    // What is unmanaged stays what it is, whatever its scores.
    let is_kept = score >= Score::INFINITY && sum(&parts) < score;
    let parts = if is_kept { alone(Cause::SettledRole) } else { parts };
    draft.promotions[instance.index()] = Some(Promotion { score, parts, is_eligible, is_promoted });
}

/// Whether an instance, and every member of it, can be promoted where it is.
fn is_eligible(draft: &Draft<'_>, clone: ResourceIx, resource: ResourceIx, per_node: u32) -> bool {
    let known = draft.resource(resource);
    if !known.children.iter().all(|child| is_eligible(draft, clone, *child, per_node)) {
        return false;
    }
    let Some(node) = draft.place_of(resource) else { return false };
    let Some(entry) = draft.table(clone).entry(node) else { return false };
    let is_promoted = known.current_role == Role::Promoted;
    if !known.is_managed {
        return is_promoted;
    }
    let properties = &draft.facts.properties;
    let is_frozen = !properties.has_quorum && properties.no_quorum_policy == NoQuorumPolicy::Freeze;
    draft.priority[resource.index()] >= Score::ZERO
        && draft.is_usable(node)
        && has_placed_launcher(draft, node)
        && entry.count < per_node
        && (is_promoted || !is_frozen)
}

/// A guest node must have a place itself.
fn has_placed_launcher(draft: &Draft<'_>, node: NodeIx) -> bool {
    let is_guest = draft.facts.node(node).kind == NodeKind::Guest;
    !is_guest || draft.launcher_of(node).is_some_and(|launcher| draft.place_of(launcher).is_some())
}

/// Gives an instance and its members a role, where they have none yet.
fn give_role(draft: &mut Draft<'_>, resource: ResourceIx, role: Role) {
    for child in draft.resource(resource).children.clone() {
        give_role(draft, child, role);
    }
    let is_placed = draft.place_of(resource).is_some();
    let next = &mut draft.next_role[resource.index()];
    match role {
        Role::Promoted => *next = next.or(Some(role)),
        Role::Unpromoted | Role::Started | Role::Stopped => {
            *next = Some(if is_placed { role } else { Role::Stopped });
        }
    }
}
