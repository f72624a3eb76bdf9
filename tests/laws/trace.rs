//! What a plan left behind, round by round, as documents that the installed simulator can decide too, and
//! what we decide about each.

use std::path::Path;
use std::{env, fs};

use quorate::model::AgentClass;
use quorate::scheduler::{Action, ActionKind, Schedule};
use quorate::status::{
    ClusterStatus, HistoryEntry, JoinState, NodeState, Presence, ResourceHistory, ResultStatus,
};
use quorate::view;

use crate::Case;
use crate::generator::{NOW, Xml};

/// Tells of a round, if `LAW_TRACE` names a folder: what is to be done, and the state it follows from.
pub(crate) fn round(case: &Case<'_>, number: usize, at: i64, status: &ClusterStatus, schedule: &Schedule) {
    let Ok(folder) = env::var("LAW_TRACE") else { return };
    let told = |action: &&Action| action.kind != ActionKind::Pseudo;
    let name = |action: &Action| {
        format!("{} {}", action.key, action.node.as_ref().map_or("-", |node| node.as_str()))
    };
    let actions: Vec<String> = schedule.transition.actions.iter().filter(told).map(name).collect();
    eprintln!("seed {} round {number}: {}", case.seed, actions.join(", "));
    let mut section = Xml::new("status");
    section.children = status.nodes.iter().map(node).collect();
    let Some((before, _)) = case.text.split_once("<status") else { return };
    let before = before.replace(&NOW.to_string(), &at.to_string()).replace("3.16.2", "3.16.1");
    let cib = format!("{before}{section}</cib>\n");
    let file = |ending: &str| Path::new(&folder).join(format!("{}.{number}.{ending}", case.seed));
    fs::write(file("xml"), cib).unwrap();
    fs::write(file("json"), view::transition::json(schedule)).unwrap();
}

fn node(state: &NodeState) -> Xml {
    let id = state.id.as_str();
    let uname = state.name.as_ref().map_or(id, |name| name.as_str());
    let mut node = Xml::new("node_state").with("id", id).with("uname", uname);
    let is_present = !matches!(state.member, Presence::Absent | Presence::Unknown);
    node = node.with("in_ccm", if is_present { "true" } else { "false" });
    if id == uname {
        node = node.with("remote_node", "true").with("node_fenced", if state.is_fenced { "1" } else { "0" });
    } else {
        let join = match &state.join {
            JoinState::Down => "down",
            JoinState::Pending => "pending",
            JoinState::Member => "member",
            JoinState::Banned => "banned",
            JoinState::Other(other) => other,
        };
        node = node
            .with("crmd", if state.process.is_online() { "online" } else { "offline" })
            .with("join", join)
            .with("expected", if state.expected_up { "member" } else { "down" });
    }
    let mut attributes = Xml::new("transient_attributes").with("id", id);
    let pairs: Vec<(String, String)> = state
        .attributes
        .iter()
        .flat_map(|set| &set.pairs)
        .map(|pair| (pair.name.to_string(), pair.value.to_text().to_string()))
        .collect();
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    attributes.push(Xml::options("instance_attributes", &format!("status-{id}"), &pairs));
    node.push(attributes);
    let mut lrm = Xml::new("lrm").with("id", id);
    let mut resources = Xml::new("lrm_resources");
    resources.children = state.resources.iter().map(history).collect();
    lrm.push(resources);
    node.push(lrm);
    node
}

fn history(history: &ResourceHistory) -> Xml {
    let class = match &history.class {
        AgentClass::Ocf => "ocf",
        AgentClass::Systemd => "systemd",
        AgentClass::Stonith => "stonith",
        AgentClass::Lsb | AgentClass::Service | AgentClass::Other(_) => "lsb",
    };
    let mut resource = Xml::new("lrm_resource").with("id", &history.id).with("class", class);
    if let Some(provider) = &history.provider {
        resource = resource.with("provider", provider);
    }
    resource = resource.with("type", &history.kind);
    if let Some(lock) = history.shutdown_lock {
        resource = resource.with("shutdown-lock", &lock.to_string());
    }
    resource.children = history.entries.iter().map(entry).collect();
    resource
}

fn entry(entry: &HistoryEntry) -> Xml {
    let status = entry.status.unwrap_or(ResultStatus::Done).number();
    let mut xml = Xml::new("lrm_rsc_op").with("id", &entry.id).with("operation", &entry.operation);
    for (name, text) in [
        ("operation_key", &entry.operation_key),
        ("transition-key", &entry.transition_key),
        ("transition-magic", &entry.transition_magic),
        ("on_node", &entry.on_node),
        ("migrate_source", &entry.migrate_source),
        ("migrate_target", &entry.migrate_target),
        ("op-digest", &entry.op_digest),
        ("op-restart-digest", &entry.op_restart_digest),
        ("op-force-restart", &entry.op_force_restart),
    ] {
        if let Some(text) = text {
            xml = xml.with(name, text);
        }
    }
    xml.with("crm_feature_set", "3.16.1")
        .with("interval", &entry.interval.as_millis().to_string())
        .with("op-status", &status.to_string())
        .with("rc-code", &entry.rc.map_or(193, |rc| rc.0).to_string())
        .with("call-id", &entry.call_id.unwrap_or(-1).to_string())
        .with("last-rc-change", &entry.last_rc_change.unwrap_or(0).to_string())
        .with("exec-time", "1")
        .with("queue-time", "0")
}
