//! What must hold.

use quorate::cluster::{Event, Moment, Node};
use quorate::model::NodeName;
use quorate::scheduler::{ActionKind, schedule};

use crate::world::World;
use crate::world::copies::Copies;

impl World {
    /// Hosts on which a resource is active.
    pub(crate) fn places(&self, resource: &str) -> Vec<usize> {
        let there = self.hosts.iter().enumerate().filter(|(_, host)| host.active.contains_key(resource));
        there.map(|(place, _)| place).collect()
    }

    /// The only host on which a resource is active.
    pub(crate) fn place(&self, resource: &str) -> usize {
        let places = self.places(resource);
        assert_eq!(places.len(), 1, "{resource} is active on {places:?}");
        places[0]
    }

    /// The hosts whose daemons are the designated controllers of their parts.
    pub(crate) fn dcs(&self) -> Vec<usize> {
        let is_dc = |place: &usize| self.hosts[*place].daemon.as_ref().is_some_and(Node::is_dc);
        (0..self.hosts.len()).filter(is_dc).collect()
    }

    /// What was begun since a moment, as `n1: start A`, monitors left out.
    pub(crate) fn begun_since(&self, at: i64) -> Vec<String> {
        let begun = self.begun().into_iter().filter(|begun| begun.at >= at && begun.task != "monitor");
        begun.map(|begun| format!("n{}: {} {}", begun.host + 1, begun.task, begun.resource)).collect()
    }

    pub(crate) fn told(&self, since: i64, is_it: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(at, _, event)| *at >= since && is_it(event)).count()
    }

    /// What was active twice, or worked on twice.
    pub(crate) fn doubled(&self) -> Vec<String> {
        let mut copies = Copies::default();
        self.trace.iter().filter_map(|stamped| copies.take(stamped)).collect()
    }

    /// Members of one ring agree, one of them leads, and nothing is left to be done.
    pub(crate) fn check(&self) {
        let doubled = self.doubled();
        assert!(!self.counts_doubles || doubled.is_empty(), "{doubled:#?}");
        for ring in &self.rings {
            let nodes: Vec<_> = ring.iter().filter_map(|host| self.hosts[*host].daemon.as_ref()).collect();
            let settled: Vec<_> = nodes.iter().filter(|node| node.is_settled()).collect();
            assert_eq!(settled.len(), nodes.len(), "all daemons agree on a state");
            let digests: Vec<_> = settled.iter().map(|node| node.state().unwrap().digest()).collect();
            if digests.windows(2).any(|pair| pair[0] != pair[1]) {
                let states: Vec<_> =
                    settled.iter().map(|node| serde_json::to_string_pretty(node.state().unwrap())).collect();
                panic!("states differ: {states:#?}");
            }
            if let Some(dc) = settled.iter().find(|node| node.is_dc()) {
                let moment = Moment(self.now);
                let schedule = schedule(&dc.effective(moment), &dc.status(moment), moment.seconds());
                let members: Vec<&NodeName> =
                    dc.state().unwrap().live.members.iter().map(|seat| &seat.member.name).collect();
                let left: Vec<_> = schedule
                    .transition
                    .actions
                    .iter()
                    .filter(|action| action.kind != ActionKind::Pseudo)
                    .filter(|action| action.node.as_ref().is_some_and(|node| members.contains(&node)))
                    .map(|action| format!("{} on {:?}", action.key, action.node))
                    .collect();
                assert!(left.is_empty(), "left to be done: {left:?}");
            }
            let dcs = settled.iter().filter(|node| node.is_dc()).count();
            assert_eq!(dcs, usize::from(!nodes.is_empty()), "one controller per partition");
        }
    }
}
