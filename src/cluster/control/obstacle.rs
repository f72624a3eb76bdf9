//! When nothing may be decided.

use std::time::Duration;

use super::Ground;
use crate::cluster::member::Moment;
use crate::model::{Generation, period};
use crate::scheduler::facts::Properties;
use crate::status::Presence;

/// Nothing may be decided until a moment, or until something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub(super) until: Option<Moment>,
}

/// Why nothing may be decided now.
pub(super) fn obstacle(ground: &Ground<'_>, leads_since: Option<Moment>) -> Option<Obstacle> {
    let durable = &ground.state.durable;
    let has_nothing_to_do = durable.generation == Generation::default();
    // Quorum and view come apart, and a decision on half of the news is one too early: a partition
    // that just lost the others would still believe in its quorum.
    let is_early = ground.sight.is_in_doubt() || ground.sight.is_undecided();
    if has_nothing_to_do || is_early || !ground.sight.is_coherent(ground.view) {
        return Some(Obstacle { until: None });
    }
    if let Some(pause) = &durable.overlay.pause
        && pause.until.is_none_or(|until| until > ground.now)
    {
        return Some(Obstacle { until: pause.until });
    }
    if ground.sight.must_let_go() {
        return None;
    }
    // Daemons that understand one another's messages no more each hold themselves for the controller. Who has no
    // quorum lets go of what it runs all the same.
    if ground.sight.hears_strangers() && ground.sight.has_quorum() {
        return Some(Obstacle { until: None });
    }
    waits_for_others(ground, leads_since).map(|until| Obstacle { until: Some(until) })
}

/// A new cluster waits a while (`dc-deadtime`) for the daemons of nodes that are there, as only they
/// know what runs on them; for nodes that are not, where it would have to fence them otherwise; and
/// for its first quorum, so that nodes whose daemons all start again do not stop what runs there
/// because the first of them has no quorum yet. Where nodes that are cut off let go of what they run, one that is
/// not seen may have been cut off a moment ago, and is given the time for that.
fn waits_for_others(ground: &Ground<'_>, leads_since: Option<Moment>) -> Option<Moment> {
    let cluster = &ground.state.durable.cluster;
    let has_fencing = ground.state.durable.has_fencing();
    let has_quorum = ground.sight.has_quorum();
    let status = &ground.state.live.ledger.status;
    let is_unheard = |name: &str| {
        status.node(name).is_none_or(|state| state.member == Presence::Unknown && !state.process.is_online())
    };
    let members = cluster.members();
    let unheard: Vec<_> = members.filter(|node| is_unheard(node.name.as_str())).collect();
    let (seen, unseen): (Vec<_>, Vec<_>) =
        unheard.into_iter().partition(|node| ground.sight.sees(&node.name));
    let is_waiting = !seen.is_empty() || has_fencing && !unseen.is_empty();
    let lacks_quorum = !has_quorum && !ground.state.live.had_quorum;
    let properties = Properties::at(cluster, ground.now.seconds());
    let patience = properties.table.get("dc-deadtime").and_then(|text| period::parse(text));
    let patience = patience.unwrap_or(Duration::from_secs(20));
    // Where others wait for this node to let go, it must not spend that time on waiting.
    let patience = ground.state.hold_bound().map_or(patience, |bound| patience.min(bound / 2));
    let patience = (is_waiting || lacks_quorum).then_some(patience);
    let letting_go = ground.state.release_wait().filter(|_| has_quorum && !unseen.is_empty());
    let patience = patience.max(letting_go)?;
    // The cluster may have been formed by a clock that is ahead of this one.
    let formed = ground.state.live.formed;
    let since = leads_since.map_or(formed, |since| since.min(formed));
    // Whoever was a stranger until now comes back as somebody else in a moment.
    let since = ground.sight.heard_strangers_until().map_or(since, |until| since.max(until.min(ground.now)));
    let until = since.0.saturating_add(i64::try_from(patience.as_millis()).unwrap_or(i64::MAX));
    (until > ground.now.0).then_some(Moment(until))
}
