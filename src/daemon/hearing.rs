//! What the daemon hears, in the node's words.

use super::group;
use crate::cluster::{Call, Input};
use crate::diagnostic::with_causes;
use crate::engine::EngineError;
use crate::executor::ActionResult;
use crate::ledger::AgentTraits;
use crate::model::NodeName;
use crate::status::ResultStatus;

/// What happened in the group; who is there is worth a line in the log, too.
pub(super) fn translate(event: group::Event) -> Input {
    match event {
        group::Event::View(view) => {
            let members: Vec<&str> = view.members.iter().map(|member| member.name.as_str()).collect();
            tracing::info!(members = members.join(" "), gone = view.left.len(), "view");
            Input::View(view)
        }
        group::Event::Quorum(quorum) => {
            let nodes: Vec<&str> = quorum.nodes.iter().map(NodeName::as_str).collect();
            tracing::info!(quorate = quorum.quorate, nodes = nodes.join(" "), "quorum");
            Input::Quorum(quorum)
        }
        group::Event::Delivered { from, message } => Input::Delivered { from, message },
        group::Event::Lost { because } => {
            tracing::error!(because, "the cluster cannot be reached");
            Input::GroupLost
        }
    }
}

/// An action that could not be begun has failed.
pub(super) fn not_begun(call: Call, error: &EngineError) -> Input {
    let result = ActionResult::failed(ResultStatus::Error, with_causes(error));
    Input::Ended { call, result, traits: AgentTraits::default() }
}
