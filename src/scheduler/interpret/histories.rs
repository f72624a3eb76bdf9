//! Histories: which node's is read when, and the state of remote nodes, which depends on them.

use super::Reading;
use super::nodes::Precedence;
use crate::model::{Role, scalar};
use crate::scheduler::facts::{NodeIx, NodeKind};
use crate::scheduler::operation::is_true;
use crate::status::NodeState;

impl<'a> Reading<'a> {
    /// Reads the history of every node that is ready, again and again until none is left that
    /// is; then, where fencing makes sure of lost nodes, of the others too.
    pub(super) fn read_histories(&mut self) {
        let mut waiting: Vec<(NodeIx, &'a NodeState)> = self
            .facts
            .status
            .nodes
            .iter()
            .filter(|state| state.name.is_some())
            .filter_map(|state| Some((self.node_of(state)?, state)))
            .collect();
        loop {
            let before = waiting.len();
            waiting.retain(|(node, state)| {
                let is_ready = self.is_ready(*node);
                if is_ready {
                    self.read_node(*node, state);
                }
                !is_ready
            });
            if waiting.len() == before {
                break;
            }
        }
        if self.facts.properties.fencing_enabled {
            for (node, state) in waiting.drain(..) {
                self.read_node(node, state);
            }
        }
        for container in std::mem::take(&mut self.late_stops) {
            self.request_stop(container, None);
        }
        self.finish_remote_nodes();
    }

    fn is_ready(&self, node: NodeIx) -> bool {
        let properties = &self.facts.properties;
        let facts = self.facts.node(node);
        let role = |resource| self.facts.resource(resource).current_role;
        match facts.kind {
            NodeKind::Member => facts.is_online || properties.fencing_enabled || properties.shutdown_lock,
            NodeKind::Remote => facts
                .connection
                .is_some_and(|connection| properties.shutdown_lock || role(connection) == Role::Started),
            NodeKind::Guest => facts.connection.is_some_and(|connection| {
                let launcher = self.facts.resource(connection).launcher;
                role(connection) == Role::Started
                    && launcher.is_some_and(|launcher| role(launcher) == Role::Started)
            }),
        }
    }

    /// Reads a node's history, once.
    fn read_node(&mut self, node: NodeIx, state: &'a NodeState) {
        if std::mem::replace(&mut self.is_read[node.index()], true) {
            return;
        }
        if self.facts.node(node).is_remote() {
            self.read_remote(node, state);
        }
        for history in &state.resources {
            self.read_history(node, history);
        }
        for history in state.resources.iter().filter(|history| history.container.is_some()) {
            self.tie_removed(history);
        }
    }

    /// The state of a remote or guest node, known once its connection is.
    fn read_remote(&mut self, node: NodeIx, state: &'a NodeState) {
        self.decide_online(node);
        self.add_attributes(node, &state.attributes, Precedence::NewFirst);
        let fencing_enabled = self.facts.properties.fencing_enabled;
        let connection = self.facts.node(node).connection;
        let is_managed = connection.is_none_or(|connection| self.facts.resource(connection).is_managed);
        let facts = &mut self.facts.nodes[node.index()];
        facts.state = Some(state);
        facts.in_maintenance |= state.in_maintenance;
        if !facts.needs_reset {
            facts.unclean = None;
            facts.is_unseen = false;
        }
        facts.is_shutting_down |= facts.is_shutdown_requested();
        facts.is_standby |= is_true(&facts.attributes, "standby");
        facts.in_maintenance |= is_true(&facts.attributes, "maintenance") || !is_managed;
        let discovery = facts.attributes.get("resource-discovery-enabled");
        let refuses_probes = discovery.is_some_and(|text| scalar::parse_boolean(text) == Some(false));
        if refuses_probes && (facts.kind == NodeKind::Guest || fencing_enabled) {
            facts.probes_allowed = false;
        }
    }

    /// Whether a remote or guest node is there, by its connection and what launches that.
    fn decide_online(&mut self, node: NodeIx) {
        let Some(connection) = self.facts.node(node).connection else {
            self.facts.nodes[node.index()].is_online = false;
            return;
        };
        let link = self.facts.resource(connection);
        let launcher = link.launcher.map(|launcher| self.facts.resource(launcher));
        let host = match link.active_on.as_slice() {
            [host] => Some(self.facts.node(*host)),
            _ => None,
        };
        let is_up = link.current_role == Role::Started;
        let is_leaving = is_up && link.next_role == Some(Role::Stopped);
        let is_launcher_failed = launcher.is_some_and(|launcher| launcher.is_failed);
        let is_down = link.current_role == Role::Stopped
            || launcher.is_some_and(|launcher| launcher.current_role == Role::Stopped);
        let is_host_lost =
            launcher.is_some() && host.is_some_and(|host| !host.is_online && host.unclean.is_some());
        let is_failed = link.is_failed;
        let facts = &mut self.facts.nodes[node.index()];
        facts.is_online = is_up;
        facts.is_shutting_down |= is_leaving;
        if is_launcher_failed {
            facts.is_online = false;
            facts.needs_reset = true;
        } else if is_failed {
            facts.is_online = false;
        } else if is_down {
            facts.is_online = false;
            facts.needs_reset = false;
        } else if is_host_lost {
            facts.is_online = false;
            facts.needs_reset = true;
        }
    }

    /// A remote node that leaves takes its connection down; one without history still has a state.
    fn finish_remote_nodes(&mut self) {
        for node in self.facts.node_numbers() {
            let facts = self.facts.node(node);
            let Some(connection) = facts.connection.filter(|_| facts.is_remote()) else { continue };
            if facts.is_shutting_down {
                self.resource_mut(connection).next_role = Some(Role::Stopped);
            }
            if !self.is_read[node.index()] {
                self.decide_online(node);
            }
        }
    }
}
