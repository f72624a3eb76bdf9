//! What keeps a cluster from being healthy, in sentences.

use std::time::Duration;

use super::because::{cannot, refusals, remedy, trouble, way_out};
use super::{fold, moment};
use crate::model::period;
use crate::plan::aside::{AtWork, Freeze, Frozen, Witness};
use crate::plan::overview::{Concern, Degradation};

/// A concern, and what helps against it.
pub(super) fn describe_with_help(concern: &Concern) -> String {
    let help = match concern {
        Concern::Unplaced(unplaced) => way_out(unplaced),
        Concern::Trouble(it) => Some(remedy(it)),
        Concern::NoQuorum
        | Concern::CutOff
        | Concern::UncleanNode { .. }
        | Concern::LostNode { .. }
        | Concern::Frozen(Frozen { why: Freeze::Silent | Freeze::Detached, .. })
        | Concern::OfflineNode { .. }
        | Concern::Manifest { .. }
        | Concern::Blocked { .. }
        | Concern::LeftDown { .. }
        | Concern::DegradedResource { .. }
        | Concern::Due { .. }
        | Concern::Maintenance
        | Concern::Paused
        | Concern::AtWork(_) => None,
        Concern::Frozen(Frozen { why: Freeze::Lost, node, .. }) => {
            Some(format!("once it is certainly off, `quorate node confirm-down {node}` says so"))
        }
        Concern::Retiring { .. } => Some("`quorate apply --prune` goes on with it".to_owned()),
        Concern::SilentWitness(_) => Some(
            "`corosync-qdevice-tool -s` says what it does; it votes again once its server answers".to_owned(),
        ),
        Concern::Clock { .. } => Some(
            "overrides end and history is dated by the controller's; let all hosts keep the same time"
                .to_owned(),
        ),
        Concern::UnknownNode { .. } => {
            Some("add it to `nodes` of the manifest, or stop the daemon there".to_owned())
        }
        Concern::PendingNode { node } => Some(format!(
            "`systemctl start quorate` on {node} starts it; one that runs may be of another version, and its log says what keeps it out"
        )),
    };
    help.map_or_else(|| describe(concern), |help| format!("{}; {help}", describe(concern)))
}

/// A concern as a sentence without full stop.
pub fn describe(concern: &Concern) -> String {
    match concern {
        Concern::NoQuorum => "there is no quorum".to_owned(),
        Concern::CutOff => {
            "this node takes itself to be cut off: it should run nothing, and what the others run is unknown here"
                .to_owned()
        }
        Concern::Unplaced(unplaced) => {
            format!("no node can run {}: {}", unplaced.resource, refusals(unplaced))
        }
        Concern::UncleanNode { node } => format!("{node} was lost without notice"),
        Concern::LostNode { node } => {
            format!("{node} is lost: what it still runs is unknown here")
        }
        Concern::Frozen(it) => frozen(it),
        Concern::SilentWitness(it) => witness(*it),
        Concern::Clock { node, of, ahead } => {
            let length = period::format(Duration::from_secs(ahead.unsigned_abs()));
            let side = if *ahead < 0 { "behind" } else { "ahead of" };
            format!("the clock of {node} is {length} {side} that of {of}, the controller")
        }
        Concern::OfflineNode { node } => format!("{node} is offline"),
        Concern::PendingNode { node } => {
            format!("{node} is there, and its daemon takes no part in the cluster")
        }
        Concern::UnknownNode { node } => {
            format!("{node} takes part in the cluster, and is not among the nodes in force: nothing runs there")
        }
        Concern::Manifest { node, because } => format!("the manifest of {node} is not in force: {because}"),
        Concern::Trouble(concern) => trouble(concern),
        Concern::Blocked { subject, verb, because: why } => cannot(*verb, subject, why),
        Concern::AtWork(AtWork { holder }) => {
            format!("another command is at work ({holder}): what it has begun does not show here yet")
        }
        Concern::LeftDown { resource } => {
            format!("{resource} does not run, and is unmanaged: nobody starts it")
        }
        Concern::DegradedResource { resource, degradation: Degradation { node, exit_reason } } => {
            let said = exit_reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
            format!("{resource} on {node} is degraded{said}")
        }
        Concern::Retiring { resources } => {
            format!("told to stop by an `apply --prune`, and not deleted yet: {}", fold::names(resources))
        }
        Concern::Due { actions: 1 } => "1 action is due".to_owned(),
        Concern::Due { actions } => format!("{actions} actions are due"),
        Concern::Maintenance => "the cluster is in maintenance".to_owned(),
        Concern::Paused => "decisions are paused".to_owned(),
    }
}

/// Why nothing is done on a node for now, as a sentence without full stop.
pub(super) fn frozen(frozen: &Frozen) -> String {
    let Frozen { node, why, until } = frozen;
    let at = until.map(|until| format!(" at {} at the latest", moment(until)));
    match why {
        Freeze::Lost => {
            let at = at.unwrap_or_else(|| " once nothing holds that up".to_owned());
            format!("{node} is lost: what it ran is taken over{at}, when it has let go of it by itself")
        }
        Freeze::Silent => {
            let at = at.unwrap_or_default();
            format!(
                "the daemon of {node} does not answer: what runs there is unknown until it is back or given up{at}"
            )
        }
        Freeze::Detached => {
            format!(
                "the daemon of {node} left and let its resources run on: nobody watches them until it is back"
            )
        }
    }
}

/// What it means that the witness does not vote.
fn witness(witness: Witness) -> String {
    let Witness { present, expected } = witness;
    let what = match witness.spare() {
        _ if present < witness.needed() => "too few to run anything".to_owned(),
        0 => "one more loss and nothing runs".to_owned(),
        spare => format!("{spare} more may be lost before nothing runs"),
    };
    format!("the witness does not vote: {present} of {expected} votes are there, {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NodeName;

    #[test]
    fn a_lost_host_is_told_apart_from_a_silent_daemon_and_both_with_their_moment() {
        let told = |why, until| frozen(&Frozen { node: NodeName::new("n2"), why, until });
        assert_eq!(
            told(Freeze::Lost, Some(1_764_000_000)),
            "n2 is lost: what it ran is taken over at 2025-11-24T16:00:00Z at the latest, when it has let go of it by itself"
        );
        assert!(told(Freeze::Lost, None).contains("taken over once nothing holds that up"));
        assert!(told(Freeze::Silent, Some(0)).ends_with("given up at 1970-01-01T00:00:00Z at the latest"));
    }

    #[test]
    fn the_loss_of_a_witness_is_told_with_what_it_means() {
        let told = |present, expected| witness(Witness { present, expected });
        assert!(told(2, 3).ends_with("2 of 3 votes are there, one more loss and nothing runs"));
        assert!(told(4, 5).ends_with("1 more may be lost before nothing runs"));
        assert!(told(1, 3).ends_with("too few to run anything"));
    }

    #[test]
    fn a_clock_is_told_with_the_size_and_the_side_of_its_difference() {
        let told =
            |ahead| describe(&Concern::Clock { node: NodeName::new("n2"), of: NodeName::new("n1"), ahead });
        assert_eq!(told(10_800), "the clock of n2 is 3h ahead of that of n1, the controller");
        assert_eq!(told(-5), "the clock of n2 is 5s behind that of n1, the controller");
    }
}
