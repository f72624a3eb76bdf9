//! What members must agree on: one desired state, one controller per partition, nothing left to do.

use std::collections::BTreeSet;

use quorate::api::Sighting;

use crate::host::Host;

/// Where a daemon keeps the desired state.
const DESIRED: &str = "/var/lib/quorate/cluster.json";

/// All that members see differently, and what is not at rest.
pub(super) fn faults(members: &[&Host]) -> Vec<String> {
    let mut faults: Vec<String> =
        same("the desired state", members, |host| host.kept(DESIRED)).into_iter().collect();
    let mut controllers = BTreeSet::new();
    for host in members {
        let Some(sight) = host.sight() else {
            faults.push(format!("{}: the daemon does not answer", host.name));
            continue;
        };
        faults.extend(unrest(&sight).map(|what| format!("{}: {what}", host.name)));
        let seen: Vec<String> = sight.members.iter().map(ToString::to_string).collect();
        let there: BTreeSet<&str> = members.iter().map(|host| host.name.as_str()).collect();
        if seen.iter().map(String::as_str).collect::<BTreeSet<_>>() != there {
            faults.push(format!("{}: sees members {seen:?}, there are {there:?}", host.name));
        }
        controllers.insert(sight.dc.map(|node| node.to_string()));
        faults.extend(plan(host));
    }
    if controllers.len() > 1 || controllers.contains(&None) {
        faults.push(format!("members take for the controller {controllers:?}"));
    }
    faults
}

/// What is not at rest.
fn unrest(sight: &Sighting) -> impl Iterator<Item = String> {
    let mut faults = Vec::new();
    if !sight.is_settled {
        faults.push("has not agreed with the others".to_owned());
    }
    if !sight.in_flight.is_empty() {
        let actions: Vec<String> =
            sight.in_flight.iter().map(|flight| format!("{:?}", flight.action.task)).collect();
        faults.push(format!("in flight: {actions:?}"));
    }
    if !sight.awaited.is_empty() || !sight.detached.is_empty() {
        faults.push(format!("waits for {:?}, {:?}", sight.awaited, sight.detached));
    }
    let names: Vec<String> = sight.overlay.overrides.iter().map(|over| over.id.0.clone()).collect();
    if !names.is_empty() {
        faults.push(format!("overrides are left: {names:?}"));
    }
    if !sight.quorum.quorate {
        faults.push("has no quorum".to_owned());
    }
    faults.into_iter()
}

/// The plan must be empty at rest.
fn plan(host: &Host) -> Option<String> {
    let plan = host.attempt("quorate plan --refresh-only --detailed-exitcode --engine corosync");
    (plan.status.code() != Some(0)).then(|| {
        let said =
            String::from_utf8_lossy(&plan.stdout).into_owned() + &String::from_utf8_lossy(&plan.stderr);
        format!("{}: the plan is not empty:\n{said}", host.name)
    })
}

/// Members that are to agree, and do not.
fn same(what: &str, members: &[&Host], ask: impl Fn(&Host) -> String) -> Option<String> {
    let answers: Vec<(&str, String)> = members.iter().map(|host| (host.name.as_str(), ask(host))).collect();
    let differs = answers.windows(2).find(|pair| pair[0].1 != pair[1].1)?;
    Some(format!("{} and {} do not agree on {what}", differs[0].0, differs[1].0))
}
