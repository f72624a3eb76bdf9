//! Facts: what `interpret` found out about every node and every instance.
//!
//! Everything later phases ask is here, decided once. Nodes and resources are numbered;
//! parents come before their children.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::failures::FailIndex;
use super::node_table::{Entry, NodeTable};
use super::params::ResourceMemo;
use super::reason::Reason;
use super::recheck::Recheck;
use super::release::Release;
use super::request::Request;
use crate::model::constraint::Discovery;
use crate::model::{Agent, AgentClass, Cluster, NodeId, NodeName, Operation, OptionSet, Role, Score, Table};
use crate::status::{ClusterStatus, ResourceHistory};

/// Number of a node in [`Facts::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(u32);

/// Number of a resource or instance in [`Facts::resources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceIx(u32);

macro_rules! index_type {
    ($name:ident) => {
        impl $name {
            /// The number `index`. Clusters beyond 2³² things do not exist.
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The position in its list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index_type!(NodeIx);
index_type!(ResourceIx);

/// What is known before anything is decided.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// What should be.
    pub cluster: &'a Cluster,
    /// What is.
    pub status: &'a ClusterStatus,
    /// The moment of the decision, seconds since 1970.
    pub now: i64,
    /// Whose decisions are made.
    pub release: Release,
    /// Cluster properties, read and completed with defaults.
    pub properties: Properties,
    /// All nodes (members, remote, guests, bundle nodes) in natural name order.
    pub nodes: Vec<NodeFacts<'a>>,
    /// All resources and instances; see [`Facts::top`] for where to begin.
    pub resources: Vec<ResourceFacts<'a>>,
    /// Top-level resources: by priority, highest first, else in file order; removed ones last.
    pub top: Vec<ResourceIx>,
    /// What reading the status already asked for, in order of asking.
    pub requests: Vec<Request>,
    /// Failures worth showing, one per operation and node.
    pub failed_actions: Vec<FailedAction>,
    /// The next moment at which a decision may differ by itself.
    pub recheck: Recheck,
    /// Fail counts that a request clears; they ban no longer.
    pub clearing: BTreeSet<(ResourceIx, NodeIx)>,
}

/// Cluster properties with their meaning; source and defaults: specification of status, section 4.
#[derive(Debug, Clone, PartialEq)]
pub struct Properties {
    /// All properties as text, for what only passes through.
    pub table: Table,
    /// Whether this partition has quorum.
    pub has_quorum: bool,
    /// `fencing-enabled`.
    pub fencing_enabled: bool,
    /// `fencing-action`: what fencing does.
    pub fencing_action: FencingAction,
    /// `fencing-timeout`, as written.
    pub fencing_timeout: Arc<str>,
    /// `cluster-delay`, as written.
    pub cluster_delay: Arc<str>,
    /// `have-watchdog`.
    pub has_watchdog: bool,
    /// A fence device is configured or known from history, or there is a watchdog.
    pub has_fence_device: bool,
    /// Some resource needs unfencing.
    pub unfencing_in_use: bool,
    /// `startup-fencing`.
    pub startup_fencing: bool,
    /// `no-quorum-policy`, after its own conditions.
    pub no_quorum_policy: NoQuorumPolicy,
    /// `symmetric-cluster`.
    pub symmetric: bool,
    /// `maintenance-mode`.
    pub maintenance_mode: bool,
    /// `stop-all-resources`.
    pub stop_all_resources: bool,
    /// `shutdown-lock`.
    pub shutdown_lock: bool,
    /// `shutdown-lock-limit`; zero is none.
    pub shutdown_lock_limit: Duration,
    /// `node-pending-timeout`; zero is none.
    pub node_pending_timeout: Duration,
    /// `priority-fencing-delay`; zero is none.
    pub priority_fencing_delay: Duration,
    /// `start-failure-is-fatal`.
    pub start_failure_is_fatal: bool,
    /// `enable-startup-probes`.
    pub enable_startup_probes: bool,
    /// `stop-removed-resources`.
    pub stop_removed_resources: bool,
    /// `cancel-removed-actions`.
    pub cancel_removed_actions: bool,
    /// `concurrent-fencing`.
    pub concurrent_fencing: bool,
    /// `fence-remote-without-quorum`.
    pub fence_remote_without_quorum: bool,
    /// `batch-limit`; zero is none.
    pub batch_limit: u32,
    /// `migration-limit`; `None` is none.
    pub migration_limit: Option<u32>,
    /// `placement-strategy`.
    pub placement_strategy: PlacementStrategy,
    /// `node-health-strategy`.
    pub node_health_strategy: HealthStrategy,
    /// `node-health-base`.
    pub node_health_base: Score,
    /// `node-health-green`.
    pub node_health_green: Score,
    /// `node-health-yellow`.
    pub node_health_yellow: Score,
    /// `node-health-red`.
    pub node_health_red: Score,
    /// `cluster-name`.
    pub cluster_name: Option<Arc<str>>,
}

/// What fencing does to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FencingAction {
    /// Off and on again.
    Reboot,
    /// Off.
    Off,
}

/// What a partition without quorum does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoQuorumPolicy {
    /// Carries on.
    Ignore,
    /// Keeps what runs, starts nothing.
    Freeze,
    /// Stops everything.
    Stop,
    /// Demotes promoted resources, stops what is not promotable.
    Demote,
    /// Fences its own nodes.
    Fence,
}

/// How capacity takes part in placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementStrategy {
    /// Not at all; the emptier node by number of resources.
    Default,
    /// As a limit.
    Utilization,
    /// As a limit, on as few nodes as possible.
    Minimal,
    /// As a limit, spread evenly.
    Balanced,
}

/// What health attributes of nodes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthStrategy {
    /// Nothing.
    None,
    /// Red bans.
    MigrateOnRed,
    /// All but green bans.
    OnlyGreen,
    /// Scores are added up.
    Progressive,
    /// Scores are what the properties say.
    Custom,
}

/// What is known of a node.
#[derive(Debug, Clone)]
pub struct NodeFacts<'a> {
    /// Identity.
    pub id: NodeId,
    /// Name.
    pub name: NodeName,
    /// Kind.
    pub kind: NodeKind,
    /// The node's own score, with which new table entries begin.
    pub score: Score,
    /// How new table entries for it may be probed (never, on bundle nodes).
    pub discovery: Discovery,
    /// Its state in the status, if it has one.
    pub state: Option<&'a crate::status::NodeState>,
    /// Takes part and can run things.
    pub is_online: bool,
    /// Must be fenced before what it may run can run elsewhere.
    pub unclean: Option<Unclean>,
    /// On its way up.
    pub is_pending: bool,
    /// In standby.
    pub is_standby: bool,
    /// In standby because of a failure with `on-fail: standby`.
    pub is_standby_on_failure: bool,
    /// In maintenance.
    pub in_maintenance: bool,
    /// Asked to shut down.
    pub is_shutting_down: bool,
    /// Has never been heard of since the cluster started.
    pub is_unseen: bool,
    /// Should be up.
    pub is_expected_up: bool,
    /// Is the designated controller's.
    pub is_dc: bool,
    /// Remote node known to be fenced.
    pub is_fenced: bool,
    /// Guest whose launcher must restart.
    pub needs_reset: bool,
    /// Resources may be probed there.
    pub probes_allowed: bool,
    /// Attributes, permanent and transient, merged.
    pub attributes: Table,
    /// Capacity by name.
    pub utilization: BTreeMap<Arc<str>, i64>,
    /// The connection resource of a remote, guest or bundle node.
    pub connection: Option<ResourceIx>,
    /// Primitives active there, in order of discovery.
    pub running: Vec<ResourceIx>,
    /// Sum of the priorities of what runs there, for `priority-fencing-delay`.
    pub priority: i64,
    /// What its attributes tell of failures, read when first asked for; see [`super::failures`].
    pub failures: OnceCell<FailIndex>,
}

/// Kinds of node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Full member.
    Member,
    /// Remote node.
    Remote,
    /// Guest or bundle node: a remote node inside a resource.
    Guest,
}

/// Why and since when a node must be fenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclean {
    /// `None` for a node that was never seen and is fenced because nothing is known of it.
    pub because: Option<Reason>,
}

/// What is known of a resource or instance.
#[derive(Debug, Clone)]
pub struct ResourceFacts<'a> {
    /// Name, with `:n` for instances of clones.
    pub id: Arc<str>,
    /// Name without instance number.
    pub base_id: Arc<str>,
    /// Name under which the status knows it, where that differs.
    pub history_name: Option<Arc<str>>,
    /// What it is, with what only that kind has.
    pub variant: Variant<'a>,
    /// What it is part of.
    pub parent: Option<ResourceIx>,
    /// Its parts, in order.
    pub children: Vec<ResourceIx>,
    /// Final meta-attributes as text.
    pub meta: Table,
    /// May be started, stopped and moved.
    pub is_managed: bool,
    /// Nothing at all may be done with it.
    pub is_blocked: bool,
    /// In maintenance: unmanaged and without monitors.
    pub in_maintenance: bool,
    /// Known only from history.
    pub is_removed: bool,
    /// Has a failure that calls for recovery.
    pub is_failed: bool,
    /// ... by stopping it.
    pub stops_if_failed: bool,
    /// Has a failure that is ignored.
    pub is_failure_ignored: bool,
    /// A start of it is in flight.
    pub is_start_pending: bool,
    /// Instances are told apart; true outside clones.
    pub is_unique: bool,
    /// `notify`.
    pub notify: bool,
    /// Part of (or itself) a promotable clone.
    pub is_promotable: bool,
    /// `critical`: its preferences pull what it depends on.
    pub is_critical: bool,
    /// Can move without stopping.
    pub can_migrate: bool,
    /// May only be probed where a constraint says so.
    pub discovery_exclusive: bool,
    /// What it waits for before it may start elsewhere.
    pub requires: Requires,
    /// `priority`.
    pub priority: Score,
    /// `resource-stickiness`.
    pub stickiness: Score,
    /// `migration-threshold`; infinity when it never bans.
    pub migration_threshold: Score,
    /// `failure-timeout`; zero is never.
    pub failure_timeout: Duration,
    /// `multiple-active`.
    pub multiple_active: MultipleActive,
    /// What it does now: the highest role on any node.
    pub current_role: Role,
    /// What it must become, where that is already clear.
    pub next_role: Option<Role>,
    /// The role that `target-role` asks for.
    pub target_role: Option<Role>,
    /// Where it is active, in order of discovery.
    pub active_on: Vec<NodeIx>,
    /// Where its role is known (it was probed or ran there), with that role.
    pub known_on: BTreeMap<NodeIx, Role>,
    /// Allowed nodes before constraints, with bans by failures.
    pub table: NodeTable,
    /// A migration that is half done.
    pub partial_migration: Option<Migration>,
    /// Nodes it migrated away from, where it must still be stopped.
    pub dangling_sources: Vec<NodeIx>,
    /// An operation in flight.
    pub pending: Option<Pending>,
    /// A lock to a node that is shut down.
    pub lock: Option<Lock>,
    /// The resource that launches it (guest resource, bundle container).
    pub launcher: Option<ResourceIx>,
    /// What it launches.
    pub launched: Vec<ResourceIx>,
    /// The remote or guest node it is the connection of.
    pub connects: Option<NodeIx>,
    /// Capacity it uses.
    pub utilization: BTreeMap<Arc<str>, i64>,
    /// Its histories, by node, in order of the status.
    pub histories: Vec<(NodeIx, &'a ResourceHistory)>,
    /// How long a failed remote connection is left alone (`reconnect_interval`).
    pub reconnect_interval: Option<Duration>,
    /// Answers that were already given.
    pub memo: ResourceMemo,
}

/// What a resource is.
#[derive(Debug, Clone)]
pub enum Variant<'a> {
    /// One service.
    Primitive(PrimitiveFacts<'a>),
    /// A group.
    Group(GroupFacts),
    /// A clone; promotable ones carry their limits.
    Clone(CloneFacts),
    /// A bundle.
    Bundle(BundleFacts),
}

/// What only a primitive has.
#[derive(Debug, Clone)]
pub struct PrimitiveFacts<'a> {
    /// What runs it.
    pub agent: Agent,
    /// Instance attributes: its own, its template's, then its ancestors', as [`OptionSet`] lists
    /// in rising distance.
    pub params: Vec<ParamSource<'a>>,
    /// Configured operations, template included, in order.
    pub ops: Vec<std::borrow::Cow<'a, Operation>>,
}

/// One owner's instance attributes.
#[derive(Debug, Clone)]
pub struct ParamSource<'a> {
    /// Its sets.
    pub sets: std::borrow::Cow<'a, [OptionSet]>,
}

/// What only a group has.
#[derive(Debug, Clone, Copy)]
pub struct GroupFacts {
    /// Members run in one place (deprecated `collocated` not false).
    pub is_colocated: bool,
    /// Members start in order (deprecated `ordered` not false).
    pub is_ordered: bool,
}

/// What only a clone has.
#[derive(Debug, Clone, Copy, Default)]
pub struct CloneFacts {
    /// Most instances at all.
    pub clone_max: u32,
    /// Most instances on one node.
    pub clone_node_max: u32,
    /// Least instances for those ordered after it.
    pub clone_min: Option<u32>,
    /// Instances start one after another.
    pub is_ordered: bool,
    /// Instances only wait for their neighbours.
    pub is_interleaved: bool,
    /// Most promoted instances at all; zero when not promotable.
    pub promoted_max: u32,
    /// Most promoted instances on one node.
    pub promoted_node_max: u32,
}

/// What only a bundle has.
#[derive(Debug, Clone)]
pub struct BundleFacts {
    /// The replicas.
    pub replicas: Vec<Replica>,
    /// How many of them a host may run.
    pub replicas_per_host: u32,
    /// The implicit clone around the primitive inside.
    pub clone: Option<ResourceIx>,
    /// Most promoted replicas.
    pub promoted_max: u32,
}

/// One replica of a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Replica {
    /// From zero.
    pub number: u32,
    /// The container.
    pub container: ResourceIx,
    /// Its address.
    pub ip: Option<ResourceIx>,
    /// The connection into it.
    pub connection: Option<ResourceIx>,
    /// The primitive inside.
    pub child: Option<ResourceIx>,
    /// The node it makes.
    pub node: Option<NodeIx>,
}

/// What a resource waits for before it may start elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requires {
    /// Nothing.
    Nothing,
    /// Quorum.
    Quorum,
    /// Quorum, and confirmed fencing of lost nodes.
    Fencing,
    /// Also that its own node was unfenced.
    Unfencing,
}

/// What happens to a resource found active more often than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MultipleActive {
    /// All are stopped, one is started.
    StopStart,
    /// All are stopped.
    StopOnly,
    /// Nothing is done any more.
    Block,
    /// All but the expected one are stopped.
    StopUnexpected,
}

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// From.
    pub source: NodeIx,
    /// To.
    pub target: NodeIx,
}

/// An operation in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub task: Arc<str>,
    /// Where.
    pub node: NodeIx,
}

/// A lock to a node that is shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// Which node.
    pub node: NodeIx,
    /// Since when, seconds since 1970.
    pub since: i64,
}

/// A failure worth showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAction {
    /// The resource, as history names it.
    pub resource: Arc<str>,
    /// Where.
    pub node: NodeIx,
    /// `RSC_TASK_INTERVAL`.
    pub key: Arc<str>,
    /// Task.
    pub task: Arc<str>,
    /// Interval.
    pub interval: Duration,
    /// The answer.
    pub rc: crate::status::ResultCode,
    /// How it ran.
    pub status: crate::status::ResultStatus,
    /// When, seconds since 1970.
    pub at: Option<i64>,
    /// What the agent said.
    pub exit_reason: Option<Arc<str>>,
}

impl<'a> Facts<'a> {
    /// What failed and is still remembered. What is listed because it is degraded has not failed.
    pub fn remembered_failures(&self) -> impl Iterator<Item = &FailedAction> {
        self.failed_actions.iter().filter(|failed| !failed.rc.is_degraded())
    }

    /// The node with this number.
    pub fn node(&self, node: NodeIx) -> &NodeFacts<'a> {
        &self.nodes[node.index()]
    }

    /// The resource with this number.
    pub fn resource(&self, resource: ResourceIx) -> &ResourceFacts<'a> {
        &self.resources[resource.index()]
    }

    /// All node numbers, in node-list order.
    pub fn node_numbers(&self) -> impl DoubleEndedIterator<Item = NodeIx> + use<> {
        (0..self.nodes.len()).map(NodeIx::at)
    }

    /// The node called `name`.
    pub fn node_named(&self, name: &str) -> Option<NodeIx> {
        self.nodes.iter().position(|node| node.name.is(name)).map(NodeIx::at)
    }

    /// The outermost resource `resource` is part of, stopping below a bundle.
    pub fn topmost(&self, resource: ResourceIx) -> ResourceIx {
        let mut top = resource;
        while let Some(parent) = self.resource(top).parent {
            if self.resource(parent).variant.is_bundle() {
                break;
            }
            top = parent;
        }
        top
    }

    /// The bundle that `resource` is part of, if any.
    pub fn bundle_of(&self, resource: ResourceIx) -> Option<ResourceIx> {
        let parent = self.resource(self.topmost(resource)).parent?;
        self.resource(parent).variant.is_bundle().then_some(parent)
    }

    /// Whether a node is the inside of the bundle of which `resource` is a container or an address: what
    /// carries a node is never carried by it.
    pub fn carries(&self, resource: ResourceIx, node: NodeIx) -> bool {
        let bundle =
            self.resource(resource).parent.and_then(|parent| self.resource(parent).variant.bundle_facts());
        let replicas = bundle.map_or(&[][..], |bundle| &bundle.replicas);
        replicas.iter().any(|replica| replica.container == resource || replica.ip == Some(resource))
            && replicas.iter().any(|replica| replica.node == Some(node))
    }

    /// Every primitive at or below `resource`, depth first in order.
    pub fn leaves(&self, resource: ResourceIx) -> Vec<ResourceIx> {
        let mut leaves = Vec::new();
        self.ask_leaves(resource, &mut |leaf| -> Option<()> {
            leaves.push(leaf);
            None
        });
        leaves
    }

    /// The first answer of a primitive at or below `resource`, asked depth first in order.
    pub fn find_leaf<T>(
        &self,
        resource: ResourceIx,
        mut ask: impl FnMut(ResourceIx) -> Option<T>,
    ) -> Option<T> {
        self.ask_leaves(resource, &mut ask)
    }

    fn ask_leaves<T>(
        &self,
        resource: ResourceIx,
        ask: &mut impl FnMut(ResourceIx) -> Option<T>,
    ) -> Option<T> {
        let facts = self.resource(resource);
        if facts.variant.is_primitive()
            && let Some(answer) = ask(resource)
        {
            return Some(answer);
        }
        facts.children.iter().find_map(|child| self.ask_leaves(*child, ask))
    }

    /// Adds a score on a node to a resource and everything below it. A node that a table does not
    /// list enters it with its own score first.
    pub fn add_score(&mut self, resource: ResourceIx, node: NodeIx, score: Score) {
        for index in 0..self.resource(resource).children.len() {
            self.add_score(self.resource(resource).children[index], node, score);
        }
        let own = self.node(node);
        let fresh = Entry { score: own.score, discovery: own.discovery, count: 0 };
        let table = &mut self.resources[resource.index()].table;
        if table.entry(node).is_none() {
            table.insert(node, fresh);
        }
        table.add(node, score, fresh.score);
    }

    /// The node a resource counts as running on: the source of a half-done migration; else, if it
    /// needs no fencing, the first active node that is online and clean; else the first.
    pub fn current_node(&self, resource: ResourceIx) -> Option<NodeIx> {
        let facts = self.resource(resource);
        let source = facts.partial_migration.map(|migration| migration.source);
        if let Some(source) = source.filter(|source| facts.active_on.contains(source)) {
            return Some(source);
        }
        let is_usable = |node: &&NodeIx| self.node(**node).is_online && self.node(**node).unclean.is_none();
        if facts.requires < Requires::Fencing
            && let Some(usable) = facts.active_on.iter().find(is_usable)
        {
            return Some(*usable);
        }
        facts.active_on.first().copied()
    }
}

impl NodeFacts<'_> {
    /// A clean node that is offline and of which nothing else is known.
    pub fn new(id: NodeId, name: NodeName, kind: NodeKind) -> Self {
        Self {
            id,
            name,
            kind,
            score: Score::ZERO,
            discovery: Discovery::Always,
            state: None,
            is_online: false,
            unclean: None,
            is_pending: false,
            is_standby: false,
            is_standby_on_failure: false,
            in_maintenance: false,
            is_shutting_down: false,
            is_unseen: true,
            is_expected_up: false,
            is_dc: false,
            is_fenced: false,
            needs_reset: false,
            probes_allowed: true,
            attributes: Table::new(),
            utilization: BTreeMap::new(),
            connection: None,
            running: Vec::new(),
            priority: 0,
            failures: OnceCell::new(),
        }
    }

    /// Whether new work can be put there, scores aside.
    pub fn is_available(&self) -> bool {
        self.is_online
            && !self.is_shutting_down
            && self.unclean.is_none()
            && !self.is_standby
            && !self.in_maintenance
    }

    /// Whether it asks to be let go: attribute `shutdown` is anything but `0`.
    pub fn is_shutdown_requested(&self) -> bool {
        self.attributes.get("shutdown").is_some_and(|value| &**value != "0")
    }

    /// Whether it is reached through a connection resource.
    pub fn is_remote(&self) -> bool {
        match self.kind {
            NodeKind::Member => false,
            NodeKind::Remote | NodeKind::Guest => true,
        }
    }
}

impl<'a> ResourceFacts<'a> {
    /// A managed resource that runs nowhere, with every option at its default.
    pub fn new(id: Arc<str>, variant: Variant<'a>) -> Self {
        Self {
            base_id: Arc::clone(&id),
            id,
            history_name: None,
            variant,
            parent: None,
            children: Vec::new(),
            meta: Table::new(),
            is_managed: true,
            is_blocked: false,
            in_maintenance: false,
            is_removed: false,
            is_failed: false,
            stops_if_failed: false,
            is_failure_ignored: false,
            is_start_pending: false,
            is_unique: true,
            notify: false,
            is_promotable: false,
            is_critical: true,
            can_migrate: false,
            discovery_exclusive: false,
            requires: Requires::Nothing,
            priority: Score::ZERO,
            stickiness: Score::ZERO,
            migration_threshold: Score::INFINITY,
            failure_timeout: Duration::ZERO,
            multiple_active: MultipleActive::StopStart,
            current_role: Role::Stopped,
            next_role: None,
            target_role: None,
            active_on: Vec::new(),
            known_on: BTreeMap::new(),
            table: NodeTable::default(),
            partial_migration: None,
            dangling_sources: Vec::new(),
            pending: None,
            lock: None,
            launcher: None,
            launched: Vec::new(),
            connects: None,
            utilization: BTreeMap::new(),
            histories: Vec::new(),
            reconnect_interval: None,
            memo: ResourceMemo::default(),
        }
    }

    /// What only a primitive has, if it is one.
    pub fn primitive(&self) -> Option<&PrimitiveFacts<'a>> {
        match &self.variant {
            Variant::Primitive(primitive) => Some(primitive),
            Variant::Group(_) | Variant::Clone(_) | Variant::Bundle(_) => None,
        }
    }

    /// Whether it is the connection of a remote, guest or bundle node (`ocf:pacemaker:remote`).
    pub fn is_connection(&self) -> bool {
        self.primitive().is_some_and(|primitive| {
            let agent = &primitive.agent;
            let is = |part: &str, name: &str| part.eq_ignore_ascii_case(name);
            agent.class == AgentClass::Ocf
                && agent.provider.as_deref().is_some_and(|provider| is(provider, "pacemaker"))
                && is(&agent.kind, "remote")
        })
    }

    /// Whether it is a fence device.
    pub fn is_fence_device(&self) -> bool {
        self.primitive().is_some_and(|primitive| primitive.agent.class == AgentClass::Stonith)
    }

    /// Whether it can be recovered elsewhere only after fencing.
    pub fn needs_fencing(&self) -> bool {
        self.requires >= Requires::Fencing
    }
}
