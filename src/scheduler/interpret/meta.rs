//! Meta-attributes: what applies to a resource, and what it means.

use std::sync::Arc;

use super::Reading;
use crate::model::{Agent, Role, Score, Table, period, scalar};
use crate::scheduler::facts::{MultipleActive, NoQuorumPolicy, Requires, ResourceIx, Variant};
use crate::scheduler::operation::is_true;
use crate::scheduler::options;
use crate::scheduler::rule::RuleInput;

impl Reading<'_> {
    /// Collects the resource's meta-attributes: its own, its ancestors' as written, the defaults,
    /// then its parent's as they came out. The first of a name wins.
    pub(super) fn collect_meta(&self, resource: ResourceIx, agent: Option<&Agent>) -> Table {
        let input = RuleInput { now: self.facts.now, agent, ..RuleInput::default() };
        let recheck = &self.facts.recheck;
        let facts = self.facts.resource(resource);
        let mut table = Table::new();
        table.insert("id".into(), Arc::clone(&facts.base_id));
        if let Some(agent) = agent {
            table.insert("class".into(), agent.class.as_str().into());
            table.insert("type".into(), Arc::clone(&agent.kind));
            if let Some(provider) = &agent.provider {
                table.insert("provider".into(), Arc::clone(provider));
            }
        }
        let mut level = Some(resource);
        while let Some(current) = level {
            options::collect_into(&mut table, &*self.written[current.index()].meta, &input, recheck);
            level = self.facts.resource(current).parent;
        }
        options::collect_into(&mut table, &self.facts.cluster.resource_defaults, &input, recheck);
        if let Some(parent) = facts.parent {
            for (name, value) in &self.facts.resource(parent).meta {
                if !table.contains_key(name) {
                    table.insert(Arc::clone(name), Arc::clone(value));
                }
            }
        }
        table
    }

    /// Draws from the meta-attributes what they mean. Parents come before their children.
    pub(super) fn apply_meta(&mut self, resource: ResourceIx) {
        self.apply_management(resource);
        self.apply_choices(resource);
        self.apply_connection(resource);
        self.apply_target_role(resource);
    }

    fn apply_management(&mut self, resource: ResourceIx) {
        let maintenance_mode = self.facts.properties.maintenance_mode;
        let facts = self.resource_mut(resource);
        facts.is_managed = !maintenance_mode;
        if let Some(value) = set_value(&facts.meta, "is-managed") {
            facts.is_managed = scalar::parse_boolean(value) == Some(true);
        }
        if maintenance_mode || is_true(&facts.meta, "maintenance") {
            facts.is_managed = false;
            facts.in_maintenance = true;
        }
    }

    fn apply_choices(&mut self, resource: ResourceIx) {
        let properties = &self.facts.properties;
        let facts = self.facts.resource(resource);
        let meta = &facts.meta;
        let score = |name: &str| set_value(meta, name).and_then(|text| properties.parse_score(text));
        let flag = |name: &str| meta.get(name).and_then(|text| scalar::parse_boolean(text));
        let priority = score("priority").unwrap_or_default();
        let stickiness = score("resource-stickiness").unwrap_or_default();
        let threshold = score("migration-threshold").filter(|score| *score >= Score::ZERO);
        let in_clone = self.is_in_clone(resource);
        let node_max = meta.get("clone-node-max").and_then(|text| scalar::parse_integer(text));
        let has_room = node_max.is_some_and(|max| max > 1);
        let room_tells_apart = self.facts.release.room_tells_apart();
        let is_unique = !in_clone
            || flag("globally-unique")
                .unwrap_or(!meta.contains_key("globally-unique") && has_room && room_tells_apart);
        let is_promotable = in_clone && flag("promotable") == Some(true);
        let multiple_active =
            match meta.get("multiple-active").map(|text| text.to_ascii_lowercase()).as_deref() {
                Some("stop_only") => MultipleActive::StopOnly,
                Some("block") => MultipleActive::Block,
                Some("stop_unexpected") => MultipleActive::StopUnexpected,
                Some(_) | None => MultipleActive::StopStart,
            };
        let is_guest = meta.contains_key("container");
        let migrates_unasked = facts.is_connection() && !is_guest;
        let can_migrate = match meta.get("allow-migrate") {
            Some(text) => scalar::parse_boolean(text) == Some(true),
            None => migrates_unasked,
        };
        let failure_timeout = meta.get("failure-timeout").and_then(|text| period::parse(text));
        let is_critical = flag("critical").unwrap_or(true);
        let notify = flag("notify").unwrap_or(false);
        let requires = self.requires(resource);
        let facts = self.resource_mut(resource);
        facts.priority = priority;
        facts.stickiness = stickiness;
        facts.migration_threshold = threshold.unwrap_or(Score::INFINITY);
        facts.is_unique = is_unique;
        facts.is_promotable = is_promotable;
        facts.multiple_active = multiple_active;
        facts.can_migrate = can_migrate;
        facts.failure_timeout = failure_timeout.unwrap_or_default();
        facts.is_critical = is_critical;
        facts.notify = notify;
        facts.requires = requires;
    }

    /// What the resource waits for before it may start elsewhere.
    fn requires(&self, resource: ResourceIx) -> Requires {
        let properties = &self.facts.properties;
        let facts = self.facts.resource(resource);
        let is_device = facts.is_fence_device();
        // Where nobody fences, nobody is let in again either.
        let unfencing = if properties.fencing_enabled { Requires::Unfencing } else { Requires::Quorum };
        match facts.meta.get("requires").map(|text| text.to_ascii_lowercase()).as_deref() {
            Some("nothing") => Requires::Nothing,
            Some("quorum") => Requires::Quorum,
            Some("fencing") => Requires::Fencing,
            Some("unfencing") if is_device => Requires::Quorum,
            Some("unfencing") => unfencing,
            Some(_) | None if is_device || facts.is_connection() => Requires::Quorum,
            Some(_) | None if properties.unfencing_in_use => unfencing,
            Some(_) | None if properties.fencing_enabled => Requires::Fencing,
            Some(_) | None if properties.no_quorum_policy == NoQuorumPolicy::Ignore => Requires::Nothing,
            Some(_) | None => Requires::Quorum,
        }
    }

    /// A remote connection that waits before reconnecting forgets its failures after that time.
    fn apply_connection(&mut self, resource: ResourceIx) {
        let facts = self.facts.resource(resource);
        if !facts.is_connection() || facts.meta.contains_key("container") {
            return;
        }
        let params = self.facts.params(resource, None);
        let pause = params.get("reconnect_interval").and_then(|text| period::parse(text));
        if let Some(pause) = pause {
            let facts = self.resource_mut(resource);
            facts.failure_timeout = pause;
            facts.reconnect_interval = Some(pause).filter(|pause| !pause.is_zero());
        }
    }

    /// `target-role`: what next role it yields, if any.
    fn apply_target_role(&mut self, resource: ResourceIx) {
        let is_promotable = self.is_top_promotable(resource);
        let facts = self.resource_mut(resource);
        facts.target_role = set_value(&facts.meta, "target-role").and_then(Role::parse);
        facts.next_role = match facts.target_role {
            Some(Role::Stopped) => Some(Role::Stopped),
            Some(Role::Unpromoted) if is_promotable => Some(Role::Unpromoted),
            Some(Role::Started | Role::Unpromoted | Role::Promoted) | None => None,
        };
    }

    /// Whether the topmost ancestor is a promotable clone.
    pub(super) fn is_top_promotable(&self, resource: ResourceIx) -> bool {
        self.facts.resource(self.facts.topmost(resource)).is_promotable
    }

    /// Whether the resource is a clone or inside one.
    pub(super) fn is_in_clone(&self, resource: ResourceIx) -> bool {
        let mut level = Some(resource);
        while let Some(current) = level {
            let facts = self.facts.resource(current);
            match facts.variant {
                Variant::Clone(_) => return true,
                Variant::Primitive(_) | Variant::Group(_) | Variant::Bundle(_) => level = facts.parent,
            }
        }
        false
    }
}

/// An option's value, unless it says `Default`, which is as good as nothing.
fn set_value<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    table.get(name).map(|text| &**text).filter(|text| !text.eq_ignore_ascii_case("default"))
}
