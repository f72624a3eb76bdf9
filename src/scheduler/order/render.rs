//! Rendering: a draft as the action that executors and people read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Role, Table};
use crate::scheduler::act::draft::{Draft, DraftIx};
use crate::scheduler::act::remote;
use crate::scheduler::act::verb::{Key, Moment, Notice, Verb};
use crate::scheduler::act::work::Work;
use crate::scheduler::digest;
use crate::scheduler::facts::{NodeIx, ResourceIx};
use crate::scheduler::operation::Lookup;
use crate::scheduler::task::Task;
use crate::scheduler::transition::{Action, ActionId, ActionKind};

/// The task of a draft, with what its name says more.
pub(super) fn task(work: &Work<'_, '_>, draft: &Draft) -> Task {
    let plain = draft.verb.task(&work.actions.names);
    let suffix: &str = match (&draft.name, draft.node) {
        (Some(name), _) => name,
        (None, Some(node)) if draft.verb == Verb::LoadStopped => work.node(node).name.as_str(),
        (None, _) => return plain,
    };
    let separator = if draft.verb == Verb::LoadStopped { '_' } else { ':' };
    Task::Pseudo(format!("{plain}{separator}{suffix}").into())
}

/// The operation name that options are configured under.
fn operation_name(work: &Work<'_, '_>, verb: Verb) -> Arc<str> {
    verb.task(&work.actions.names).as_str().into()
}

/// Renders drafts; options of an operation are read once.
#[derive(Debug)]
pub(super) struct Renderer<'w, 'p, 'a> {
    work: &'w Work<'p, 'a>,
    options: BTreeMap<(ResourceIx, Verb, u32), (Table, Duration)>,
}

impl<'w, 'p, 'a> Renderer<'w, 'p, 'a> {
    /// A renderer for a settled working set.
    pub(super) fn new(work: &'w Work<'p, 'a>) -> Self {
        Self { work, options: BTreeMap::new() }
    }

    /// Renders one draft; what it waits for is left to the caller.
    pub(super) fn render(&mut self, id: ActionId, number: DraftIx) -> Action {
        let work = self.work;
        let draft = work.actions.draft(number);
        let (meta, timeout) = self.meta(draft);
        let resource = draft.resource.map(|resource| work.resource(resource));
        let instance = resource.map(|resource| Arc::clone(&resource.id));
        let called = resource.map(|resource| match &resource.history_name {
            Some(name) if resource.is_removed => name,
            Some(_) | None if resource.is_unique => &resource.id,
            Some(_) | None => &resource.base_id,
        });
        let own = draft.resource.map_or(0, |resource| i64::from(work.resource(resource).priority.value()));
        Action {
            id,
            kind: kind(draft),
            task: task(work, draft),
            resource: called.map(Arc::clone),
            instance,
            node: draft.node.filter(|_| has_place(draft)).map(|node| work.node(node).name.clone()),
            router: remote::router(work, draft).map(|node| work.node(node).name.clone()),
            interval: Duration::from_millis(u64::from(draft.key.interval)),
            notify: draft.key.notice.map(|notice| notice_name(work, notice)),
            key: key_text(work, draft),
            timeout,
            expected_rc: expected_rc(draft, &meta),
            params: self.params(draft),
            meta,
            priority: own.max(draft.priority).max(0),
            reason: draft.reason.clone(),
            after: Vec::new(),
        }
    }

    /// Parameters for the agent: the operation's own, then the resource's.
    fn params(&self, draft: &Draft) -> Table {
        let Some(resource) = draft.resource else { return Table::new() };
        let mut params = Table::new();
        if let Some(node) = draft.node {
            let name = operation_name(self.work, draft.key.verb);
            let interval = Duration::from_millis(u64::from(draft.key.interval));
            params = digest::operation_params(self.work.facts, resource, node, &name, interval);
        }
        for (name, value) in self.work.facts.params(resource, draft.node).iter() {
            params.entry(Arc::clone(name)).or_insert_with(|| Arc::clone(value));
        }
        self.put_host_address(resource, &mut params);
        if let Some(address) = self.outer_address(resource) {
            params.insert("pcmk_external_ip".into(), address);
        }
        params
    }

    /// The address of the container that a resource runs inside.
    fn outer_address(&self, resource: ResourceIx) -> Option<Arc<str>> {
        let facts = self.work.facts;
        let bundle = facts.resource(facts.bundle_of(resource)?).variant.bundle_facts()?;
        let replica = bundle.replicas.iter().find(|replica| replica.child == Some(resource))?;
        facts.params(replica.ip?, None).get("ip").cloned()
    }

    /// A bundle's connection may ask for its host's name as address: where the container goes, or
    /// else is.
    fn put_host_address(&self, resource: ResourceIx, params: &mut Table) {
        let work = self.work;
        let asks = params.get("addr").is_some_and(|addr| &**addr == "#uname");
        let Some(launcher) = work.resource(resource).launcher.filter(|_| asks) else { return };
        if let Some(host) = work.assigned(launcher).or_else(|| work.current_node(launcher)) {
            params.insert("addr".into(), work.node(host).name.to_shared());
        }
    }

    /// Options of an action by their names in the field, without prefix.
    fn meta(&mut self, draft: &Draft) -> (Table, Option<Duration>) {
        let mut meta = Table::new();
        let mut timeout = None;
        if let Some(resource) = draft.resource {
            let (options, allowed) = self.options(resource, draft.key);
            meta = options;
            timeout = Some(allowed);
        }
        for (name, value) in &draft.meta {
            meta.insert((*name).into(), Arc::clone(value));
        }
        if let Some(rc) = draft.expected_rc {
            meta.insert("op_target_rc".into(), rc.to_string().into());
        }
        if let Some(resource) = draft.resource {
            self.add_clone_meta(resource, draft, &mut meta);
        }
        (meta, timeout)
    }

    fn options(&mut self, resource: ResourceIx, key: Key) -> (Table, Duration) {
        let work = self.work;
        let (table, timeout) = self.options.entry((resource, key.verb, key.interval)).or_insert_with(|| {
            let name = operation_name(work, key.verb);
            let interval = Duration::from_millis(u64::from(key.interval));
            let op = work.facts.find_operation(resource, &name, interval, Lookup::Any);
            let options = work.facts.operation_options(resource, &name, interval, op);
            let plain = |name: &str| !name.contains(['#', ':']);
            let meta = options
                .meta
                .iter()
                .filter(|(name, _)| plain(name))
                .map(|(name, value)| (name.replace('-', "_").into(), Arc::clone(value)));
            (meta.collect(), options.timeout)
        });
        (table.clone(), *timeout)
    }

    /// What an agent may want to know of the clone that it is part of, and of its container.
    fn add_clone_meta(&self, resource: ResourceIx, draft: &Draft, meta: &mut Table) {
        let facts = self.work.resource(resource);
        let mut add = |name: &str, value: String| {
            meta.insert(name.into(), value.into());
        };
        if let Some(launcher) = facts.launcher {
            add("container", self.work.resource(launcher).id.to_string());
        }
        let guest = facts.launched.iter().find(|launched| self.work.resource(**launched).is_connection());
        if let Some(guest) =
            guest.filter(|_| !facts.is_removed && self.work.facts.bundle_of(resource).is_none())
        {
            add("remote_node", self.work.resource(*guest).id.to_string());
        }
        let mut at = Some(resource);
        while let Some(ancestor) = at {
            let known = self.work.resource(ancestor);
            if let Some(clone) = known.variant.clone_facts() {
                if let Some((_, number)) = facts.id.rsplit_once(':') {
                    add("clone", number.to_owned());
                }
                add("globally_unique", self.work.is_told_apart(ancestor).to_string());
                add("notify", known.notify.to_string());
                add("clone_max", clone.clone_max.to_string());
                add("clone_node_max", clone.clone_node_max.to_string());
                if known.is_promotable {
                    add("promoted_max", clone.promoted_max.to_string());
                    add("promoted_node_max", clone.promoted_node_max.to_string());
                    add("master_max", clone.promoted_max.to_string());
                    add("master_node_max", clone.promoted_node_max.to_string());
                }
            }
            at = known.parent;
        }
        self.add_guest_meta(resource, draft, meta);
    }

    /// Who wants to know on whose behalf a guest acts: the guest's host.
    fn add_guest_meta(&self, resource: ResourceIx, draft: &Draft, meta: &mut Table) {
        let Some(node) = draft.node else { return };
        let launcher =
            self.work.node(node).connection.and_then(|connection| self.work.resource(connection).launcher);
        let Some(host) = launcher.and_then(|launcher| self.host_for(draft, launcher)) else { return };
        meta.insert("physical_host".into(), self.work.node(host).name.to_shared());
        if let Some(target) = self.work.resource(resource).meta.get("container-attribute-target") {
            meta.insert("container_attribute_target".into(), Arc::clone(target));
        }
    }

    /// The host of a guest when an action is run there; none for what does not depend on it.
    fn host_for(&self, draft: &Draft, launcher: ResourceIx) -> Option<NodeIx> {
        let step = draft.key.notice.and_then(|notice| notice.about).unwrap_or(draft.verb).step();
        if step.is_downward() {
            return self.work.current_node(launcher);
        }
        let is_upward = matches!(step, Verb::Start | Verb::Monitor | Verb::Promote);
        self.work.assigned(launcher).filter(|_| is_upward)
    }
}

fn kind(draft: &Draft) -> ActionKind {
    if draft.is_pseudo {
        return ActionKind::Pseudo;
    }
    if draft.verb.is_fencing() || draft.verb == Verb::FenceOn {
        return ActionKind::Fence;
    }
    if matches!(draft.verb, Verb::Shutdown | Verb::ClearFailCount | Verb::ClearHistory) {
        return ActionKind::Cluster;
    }
    if draft.resource.is_some() { ActionKind::Resource } else { ActionKind::Pseudo }
}

/// A point in time has no place, except where it stands for something that happens there.
fn has_place(draft: &Draft) -> bool {
    draft.verb != Verb::LoadStopped
}

fn expected_rc(draft: &Draft, meta: &Table) -> Option<u8> {
    draft.expected_rc.or_else(|| meta.get("op_target_rc")?.parse().ok())
}

fn key_text(work: &Work<'_, '_>, draft: &Draft) -> Arc<str> {
    let name = |verb: Verb| verb.task(&work.actions.names);
    if let Some(resource) = draft.resource {
        let facts = work.resource(resource);
        let (id, is_renamed) = match &facts.history_name {
            Some(name) => (name, true),
            None => (&facts.id, false),
        };
        return match draft.key.notice {
            // Under the name of the status there are only the instance's own notifications.
            Some(notice) if is_renamed && draft.verb == Verb::Notify => {
                format!("{id}_{}_0", notice_name(work, notice).replacen('-', "_notify_", 1)).into()
            }
            Some(notice) if !is_renamed => format!("{id}_{}_0", notice_key(work, notice)).into(),
            Some(_) | None => format!("{id}_{}_{}", name(draft.key.verb), draft.key.interval).into(),
        };
    }
    let node = draft.node.map_or("", |node| work.node(node).name.as_str());
    if draft.verb.is_fencing() || draft.verb == Verb::FenceOn {
        format!("stonith-{node}-{}", name(draft.verb)).into()
    } else if draft.verb == Verb::Shutdown {
        format!("do_shutdown-{node}").into()
    } else {
        task(work, draft).as_str().into()
    }
}

fn about(work: &Work<'_, '_>, notice: Notice) -> Task {
    notice.about.map_or_else(|| Task::Pseudo("stonith".into()), |verb| verb.task(&work.actions.names))
}

fn notice_key(work: &Work<'_, '_>, notice: Notice) -> String {
    let moment = match notice.moment {
        Moment::Pre => "pre",
        Moment::ConfirmedPre => "confirmed-pre",
        Moment::Post => "post",
        Moment::ConfirmedPost => "confirmed-post",
    };
    format!("{moment}_notify_{}", about(work, notice))
}

/// `pre-stop`, `post-promote`, ...
fn notice_name(work: &Work<'_, '_>, notice: Notice) -> Arc<str> {
    let moment = match notice.moment {
        Moment::Pre | Moment::ConfirmedPre => "pre",
        Moment::Post | Moment::ConfirmedPost => "post",
    };
    let step = notice.about.map_or_else(|| Task::Stop, |verb| verb.step().task(&work.actions.names));
    format!("{moment}-{step}").into()
}

/// The role that a summary gives a resource that is active although nobody says in which.
pub(super) fn shown_role(work: &Work<'_, '_>, resource: ResourceIx) -> Role {
    let facts = work.resource(resource);
    if facts.current_role == Role::Stopped && !facts.active_on.is_empty() {
        Role::Started
    } else {
        facts.current_role
    }
}
