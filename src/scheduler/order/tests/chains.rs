//! Chains as long as clusters never are.

use super::{cluster, dummy, group, online, order, plan, running, status, with_meta};
use crate::model::{Cluster, Resource};
use crate::scheduler::act::work::Work;
use crate::scheduler::order::{apply, settle};
use crate::scheduler::{act, assign, interpret};

const LENGTH: usize = 2_000;

fn names() -> Vec<String> {
    (0..LENGTH).map(|number| format!("r{number}")).collect()
}

#[test]
fn a_long_chain_of_orders_stops_from_its_end() {
    let names = names();
    let mut resources: Vec<_> = names.iter().map(|name| Resource::Primitive(dummy(name))).collect();
    resources[0] = Resource::Primitive(with_meta(dummy(&names[0]), "target-role", "Stopped"));
    let constraints = names.windows(2).map(|pair| order(&pair[0], &pair[1])).collect();
    let cluster = Cluster { constraints, ..cluster(1, resources) };
    let histories = names.iter().map(|name| running(name)).collect();
    let schedule = plan(&cluster, &status(vec![online("n1", histories)]));
    let keys: Vec<_> = schedule.transition.actions.iter().map(|action| &*action.key).collect();
    assert_eq!(keys.len(), LENGTH);
    assert_eq!(keys.first().copied(), Some(format!("r{}_stop_0", LENGTH - 1).as_str()));
    assert_eq!(keys.last().copied(), Some("r0_stop_0"));
}

#[test]
fn a_long_group_stops_from_its_end() {
    let names = names();
    let mut members: Vec<_> = names.iter().map(|name| dummy(name)).collect();
    members[0] = with_meta(dummy(&names[0]), "target-role", "Stopped");
    let cluster = cluster(1, vec![group("g", members)]);
    let histories = names.iter().map(|name| running(name)).collect();
    let schedule = plan(&cluster, &status(vec![online("n1", histories)]));
    let stops: Vec<_> =
        schedule.transition.actions.iter().filter(|action| action.key.ends_with("stop_0")).collect();
    assert_eq!(stops.len(), LENGTH + 1);
    assert_eq!(stops.last().map(|action| &*action.key), Some("r0_stop_0"));
}

#[test]
fn new_nodes_give_a_long_group_that_runs_no_more_links_than_probes() {
    let names = names();
    let members = names.iter().map(|name| dummy(name)).collect();
    let cluster = cluster(3, vec![group("g", members)]);
    let histories = names.iter().map(|name| running(name)).collect();
    let new = ["n2", "n3"].map(|name| online(name, Vec::new()));
    let status = status([vec![online("n1", histories)], new.to_vec()].concat());
    let placement = assign::assign(interpret::interpret(&cluster, &status, 1_000_000));
    let actions = act::act(&placement);
    let mut work = Work::new(&placement, actions);
    apply::link_all(&mut work);
    settle::settle(&mut work);
    assert!(work.actions.links.len() < 30 * LENGTH, "{} links", work.actions.links.len());
    let schedule = plan(&cluster, &status);
    assert_eq!(schedule.transition.actions.len(), 2 * LENGTH);
    assert!(schedule.transition.actions.iter().all(|action| action.after.is_empty()));
}

#[test]
fn what_restarts_waits_for_the_probes_of_what_comes_before_it() {
    let members = vec![dummy("a"), with_meta(dummy("b"), "target-role", "Stopped")];
    let cluster = cluster(2, vec![group("g", members)]);
    let histories = ["a", "b"].map(running).to_vec();
    let schedule = plan(&cluster, &status(vec![online("n1", histories), online("n2", Vec::new())]));
    let find = |key: &str, node: &str| {
        let is_it = |action: &&crate::scheduler::Action| {
            &*action.key == key && action.node.as_ref().is_some_and(|name| name.is(node))
        };
        schedule.transition.actions.iter().find(is_it).unwrap()
    };
    let probe = find("a_monitor_0", "n2").id;
    assert!(find("b_stop_0", "n1").after.contains(&probe));
}
