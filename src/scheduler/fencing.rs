//! Asking for a node to be fenced, and whether that is possible.

use super::facts::{Facts, NoQuorumPolicy, NodeIx, NodeKind, Unclean};
use super::reason::Reason;
use super::request::Request;

impl Facts<'_> {
    /// Asks for a node to be fenced. A member becomes unclean at once, whether or not it can be
    /// fenced, and further requests change nothing. Of a guest, what launches it is recovered.
    pub fn request_fencing(&mut self, node: NodeIx, reason: Reason, may_delay: bool) {
        match self.node(node).kind {
            NodeKind::Guest => self.request_recovery(node),
            NodeKind::Remote => {
                let connection = self.node(node).connection;
                if connection.is_none_or(|connection| self.resource(connection).is_managed) {
                    self.nodes[node.index()].needs_reset = true;
                }
                self.mark_unclean(node, &reason);
                self.requests.push(Request::Fence { node, reason, may_delay });
            }
            NodeKind::Member => {
                if self.node(node).unclean.is_none() {
                    self.mark_unclean(node, &reason);
                    self.requests.push(Request::Fence { node, reason, may_delay });
                }
            }
        }
    }

    fn mark_unclean(&mut self, node: NodeIx, reason: &Reason) {
        let facts = &mut self.nodes[node.index()];
        if facts.unclean.is_none() {
            facts.unclean = Some(Unclean { because: Some(reason.clone()) });
        }
    }

    /// A guest is fenced by recovering what launches it; a guest that is left over only loses its
    /// connection.
    fn request_recovery(&mut self, node: NodeIx) {
        let Some(connection) = self.node(node).connection else { return };
        let launcher = self.resource(connection).launcher;
        let target = &mut self.resources[launcher.unwrap_or(connection).index()];
        if launcher.is_none() {
            target.is_failed = true;
            target.stops_if_failed = true;
        } else if !target.is_failed && target.is_managed {
            target.is_failed = true;
            target.stops_if_failed = true;
            self.nodes[node.index()].needs_reset = true;
        }
    }

    /// Whether the node can be fenced.
    pub fn can_fence(&self, node: NodeIx) -> bool {
        self.can_fence_within(node, self.nodes.len())
    }

    /// Guests can run on guests; more than `depth` of them run in a circle.
    fn can_fence_within(&self, node: NodeIx, depth: usize) -> bool {
        let facts = self.node(node);
        let launcher = facts.connection.and_then(|connection| self.resource(connection).launcher);
        if let (NodeKind::Guest, Some(launcher)) = (facts.kind, launcher) {
            let hosts = &self.resource(launcher).active_on;
            return depth > 0
                && hosts
                    .iter()
                    .all(|host| self.node(*host).is_online || self.can_fence_within(*host, depth - 1));
        }
        let properties = &self.properties;
        if !properties.fencing_enabled || !properties.has_fence_device {
            return false;
        }
        properties.has_quorum
            || properties.no_quorum_policy == NoQuorumPolicy::Ignore
            || (facts.is_online && self.is_fenceable_without_quorum(node))
    }

    /// A remote node that is online is this partition's only if everything that may hold its
    /// connection is.
    fn is_fenceable_without_quorum(&self, node: NodeIx) -> bool {
        let facts = self.node(node);
        let Some(connection) = facts.connection else { return true };
        facts.kind != NodeKind::Remote
            || self.properties.fence_remote_without_quorum
            || self.resource(connection).table.iter().all(|(host, _)| self.node(host).is_online)
    }
}
