//! Operations of a resource: which is configured for a task, with which options, and what its
//! failure means.

use std::sync::Arc;
use std::time::Duration;

use super::calendar;
use super::facts::{Facts, ResourceIx};
use super::options;
use super::rule::RuleInput;
use crate::model::{AgentClass, Operation, Role, Table, period, scalar};

/// How long an operation may take when nothing says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);

/// Which configured operations a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// All.
    Any,
    /// Those that are not switched off.
    EnabledOnly,
}

/// Options of an operation as they hold at this moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperationOptions {
    /// Everything by name: sets, then the operation's own options over them, then defaults;
    /// checked, with `timeout`, `interval` and `start-delay` in milliseconds.
    pub meta: Table,
    /// How long it may take.
    pub timeout: Duration,
    /// The role it is for.
    pub role: Option<Role>,
    /// How long its first run waits.
    pub start_delay: Duration,
}

/// What a failure leads to, mildest first. The worst in a history decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnFail {
    /// Nothing.
    #[default]
    Ignore,
    /// Demote it.
    Demote,
    /// Stop it, and start it again.
    Restart,
    /// Take a remote connection down, and up again.
    ResetRemote,
    /// Restart what launches it.
    Container,
    /// Move it away.
    Ban,
    /// Touch it no more.
    Block,
    /// Stop it, for good.
    Stop,
    /// Move everything away from the node.
    Standby,
    /// Fence the node.
    Fence,
}

/// The options by which later calls for the same operation are answered.
#[derive(Debug, Clone)]
pub(super) struct KnownOptions {
    name: Arc<str>,
    interval: Duration,
    op: Option<usize>,
    options: Arc<OperationOptions>,
}

impl Facts<'_> {
    /// The operation configured for a task and interval: the first of that name and interval;
    /// `migrate_to` and `migrate_from` make do with `migrate`.
    pub fn find_operation(
        &self,
        resource: ResourceIx,
        name: &str,
        interval: Duration,
        lookup: Lookup,
    ) -> Option<&Operation> {
        let ops = &self.resource(resource).primitive()?.ops;
        let find = |name: &str, interval: Duration| {
            ops.iter().map(AsRef::as_ref).find(|op: &&Operation| {
                *op.name == *name && op.interval == interval && (lookup == Lookup::Any || op.is_enabled())
            })
        };
        let is_migration = matches!(name, "migrate_to" | "migrate_from");
        find(name, interval).or_else(|| is_migration.then(|| find("migrate", Duration::ZERO))?)
    }

    /// The options of an operation, configured (`op`) or not.
    pub fn operation_options(
        &self,
        resource: ResourceIx,
        name: &str,
        interval: Duration,
        op: Option<&Operation>,
    ) -> Arc<OperationOptions> {
        let facts = self.resource(resource);
        let position = op
            .and_then(|op| facts.primitive()?.ops.iter().position(|known| std::ptr::eq(known.as_ref(), op)));
        if op.is_some() && position.is_none() {
            return Arc::new(self.read_options(resource, name, interval, op));
        }
        let is_it =
            |known: &KnownOptions| known.op == position && known.interval == interval && *known.name == *name;
        if let Some(known) = facts.memo.options.borrow().iter().find(|known| is_it(known)) {
            return Arc::clone(&known.options);
        }
        let options = Arc::new(self.read_options(resource, name, interval, op));
        let known = KnownOptions { name: name.into(), interval, op: position, options: Arc::clone(&options) };
        facts.memo.options.borrow_mut().push(known);
        options
    }

    fn read_options(
        &self,
        resource: ResourceIx,
        name: &str,
        interval: Duration,
        op: Option<&Operation>,
    ) -> OperationOptions {
        let Some(primitive) = self.resource(resource).primitive() else {
            return OperationOptions { timeout: DEFAULT_TIMEOUT, ..OperationOptions::default() };
        };
        let input = RuleInput {
            now: self.now,
            agent: Some(&primitive.agent),
            operation: Some((name, interval)),
            ..RuleInput::default()
        };
        let mut meta = op.map_or_else(Table::new, |op| self.own_options(op, &input));
        let is_probe = name == "monitor" && interval.is_zero();
        if is_probe && !meta.contains_key("timeout") {
            let monitor = shortest_monitor(primitive.ops.iter().map(AsRef::as_ref));
            if let Some(timeout) = monitor.and_then(|monitor| monitor.option("timeout")) {
                meta.insert("timeout".into(), timeout.into());
            }
        }
        options::collect_into(&mut meta, &self.cluster.operation_defaults, &input, &self.recheck);
        meta.remove("id");
        set_ms(&mut meta, "interval", interval);
        let is_device = primitive.agent.class == AgentClass::Stonith;
        if is_device && (is_probe || name == "start") && primitive.may_have_param("pcmk_monitor_timeout") {
            let params = self.params(resource, None);
            if let Some(timeout) = params.get("pcmk_monitor_timeout") {
                meta.insert("timeout".into(), Arc::clone(timeout));
            }
        }
        check_on_fail(&mut meta, name, interval, op, primitive.ops.iter().map(AsRef::as_ref));
        let timeout = meta
            .get("timeout")
            .and_then(|text| period::parse(text))
            .filter(|timeout| timeout.as_millis() > 0)
            .unwrap_or(DEFAULT_TIMEOUT);
        meta.insert("timeout".into(), timeout.as_millis().to_string().into());
        let start_delay = self.start_delay(&meta, interval);
        if let Some(delay) = start_delay {
            meta.insert("start-delay".into(), delay.as_millis().to_string().into());
        }
        let role = meta.get("role").and_then(|text| Role::parse(text));
        OperationOptions { meta, timeout, role, start_delay: start_delay.unwrap_or_default() }
    }

    /// What the operation's sets say, and over them what is written on it.
    fn own_options(&self, op: &Operation, input: &RuleInput<'_>) -> Table {
        let mut meta = options::collect(&op.meta, input, &self.recheck);
        for (name, value) in &op.options {
            meta.insert(Arc::clone(name), Arc::clone(value));
        }
        meta.insert("name".into(), Arc::clone(&op.name));
        meta
    }

    /// `start-delay` as given, or the time to the next multiple of the interval since
    /// `interval-origin`.
    fn start_delay(&self, meta: &Table, interval: Duration) -> Option<Duration> {
        if let Some(delay) = meta.get("start-delay") {
            return Some(period::parse(delay).unwrap_or_default());
        }
        let origin = calendar::parse_moment(meta.get("interval-origin")?, self.now)?;
        let interval = i64::try_from(interval.as_secs()).ok().filter(|seconds| *seconds > 0)?;
        let since = self.now.saturating_sub(origin) % interval;
        let wait = if since <= 0 { -since } else { interval - since };
        u64::try_from(wait).ok().map(Duration::from_secs)
    }

    /// What a failure of the task leads to.
    pub fn on_fail(
        &self,
        resource: ResourceIx,
        task: &str,
        options: &OperationOptions,
        is_probe: bool,
    ) -> OnFail {
        let facts = self.resource(resource);
        let written = options.meta.get("on-fail").map(|text| text.to_ascii_lowercase());
        let chosen = match written.as_deref() {
            Some("block") => Some(OnFail::Block),
            Some("fence") if self.properties.fencing_enabled => Some(OnFail::Fence),
            Some("fence" | "stop") => Some(OnFail::Stop),
            Some("standby") => Some(OnFail::Standby),
            Some("ignore" | "nothing") => Some(OnFail::Ignore),
            Some("migrate") => Some(OnFail::Ban),
            Some("restart") => Some(OnFail::Restart),
            Some("restart-container") if facts.launcher.is_some() => Some(OnFail::Container),
            Some("demote") => Some(OnFail::Demote),
            Some(_) | None => None,
        };
        let is_remote = facts.is_connection() && facts.launcher.is_none();
        if is_remote && !is_probe && task != "start" {
            if !facts.is_managed {
                return OnFail::Stop;
            }
            return chosen.unwrap_or(OnFail::ResetRemote);
        }
        chosen.unwrap_or_else(|| match (facts.launcher.is_some(), task) {
            (true, _) => OnFail::Container,
            (false, "stop") if self.properties.fencing_enabled => OnFail::Fence,
            (false, "stop") => OnFail::Block,
            (false, _) => OnFail::Restart,
        })
    }

    /// The role a resource may have after a failure of the task with this consequence.
    pub fn role_after_failure(&self, resource: ResourceIx, task: &str, on_fail: OnFail) -> Role {
        let has_pause = self.resource(resource).reconnect_interval.is_some();
        match (on_fail, task) {
            (OnFail::Stop, _) => Role::Stopped,
            (OnFail::ResetRemote, _) if has_pause => Role::Stopped,
            (_, "promote") => Role::Unpromoted,
            (_, _) => Role::Started,
        }
    }
}

fn set_ms(meta: &mut Table, name: &str, length: Duration) {
    if length.is_zero() {
        meta.remove(name);
    } else {
        meta.insert(name.into(), length.as_millis().to_string().into());
    }
}

/// The enabled recurring monitor with the shortest interval; the first among equals.
fn shortest_monitor<'o>(ops: impl Iterator<Item = &'o Operation>) -> Option<&'o Operation> {
    ops.filter(|op| &*op.name == "monitor" && !op.interval.is_zero() && op.is_enabled())
        .min_by_key(|op| op.interval)
}

/// Drops an `on-fail` that the operation cannot have, and gives a demote the one of the
/// monitors that guard the promoted role.
fn check_on_fail<'o>(
    meta: &mut Table,
    name: &str,
    interval: Duration,
    op: Option<&Operation>,
    ops: impl DoubleEndedIterator<Item = &'o Operation>,
) {
    let promoted = |op: &Operation| op.option("role").and_then(Role::parse) == Some(Role::Promoted);
    if name == "lrm_delete" {
        meta.insert("on-fail".into(), "ignore".into());
        return;
    }
    let is = |meta: &Table, words: &[&str]| {
        meta.get("on-fail").is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
    };
    if name == "stop" && is(meta, &["standby", "demote", "stop"]) {
        meta.remove("on-fail");
    }
    if name == "demote" && !meta.contains_key("on-fail") {
        let source = ops
            .rev()
            .filter(|op| &*op.name == "monitor" && !op.interval.is_zero() && op.is_enabled() && promoted(op));
        let mut values = source.filter_map(|op| op.option("on-fail"));
        if let Some(value) = values.find(|value| !value.eq_ignore_ascii_case("demote")) {
            meta.insert("on-fail".into(), value.into());
        }
    }
    let may_demote =
        name == "promote" || (name == "monitor" && !interval.is_zero() && op.is_some_and(promoted));
    if !may_demote && is(meta, &["demote"]) {
        meta.remove("on-fail");
    }
}

/// Whether the text of an option is true; absent and unreadable texts are not.
pub fn is_true(table: &Table, name: &str) -> bool {
    table.get(name).and_then(|text| scalar::parse_boolean(text)) == Some(true)
}
