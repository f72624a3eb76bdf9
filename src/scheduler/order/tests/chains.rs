//! Chains as long as clusters never are.

use super::{cluster, dummy, group, online, order, plan, running, status, with_meta};
use crate::model::{Cluster, Resource};

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
