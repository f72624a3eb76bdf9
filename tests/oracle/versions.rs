//! Where the installed version goes wrong, so that there is nothing to compare.
//!
//! What it decides differently is decided so by us too when asked for that release; see
//! `quorate::scheduler::Release`. What is left are decisions that cannot be carried out at all. A rule
//! claims single differences; what no rule claims fails the test.

use std::collections::BTreeSet;

use crate::decision::Decision;
use crate::generator::Kinds;

/// A rule's name and the differences that it explains.
type Rule = (&'static str, fn(&str, &Decision, &[String]) -> Vec<String>);

const RULES: &[Rule] = &[
    ("actions wait for each other for ever", loops),
    ("an action waits for what is not there", dead_ends),
    ("two instances on one node", two_instances_on_one_node),
];

/// What is seen to differ and has no rule yet: what it is, and the seeds of usual clusters that show it.
const BY_NAME: &[(&str, &[u64])] = &[
    ("which stops wait for a probe", &[203, 496, 2475]),
    ("scores shown of a place that was tried and given up", &[106, 224, 2614, 3468]),
    ("how much of a preference arrives through a group", &[3257, 3864]),
    ("which instance of a cloned group goes where", &[697, 1453, 4714]),
    ("which of two equal instances is promoted", &[4918]),
    ("what a ban from what has no node yet adds to a promotion score", &[4998]),
    ("a wish to be apart beside a demand to be together", &[1461]),
    ("a stop that an order of start and stop asks for", &[3303]),
    ("a unique instance that could move while a node is joining", &[4179]),
];

/// The same of clusters of every kind.
const BY_NAME_OF_EVERY_KIND: &[(&str, &[u64])] = &[
    ("a wish that counts again when an instance is tried again", &[23, 224]),
    ("a wish to be apart beside a demand to be together", &[344]),
];

/// What is known of the difference that a seed shows.
pub(crate) fn by_name(seed: u64, kinds: Kinds) -> Option<&'static str> {
    let known = match kinds {
        Kinds::Usual => BY_NAME,
        Kinds::Every => BY_NAME_OF_EVERY_KIND,
    };
    known.iter().find(|(_, seeds)| seeds.contains(&seed)).map(|(what, _)| *what)
}

/// The rules that explain the differences, or the differences that they do not explain.
pub(crate) fn explain(
    cib: &str,
    theirs: &Decision,
    differences: &[String],
) -> Result<Vec<&'static str>, Vec<String>> {
    let mut left = differences.to_vec();
    let mut used = Vec::new();
    for (name, claims) in RULES {
        let claimed = claims(cib, theirs, &left);
        if !claimed.is_empty() {
            left.retain(|line| !claimed.contains(line));
            used.push(*name);
        }
    }
    if left.is_empty() { Ok(used) } else { Err(left) }
}

/// Orders that form a loop yield actions that wait for each other. We plan none of these, nor what
/// comes after them.
fn loops(_: &str, theirs: &Decision, differences: &[String]) -> Vec<String> {
    let mut stuck: BTreeSet<&str> = BTreeSet::new();
    for (before, after) in &theirs.order {
        if before == after {
            stuck.insert(before);
        }
    }
    let in_loop = stuck.clone();
    for (before, after) in &theirs.order {
        if in_loop.contains(before.as_str()) {
            stuck.insert(after);
        }
    }
    let is_stuck = |line: &&String| {
        line.strip_prefix("action only-theirs: ").is_some_and(|action| stuck.contains(action))
    };
    differences.iter().filter(is_stuck).cloned().collect()
}

/// An action that waits for another which is not in the graph is never done. We do it without waiting.
fn dead_ends(_: &str, theirs: &Decision, differences: &[String]) -> Vec<String> {
    let is_dead = |line: &&String| {
        line.strip_prefix("action only-ours: ").is_some_and(|action| theirs.dead.contains(action))
    };
    differences.iter().filter(is_dead).cloned().collect()
}

/// An instance that could not stay is counted nowhere for a moment, and another one may join it on a
/// node that has room for one only. Everything about these instances differs then.
fn two_instances_on_one_node(cib: &str, theirs: &Decision, differences: &[String]) -> Vec<String> {
    let changed: BTreeSet<&str> =
        theirs.changes.iter().filter_map(|change| change.split(' ').nth(1)).collect();
    let stays = |(resource, _): &&(String, String)| !changed.contains(resource.as_str());
    let staying = theirs
        .active
        .iter()
        .filter(stays)
        .filter_map(|(resource, node)| resource.split_once(':').map(|(base, _)| (base, node.as_str())));
    let mut arrivals: BTreeSet<(&str, &str)> = staying.collect();
    let mut crowded: BTreeSet<&str> = BTreeSet::new();
    for change in &theirs.changes {
        let words: Vec<&str> = change.split(' ').collect();
        let (Some(verb), Some(resource), Some(node)) = (words.first(), words.get(1), words.last()) else {
            continue;
        };
        let Some((base, _)) = resource.split_once(':') else { continue };
        let arrives = matches!(*verb, "start" | "move" | "migrate" | "promote" | "restart" | "recover");
        if arrives && !arrivals.insert((base, node)) {
            crowded.insert(base);
        }
    }
    let mut group = None;
    let attribute = |line: &'_ str| line.split('"').nth(1).map(str::to_owned);
    let mut groups: BTreeSet<String> = BTreeSet::new();
    for line in cib.lines().map(str::trim_start) {
        if line.starts_with("<group ") {
            group = attribute(line);
        } else if line.starts_with("</group") {
            group = None;
        } else if line.starts_with("<primitive ")
            && attribute(line).is_some_and(|id| crowded.contains(id.as_str()))
        {
            groups.extend(group.clone());
        }
    }
    crowded.extend(groups.iter().map(String::as_str));
    let is_about = |line: &&String| {
        line.split(' ').any(|word| crowded.contains(word.split(':').next().unwrap_or_default()))
    };
    differences.iter().filter(is_about).cloned().collect()
}
