//! Activity: where a resource is active, what its failures ask for, and what follows for nodes
//! and parents.

use super::Reading;
use super::running::Course;
use crate::model::{Role, Score};
use crate::scheduler::facts::{MultipleActive, NodeIx, NodeKind, ResourceIx, Variant};
use crate::scheduler::operation::OnFail;
use crate::scheduler::reason::{ConnectionTrouble, Reason};
use crate::scheduler::request::Request;

impl<'a> Reading<'a> {
    /// Draws the conclusions once all entries are read.
    pub(super) fn conclude(&mut self, course: &Course<'a>) {
        let (resource, node) = (course.resource, course.node);
        let mut role = course.role;
        if let Some(role) = role {
            self.note_known(resource, node, role);
        }
        let is_active = role > Some(Role::Stopped);
        if is_active {
            self.check_lost_node(resource, node);
        }
        let is_clean = self.facts.node(node).unclean.is_none();
        let reaction = if is_clean { course.reaction } else { OnFail::Ignore };
        self.react(resource, node, reaction, is_active);
        self.see_failed_connection(resource);
        if is_active {
            self.add_active(resource, node, role, course.reaction != OnFail::Ignore);
            self.flag_failure(resource, reaction);
        } else if self.facts.resource(resource).history_name.as_ref().is_some_and(|name| name.contains(':')) {
            self.forget_history_name(resource);
        } else if self.stops_asked.contains(&resource) {
            self.facts.requests.push(Request::StopIsMoot { resource, node });
        }
        let facts = self.resource_mut(resource);
        let is_migrating = facts.partial_migration.is_some_and(|migration| migration.source == node);
        if role == Some(Role::Stopped) && !facts.active_on.is_empty() && is_migrating {
            role = Some(Role::Started);
        }
        if let Some(role) = role {
            facts.current_role = facts.current_role.max(role);
        }
        self.aim_at_target_role(resource);
    }

    /// Notes that the resource's role on a node is known; of instances that are alike, also for
    /// their parents.
    fn note_known(&mut self, resource: ResourceIx, node: NodeIx, role: Role) {
        let mut level = Some(resource);
        while let Some(current) = level {
            let facts = self.resource_mut(current);
            facts.known_on.insert(node, role);
            level = facts.parent.filter(|_| !facts.is_unique);
        }
    }

    /// What is active on a lost node can only be recovered after fencing.
    fn check_lost_node(&mut self, resource: ResourceIx, node: NodeIx) {
        let on = self.facts.node(node);
        let facts = self.facts.resource(resource);
        if !facts.is_managed || on.is_online || on.in_maintenance {
            return;
        }
        let name = facts.id.clone();
        match on.kind {
            NodeKind::Guest => {
                let facts = self.resource_mut(resource);
                facts.is_failed = true;
                facts.stops_if_failed = true;
                self.facts.request_fencing(node, Reason::ThoughtActiveThere(name), false);
            }
            NodeKind::Member | NodeKind::Remote if !self.facts.properties.fencing_enabled => {}
            NodeKind::Remote if !self.is_connection_failed(node) => {
                self.facts.nodes[node.index()].is_unseen = true;
                self.facts.request_fencing(node, Reason::ActiveUnlessReconnected(name), false);
            }
            NodeKind::Member | NodeKind::Remote => {
                self.facts.request_fencing(node, Reason::ThoughtActiveThere(name), false);
            }
        }
    }

    fn is_connection_failed(&self, node: NodeIx) -> bool {
        let connection = self.facts.node(node).connection;
        connection.is_some_and(|connection| self.facts.resource(connection).is_failed)
    }

    /// Does what the worst failure asks for.
    fn react(&mut self, resource: ResourceIx, node: NodeIx, reaction: OnFail, is_active: bool) {
        match reaction {
            OnFail::Ignore => {}
            OnFail::Demote => {
                self.resource_mut(resource).is_failed = true;
                self.facts.requests.push(Request::Demote { resource, node });
            }
            OnFail::Fence => {
                let reason = Reason::FailedThere(self.facts.resource(resource).id.clone());
                self.facts.request_fencing(node, reason, false);
            }
            OnFail::Standby => {
                let facts = &mut self.facts.nodes[node.index()];
                facts.is_standby = true;
                facts.is_standby_on_failure = true;
            }
            OnFail::Block => {
                let facts = self.resource_mut(resource);
                facts.is_managed = false;
                facts.is_blocked = true;
            }
            OnFail::Ban => self.facts.add_score(resource, node, Score::MINUS_INFINITY),
            OnFail::Stop => self.resource_mut(resource).next_role = Some(Role::Stopped),
            OnFail::Restart => {
                if is_active {
                    self.stop_failed(resource, node);
                }
            }
            OnFail::Container => self.restart_container(resource, node, is_active),
            OnFail::ResetRemote => self.reset_remote(resource, node, is_active),
        }
    }

    fn stop_failed(&mut self, resource: ResourceIx, node: NodeIx) {
        let facts = self.resource_mut(resource);
        facts.is_failed = true;
        facts.stops_if_failed = true;
        self.request_stop(resource, Some(node));
    }

    /// Asks for a resource to be stopped on a node, or wherever it is active.
    pub(super) fn request_stop(&mut self, resource: ResourceIx, node: Option<NodeIx>) {
        self.stops_asked.insert(resource);
        self.facts.requests.push(Request::Stop { resource, node });
    }

    /// Recovers a resource by restarting what launches it: that is asked to stop where the resource failed,
    /// which is moot if it turns out not to be there.
    fn restart_container(&mut self, resource: ResourceIx, node: NodeIx, is_active: bool) {
        self.resource_mut(resource).is_failed = true;
        match self.facts.resource(resource).launcher {
            Some(launcher) if self.is_in_bundle(launcher) => self.late_stops.push(launcher),
            Some(launcher) => self.request_stop(launcher, Some(node)),
            None if is_active => self.stop_failed(resource, node),
            None => {}
        }
    }

    /// Recovers a remote connection, by fencing its node where that is possible.
    fn reset_remote(&mut self, resource: ResourceIx, node: NodeIx, is_active: bool) {
        let facts = self.resource_mut(resource);
        facts.is_failed = true;
        let connects = facts.connects;
        let has_pause = facts.reconnect_interval.is_some();
        if self.facts.properties.fencing_enabled
            && let Some(remote) = connects.filter(|remote| !self.facts.node(*remote).is_fenced)
        {
            let reason = Reason::ConnectionUnrecoverable(ConnectionTrouble::Connection);
            self.facts.request_fencing(remote, reason, false);
        }
        if is_active {
            self.request_stop(resource, Some(node));
        }
        if has_pause {
            self.resource_mut(resource).next_role = Some(Role::Stopped);
        }
    }

    /// The node behind a failed connection was seen, so that its fencing stands.
    fn see_failed_connection(&mut self, resource: ResourceIx) {
        let facts = self.facts.resource(resource);
        let Some(remote) = facts.connects.filter(|_| facts.is_failed) else { return };
        let remote = &mut self.facts.nodes[remote.index()];
        if remote.unclean.is_some() {
            remote.is_unseen = false;
        }
    }

    fn flag_failure(&mut self, resource: ResourceIx, reaction: OnFail) {
        let facts = self.resource_mut(resource);
        match reaction {
            OnFail::Ignore => {}
            OnFail::Demote | OnFail::Block => facts.is_failed = true,
            OnFail::Restart
            | OnFail::ResetRemote
            | OnFail::Container
            | OnFail::Ban
            | OnFail::Stop
            | OnFail::Standby
            | OnFail::Fence => {
                facts.is_failed = true;
                facts.stops_if_failed = true;
            }
        }
    }

    /// `target-role` goes above what failures made of the next role, except a lower one.
    fn aim_at_target_role(&mut self, resource: ResourceIx) {
        let is_promotable = self.is_top_promotable(resource);
        let facts = self.resource_mut(resource);
        let target = match facts.target_role {
            Some(Role::Stopped) => Some(Role::Stopped),
            Some(Role::Unpromoted) if is_promotable => Some(Role::Unpromoted),
            Some(Role::Started | Role::Unpromoted | Role::Promoted) | None => None,
        };
        if let Some(target) = target
            && facts.next_role.is_none_or(|next| next > target)
        {
            facts.next_role = Some(target);
        }
    }

    /// Adds a node to those where the resource is active. `role` is what it does there;
    /// `has_failed` that it does so badly.
    pub(super) fn add_active(
        &mut self,
        resource: ResourceIx,
        node: NodeIx,
        role: Option<Role>,
        has_failed: bool,
    ) {
        if self.facts.resource(resource).active_on.contains(&node) {
            return;
        }
        self.resource_mut(resource).active_on.push(node);
        let is_primitive = self.facts.resource(resource).primitive().is_some();
        if is_primitive {
            self.facts.nodes[node.index()].running.push(resource);
            if !has_failed {
                self.add_priority(resource, node, role);
            }
        }
        if self.facts.node(node).in_maintenance {
            let spreads = self.facts.release.maintenance_spreads();
            let facts = self.resource_mut(resource);
            facts.is_managed = false;
            facts.in_maintenance |= spreads;
        }
        if !self.facts.resource(resource).is_managed {
            self.keep_where_it_is(resource, node);
            return;
        }
        if is_primitive {
            self.check_multiply_active(resource);
        }
        if let Some(parent) = self.facts.resource(resource).parent {
            self.add_active(parent, node, role, false);
        }
    }

    /// What is not managed stays where it is. A collective then counts a node once for each of its
    /// parts that is active there, if it is online: not a guest that is not up.
    fn keep_where_it_is(&mut self, resource: ResourceIx, node: NodeIx) {
        self.facts.add_score(resource, node, Score::INFINITY);
        if !self.facts.node(node).is_online {
            return;
        }
        let mut level = self.facts.resource(resource).parent;
        while let Some(current) = level {
            let facts = self.resource_mut(current);
            facts.active_on.push(node);
            level = facts.parent;
        }
    }

    /// A node is worth what runs on it, and on its guests.
    fn add_priority(&mut self, resource: ResourceIx, node: NodeIx, role: Option<Role>) {
        let facts = self.facts.resource(resource);
        if facts.priority == Score::ZERO {
            return;
        }
        let bonus = i64::from(role == Some(Role::Promoted));
        let priority = i64::from(facts.priority.value()) + bonus;
        self.facts.nodes[node.index()].priority += priority;
        let on = self.facts.node(node);
        let launcher = on
            .connection
            .filter(|_| on.kind == NodeKind::Guest)
            .and_then(|connection| self.facts.resource(connection).launcher);
        let hosts = launcher.map_or(Vec::new(), |launcher| self.facts.resource(launcher).active_on.clone());
        for host in hosts {
            self.facts.nodes[host.index()].priority += priority;
        }
    }

    /// What is to be done at once about a resource that is active too often.
    fn check_multiply_active(&mut self, resource: ResourceIx) {
        let facts = self.facts.resource(resource);
        let is_usable = |node: &&NodeIx| {
            let node = self.facts.node(**node);
            node.is_online && node.unclean.is_none()
        };
        let count = if facts.needs_fencing() {
            facts.active_on.len()
        } else {
            facts.active_on.iter().filter(is_usable).count()
        };
        if count <= 1 {
            return;
        }
        match facts.multiple_active {
            MultipleActive::StopOnly => self.forbid_everywhere(resource),
            MultipleActive::Block => self.block_with_siblings(resource),
            MultipleActive::StopStart | MultipleActive::StopUnexpected => {}
        }
    }

    fn block_with_siblings(&mut self, resource: ResourceIx) {
        let parent = self.facts.resource(resource).parent.map(|parent| self.facts.resource(parent));
        let siblings = match parent {
            Some(parent) if parent.multiple_active == MultipleActive::Block => match parent.variant {
                Variant::Group(_) | Variant::Bundle(_) => parent.children.clone(),
                Variant::Primitive(_) | Variant::Clone(_) => Vec::new(),
            },
            Some(_) | None => Vec::new(),
        };
        for blocked in siblings.into_iter().chain([resource]) {
            let facts = self.resource_mut(blocked);
            facts.is_managed = false;
            facts.is_blocked = true;
        }
    }
}
