//! How a cluster is found when faults have ended: everything runs that should, once and in its place,
//! all members know the same, and nothing goes on or grows.

use std::collections::BTreeSet;

use quorate::cluster::Node;
use quorate::model::{Cluster, Resource, Role};

use crate::setting::TOGETHER;
use crate::world::World;
use crate::world::trace::Seen;

/// What keeps the cluster from being as it should.
pub(crate) fn unrest(world: &World) -> Option<String> {
    let nodes: Vec<&Node> = world.hosts.iter().filter_map(|host| host.daemon.as_ref()).collect();
    if nodes.len() < world.hosts.len() {
        return Some(format!("only {} daemons are up", nodes.len()));
    }
    if let Some(place) = nodes.iter().position(|node| !node.is_settled()) {
        return Some(format!("n{} has not settled", place + 1));
    }
    if world.is_busy() {
        return Some("agents are at work".to_owned());
    }
    let digests: BTreeSet<String> = nodes.iter().filter_map(|node| Some(node.state()?.digest())).collect();
    if digests.len() != 1 {
        return Some(format!("members know different things: {}", differences(&nodes)));
    }
    misplaced(world, &nodes.first()?.durable().cluster)
}

/// Where the states of members differ from that of the first, for people.
fn differences(nodes: &[&Node]) -> String {
    let texts = nodes.iter().filter_map(|node| serde_json::to_string_pretty(node.state()?).ok());
    let texts: Vec<String> = texts.collect();
    let lines = |text: &str| text.lines().map(str::trim).map(str::to_owned).collect::<Vec<_>>();
    let first = lines(texts.first().map_or("", String::as_str));
    let mut found = Vec::new();
    for (place, text) in texts.iter().enumerate().skip(1) {
        let other = lines(text);
        let pairs = first.iter().zip(&other).filter(|(one, other)| one != other);
        found.extend(pairs.take(4).map(|(one, other)| format!("n1 {one}, n{} {other}", place + 1)));
    }
    found.join("; ")
}

/// What does not run as it should.
fn misplaced(world: &World, desired: &Cluster) -> Option<String> {
    let singles = desired.resources.iter().flat_map(|resource| match resource {
        Resource::Primitive(primitive) => vec![primitive.id.as_str()],
        Resource::Group(group) => group.members.iter().map(|member| member.id.as_str()).collect(),
        Resource::Clone(_) | Resource::Bundle(_) => Vec::new(),
    });
    let places = |name: &str| -> Vec<usize> {
        let there = world.hosts.iter().enumerate().filter(|(_, host)| host.active.contains_key(name));
        there.map(|(place, _)| place).collect()
    };
    let wanted: BTreeSet<&str> = singles.collect();
    if let Some(name) = wanted.iter().find(|name| places(name).len() != 1) {
        return Some(format!("{name} is active on {:?}", places(name)));
    }
    if let Some((one, other)) = TOGETHER.iter().find(|(one, other)| places(one) != places(other)) {
        return Some(format!("{one} is active on {:?} and {other} on {:?}", places(one), places(other)));
    }
    let known = |name: &str| wanted.contains(name) || name == "P";
    let mut active = world
        .hosts
        .iter()
        .enumerate()
        .flat_map(|(place, host)| host.active.keys().map(move |name| (place, name)).collect::<Vec<_>>());
    if let Some((_, name)) = active.find(|(place, name)| !known(name) && !is_lied_away(world, *place, name)) {
        return Some(format!("{name} is active, and nobody wants it"));
    }
    let promoted = world.hosts.iter().filter(|host| host.active.get("P") == Some(&Role::Promoted)).count();
    (places("P").len() != world.hosts.len() || promoted != 1)
        .then(|| format!("P is active on {:?}, promoted on {promoted} of them", places("P")))
}

/// Whether an agent said that it had stopped this, which has run there ever since: nobody looks for what the
/// manifest does not have any more.
fn is_lied_away(world: &World, host: usize, name: &str) -> bool {
    let mut trace = world.trace.iter().rev();
    let last = trace.find_map(|stamped| match &stamped.seen {
        Seen::Real { host: place, resource, .. } if *place == host && **resource == *name => Some(false),
        Seen::Lied { host: place, resource: Some(resource) } if *place == host && **resource == *name => {
            Some(true)
        }
        _ => None,
    });
    last.unwrap_or(false)
}

/// The longest message that a cluster of this size needs, in bytes.
const LONGEST_MESSAGE: usize = 400_000;

/// What goes on, or has grown, in a cluster that was left alone for `seconds` after this many entries of
/// the trace and messages.
pub(crate) fn growth(world: &World, seen: usize, messages: u64, seconds: u64) -> Option<String> {
    let begun: Vec<String> = world.trace[seen..]
        .iter()
        .filter_map(|stamped| match &stamped.seen {
            Seen::Begun(begun) => Some(format!("n{}: {} {}", begun.host + 1, begun.task, begun.resource)),
            _ => None,
        })
        .collect();
    if !begun.is_empty() {
        return Some(format!("left alone it does {begun:?}"));
    }
    if world.messages - messages > 2 + seconds / 10 {
        return Some(format!("left alone it says {} messages in {seconds} s", world.messages - messages));
    }
    if world.longest_message > LONGEST_MESSAGE {
        return Some(format!("a message had {} bytes", world.longest_message));
    }
    let waiting: usize = world.hosts.iter().map(|host| host.inbox.len() + host.orphans.len()).sum();
    (waiting + world.stalled.len() > 0)
        .then(|| format!("{waiting} inputs and {} messages wait", world.stalled.len()))
}
