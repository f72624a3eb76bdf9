//! The status section: membership, attributes, tickets.

use super::{Lowering, history, options};
use crate::cib::xml::Element;
use crate::model::{NodeId, NodeName, TicketId, scalar};
use crate::status::{ClusterStatus, JoinState, NodeState, Presence, ProcessState, TicketState};

/// Lowers the status section and what the root element says beside it.
pub(super) fn lower_status<'t>(
    lowering: &mut Lowering<'t>,
    root: Element<'t>,
    section: Option<Element<'t>>,
) -> ClusterStatus {
    let is_true = |name: &str| root.attribute(name).and_then(scalar::parse_boolean) == Some(true);
    let number = |name: &str| root.attribute(name).and_then(scalar::parse_integer);
    let mut status = ClusterStatus {
        is_cut_off: false,
        has_quorum: is_true("have-quorum"),
        has_quorum_panic: number("no-quorum-panic").is_some_and(|value| value != 0),
        dc: root.attribute("dc-uuid").map(NodeId::from),
        observed_at: number("execution-date"),
        feature_set: root.attribute("crm_feature_set").map(str::to_owned),
        tickets: Vec::new(),
        nodes: Vec::new(),
    };
    for element in section.into_iter().flat_map(Element::children) {
        match element.name() {
            "tickets" => {
                let tickets = element.children_named("ticket_state");
                status.tickets.extend(tickets.filter_map(|ticket| lower_ticket(lowering, ticket)));
            }
            "node_state" => status.nodes.extend(lower_node(lowering, element)),
            _ => {}
        }
    }
    status
}

fn lower_ticket(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<TicketState> {
    let Some(id) = element.attribute("id") else {
        lowering.dropped(element, "it has no `id`");
        return None;
    };
    let is_true = |name: &str| element.attribute(name).and_then(scalar::parse_boolean) == Some(true);
    let is_own = |name: &str| matches!(name, "id" | "granted" | "standby" | "last-granted");
    Some(TicketState {
        id: TicketId::from(id),
        granted: is_true("granted"),
        standby: is_true("standby"),
        last_granted: element.attribute("last-granted").and_then(scalar::parse_integer),
        attributes: element
            .attributes()
            .filter(|(name, _)| !is_own(name))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    })
}

fn lower_node<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<NodeState> {
    let id = lowering.required(element, "id")?;
    let mut attributes = Vec::new();
    let mut utilization = Vec::new();
    for transient in element.children_named("transient_attributes") {
        attributes.extend(options::lower_sets(lowering, transient, "instance_attributes"));
        utilization.extend(options::lower_sets(lowering, transient, "utilization"));
    }
    let number = |name: &str| element.attribute(name).and_then(scalar::parse_integer);
    Some(NodeState {
        id: NodeId::from(id),
        name: element.attribute("uname").map(NodeName::from),
        member: element.attribute("in_ccm").map_or(Presence::Unknown, parse_presence),
        process: element.attribute("crmd").map_or(ProcessState::Offline, parse_process),
        join: element.attribute("join").map_or(JoinState::Down, parse_join),
        expected_up: element.attribute("expected") == Some("member"),
        is_fenced: number("node_fenced").is_some_and(|value| value != 0),
        in_maintenance: element.attribute("node_in_maintenance").is_some_and(is_set),
        attributes,
        utilization,
        resources: history::lower_histories(lowering, element),
    })
}

/// A flag that is written as a boolean or as a number.
fn is_set(text: &str) -> bool {
    scalar::parse_boolean(text).unwrap_or_else(|| scalar::parse_integer(text).is_some_and(|value| value != 0))
}

/// A boolean, or since when.
fn parse_presence(text: &str) -> Presence {
    match (scalar::parse_boolean(text), scalar::parse_integer(text)) {
        (Some(true), _) => Presence::Present,
        (Some(false), _) | (None, Some(0)) => Presence::Absent,
        (None, Some(1)) => Presence::Present,
        (None, Some(since)) if since > 1 => Presence::Since(since),
        (None, Some(_) | None) => Presence::Unknown,
    }
}

/// A word, or since when.
fn parse_process(text: &str) -> ProcessState {
    match (text, scalar::parse_integer(text)) {
        ("online", _) | (_, Some(1)) => ProcessState::Online,
        (_, Some(since)) if since > 1 => ProcessState::Since(since),
        (_, Some(_) | None) => ProcessState::Offline,
    }
}

fn parse_join(text: &str) -> JoinState {
    match text {
        "down" => JoinState::Down,
        "pending" => JoinState::Pending,
        "member" => JoinState::Member,
        "banned" => JoinState::Banned,
        other => JoinState::Other(other.to_owned()),
    }
}
