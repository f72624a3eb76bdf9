//! What `cluster` tells people and programs.

use serde::Serialize;

use super::ssh::Reach;
use crate::formation::{Decision, Layout, Member, Membership, Stand, Work};
use crate::view;

/// What the hosts said, one a line.
pub(super) fn stands(stands: &[Stand], reach: &Reach) -> String {
    let lines: Vec<String> = stands.iter().map(|stand| self::stand(stand, reach)).collect();
    lines.join("\n")
}

fn stand(Stand { member, survey, ahead }: &Stand, reach: &Reach) -> String {
    let version = |name: &str, version: &Option<String>| {
        version.as_ref().map_or_else(|| format!("no {name}"), |version| format!("{name} {version}"))
    };
    let state = match (survey.runs_corosync, survey.runs_quorate) {
        (true, true) => "runs",
        (true, false) => "corosync runs",
        (false, true) => "quorate runs without corosync",
        (false, false) => "stopped",
    };
    format!(
        "  {}  {}  {}, {}, clock {ahead:+.1} s, {state}",
        member.name,
        reach.place(member),
        version("quorate", &survey.quorate),
        version("corosync", &survey.corosync),
    )
}

/// What will be done, one host a line.
pub(super) fn work(decision: &Decision) -> String {
    if decision.is_empty() {
        return "Nothing to do.".to_owned();
    }
    let lines: Vec<String> = decision
        .work
        .iter()
        .filter(|(_, work)| !work.is_empty())
        .map(|(member, work)| format!("  {}: {}", member.name, steps(*work).join(", ")))
        .collect();
    let told = decision.reloads.iter();
    let told = told.map(|node| format!("  all members that run: read corosync.conf again (through {node})"));
    format!("To do:\n{}", lines.into_iter().chain(told).collect::<Vec<_>>().join("\n"))
}

fn steps(work: Work) -> Vec<&'static str> {
    let steps = [
        (work.writes_key, "write authkey"),
        (work.keeps_old_conf, "keep the old corosync.conf beside"),
        (work.writes_conf, "write corosync.conf"),
        (work.starts_corosync, "start corosync"),
        (work.restarts_corosync, "restart corosync"),
        (work.starts_daemon, "start quorate"),
    ];
    steps.into_iter().filter(|(is_done, _)| *is_done).map(|(_, step)| step).collect()
}

/// The result, for people.
pub(super) fn text(decision: &Decision) -> String {
    let layout = &decision.layout;
    let names: Vec<&str> = layout.members.iter().map(|member| member.name.as_str()).collect();
    let lead = if decision.is_empty() { "Nothing to do. " } else { "" };
    format!(
        "{lead}Cluster {} is formed: {}, all members see each other, with quorum.\n{}\n",
        layout.cluster,
        names.join(", "),
        open_ports(layout)
    )
}

/// The ports that firewalls must let through.
pub(super) fn open_ports(layout: &Layout) -> String {
    let ports = layout.ports();
    let lines: Vec<String> =
        ports.iter().map(|port| format!("  {}/{}  {}", port.number, port.protocol, port.purpose)).collect();
    format!("Ports that must be open:\n{}", lines.join("\n"))
}

/// Whom a member sees, when it does not see all.
pub(super) fn sight(member: &Member, seen: &Membership, layout: &Layout) -> String {
    let missing: Vec<&str> = layout
        .members
        .iter()
        .filter(|member| !seen.ids.contains(&member.id))
        .map(|member| member.name.as_str())
        .collect();
    if missing.is_empty() {
        format!("{} sees all members, but no quorum", member.name)
    } else if seen.ids.is_empty() {
        format!("{}: corosync does not run", member.name)
    } else {
        format!("{} does not see {}", member.name, missing.join(", "))
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    cluster: &'a str,
    revision: u64,
    nodes: Vec<Node<'a>>,
    ports: Vec<Port<'a>>,
    /// Absent when nothing was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quorate: Option<bool>,
}

#[derive(Serialize)]
struct Node<'a> {
    name: &'a str,
    id: u32,
    addresses: &'a [String],
    steps: Vec<&'static str>,
}

#[derive(Serialize)]
struct Port<'a> {
    number: u16,
    protocol: &'a str,
    purpose: String,
}

/// The result, for programs; `changed` says that it was carried out, and whether that changed anything.
pub(super) fn json(decision: &Decision, changed: Option<bool>) -> String {
    let layout = &decision.layout;
    let nodes = decision.work.iter().map(|(member, work)| Node {
        name: member.name.as_str(),
        id: member.id,
        addresses: &member.addresses,
        steps: steps(*work),
    });
    let ports = layout.ports().into_iter().map(|port| Port {
        number: port.number,
        protocol: port.protocol,
        purpose: port.purpose,
    });
    view::to_json(&Document {
        format_version: "1.0",
        kind: "cluster-formation",
        cluster: &layout.cluster,
        revision: layout.revision,
        nodes: nodes.collect(),
        ports: ports.collect(),
        changed,
        quorate: changed.map(|_| true),
    })
}
