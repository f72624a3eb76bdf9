//! What speaks against a host by itself, whatever the others are.

use std::time::Duration;

use super::{Layout, Objection, Stand};

/// By how much clocks may differ: more, and histories of the nodes cannot be told together.
const CLOCK_SKEW_MAX: Duration = Duration::from_secs(2);
/// The oldest corosync that can be told what we tell it.
const COROSYNC_MAJOR_MIN: u32 = 3;

/// What speaks against a host by itself; `version` is ours.
pub(super) fn fitness(stand: &Stand, layout: &Layout, version: &str) -> Vec<Objection> {
    let checks = [as_host(stand), as_software(stand, version), as_client_of_the_witness(stand, layout)];
    checks.into_iter().flatten().collect()
}

fn objection(stand: &Stand, what: impl Into<String>, help: &str) -> Objection {
    Objection {
        node: stand.member.name.clone(),
        what: what.into(),
        help: help.to_owned(),
        is_forceable: false,
    }
}

fn forceable(stand: &Stand, what: impl Into<String>, help: &str) -> Objection {
    Objection { is_forceable: true, ..objection(stand, what, help) }
}

fn as_host(stand: &Stand) -> Vec<Objection> {
    let Stand { member, survey, ahead } = stand;
    let mut objections = Vec::new();
    if !survey.is_root {
        let help = "log in as root (`--user root`), or become root (`--sudo`)";
        objections.push(objection(stand, "commands there do not run as root", help));
    }
    if !member.name.is(&survey.name) && !member.name.is(survey.short_name()) {
        objections.push(forceable(
            stand,
            format!("the host calls itself `{}`", survey.name),
            "name the node so in the manifest, or rename the host: agents know it by its own name",
        ));
    }
    if ahead.abs() > CLOCK_SKEW_MAX.as_secs_f64() {
        let way = if *ahead > 0.0 { "ahead" } else { "behind" };
        objections.push(forceable(
            stand,
            format!("its clock is {:.1} s {way}", ahead.abs()),
            "let chrony or systemd-timesyncd keep the clocks, or histories of the nodes cannot be compared",
        ));
    }
    objections
}

fn as_software(stand: &Stand, version: &str) -> Vec<Objection> {
    let survey = &stand.survey;
    let mut objections = Vec::new();
    let same = "install the same version on every node";
    match survey.quorate.as_deref() {
        None => objections.push(objection(stand, "quorate is not installed", same)),
        Some(other) if other != version => {
            objections.push(forceable(stand, format!("it has quorate {other}, this is {version}"), same));
        }
        Some(_) => {}
    }
    match survey.corosync.as_deref() {
        None => {
            objections.push(objection(stand, "corosync is not installed", "install the package `corosync`"));
        }
        Some(found) if major(found).is_some_and(|major| major < COROSYNC_MAJOR_MIN) => objections
            .push(objection(stand, format!("it has corosync {found}"), "corosync 3 or newer is needed")),
        Some(_) => {}
    }
    if survey.runs_pacemaker {
        objections.push(objection(
            stand,
            "Pacemaker runs there",
            "two cluster managers would fight: stop and disable Pacemaker first (`quorate import` takes its \
             configuration over)",
        ));
    }
    objections
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

fn as_client_of_the_witness(stand: &Stand, layout: &Layout) -> Vec<Objection> {
    let Some(qdevice) = &layout.corosync.qdevice else { return Vec::new() };
    if !stand.survey.has_qdevice {
        let what = "the client of the witness is not installed";
        vec![objection(stand, what, "install the package `corosync-qdevice`")]
    } else if qdevice.tls.as_deref() != Some("off") && !stand.survey.has_certificate {
        vec![objection(
            stand,
            "the client of the witness has no certificate",
            "run `corosync-qdevice-net-certutil -Q -n CLUSTER WITNESS NODE...` once, or set `qdevice: {tls: off}`",
        )]
    } else {
        Vec::new()
    }
}
