//! What if: a status with one thing changed.

use crate::model::{NameValue, NodeName, OptionSet};
use crate::status::{ClusterStatus, JoinState, NodeState, Presence, ProcessState};

/// One thing to imagine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhatIf {
    /// A node is lost without notice.
    NodeDown(NodeName),
    /// A node is there.
    NodeUp(NodeName),
    /// A node is put in standby.
    NodeStandby(NodeName),
    /// The partition has no quorum.
    NoQuorum,
}

impl WhatIf {
    /// Reads `node-down=N`, `node-up=N`, `node-standby=N` or `no-quorum`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let kinds = "node-down=N, node-up=N, node-standby=N or no-quorum";
        match text.split_once('=') {
            Some((_, "")) => Err(format!("`{text}` names no node")),
            Some(("node-down", node)) => Ok(Self::NodeDown(node.into())),
            Some(("node-up", node)) => Ok(Self::NodeUp(node.into())),
            Some(("node-standby", node)) => Ok(Self::NodeStandby(node.into())),
            None if text == "no-quorum" => Ok(Self::NoQuorum),
            Some(_) | None => Err(format!("`{text}` is none of {kinds}")),
        }
    }

    /// The node it is about.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::NodeDown(node) | Self::NodeUp(node) | Self::NodeStandby(node) => Some(node),
            Self::NoQuorum => None,
        }
    }

    /// Makes it so.
    pub fn imagine(&self, status: &mut ClusterStatus) {
        match self {
            Self::NodeDown(node) => {
                let state = state_of(status, node);
                state.member = Presence::Absent;
                state.process = ProcessState::Offline;
                state.join = JoinState::Down;
                // Nobody told it to leave: it is still expected to be there.
                state.expected_up = true;
            }
            Self::NodeUp(node) => {
                let state = state_of(status, node);
                state.member = Presence::Present;
                state.process = ProcessState::Online;
                state.join = JoinState::Member;
                state.expected_up = true;
            }
            Self::NodeStandby(node) => {
                let standby =
                    OptionSet { pairs: vec![NameValue::text("standby", "on")], ..OptionSet::default() };
                state_of(status, node).attributes.push(standby);
            }
            Self::NoQuorum => status.has_quorum = false,
        }
    }
}

fn state_of<'a>(status: &'a mut ClusterStatus, node: &NodeName) -> &'a mut NodeState {
    let known = status.nodes.iter().position(|state| {
        state.id.as_str() == node.as_str() || state.name.as_ref().is_some_and(|name| name.is(node.as_str()))
    });
    let index = known.unwrap_or_else(|| {
        status.nodes.push(NodeState::unseen(node.as_str()));
        status.nodes.len() - 1
    });
    &mut status.nodes[index]
}
