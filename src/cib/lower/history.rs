//! What resources did on a node. By far the largest part of a real CIB, so each element's
//! attributes are gone through once.

use std::sync::Arc;
use std::time::Duration;

use super::{Lowering, shared};
use crate::cib::xml::Element;
use crate::model::secrecy::without_secrets;
use crate::model::{AgentClass, scalar};
use crate::status::{HistoryEntry, ResourceHistory, ResultCode, ResultStatus};

/// Lowers all histories of a node, in order.
pub(super) fn lower_histories(lowering: &mut Lowering<'_>, node: Element<'_>) -> Vec<ResourceHistory> {
    let lists = node.children_named("lrm").flat_map(|lrm| lrm.children_named("lrm_resources"));
    let resources = lists.flat_map(|list| list.children_named("lrm_resource"));
    resources.filter_map(|resource| lower_history(lowering, resource)).collect()
}

fn lower_history(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<ResourceHistory> {
    let Some(id) = shared(element, "id") else {
        lowering.dropped(element, "it has no `id`");
        return None;
    };
    let mut memory = Memory::default();
    Some(ResourceHistory {
        id,
        class: AgentClass::parse(element.attribute("class").unwrap_or_default()),
        provider: shared(element, "provider"),
        kind: element.attribute("type").unwrap_or_default().into(),
        container: shared(element, "container"),
        shutdown_lock: element
            .attribute("shutdown-lock")
            .and_then(scalar::parse_integer)
            .filter(|since| *since != 0),
        entries: element.children_named("lrm_rsc_op").map(|op| lower_entry(op, &mut memory)).collect(),
    })
}

/// Texts that repeat from one entry to the next are shared.
#[derive(Default)]
struct Memory {
    operation: Arc<str>,
    on_node: Arc<str>,
    feature_set: Arc<str>,
    op_digest: Arc<str>,
}

fn remember(memory: &mut Arc<str>, text: &str) -> Arc<str> {
    if **memory != *text {
        *memory = text.into();
    }
    Arc::clone(memory)
}

fn lower_entry(element: Element<'_>, memory: &mut Memory) -> HistoryEntry {
    let mut entry = HistoryEntry::default();
    for (name, value) in element.attributes() {
        let text = || Some(Arc::from(value));
        match name {
            "id" => entry.id = value.into(),
            "operation" => entry.operation = remember(&mut memory.operation, value),
            "operation_key" => entry.operation_key = text(),
            "interval" => entry.interval = milliseconds(value).unwrap_or_default(),
            "call-id" => entry.call_id = scalar::parse_integer(value).filter(|call| *call >= 0),
            "rc-code" => entry.rc = parse_rc(value),
            "op-status" => entry.status = scalar::parse_integer(value).and_then(ResultStatus::from_number),
            "transition-key" => entry.transition_key = text(),
            "transition-magic" => entry.transition_magic = text(),
            "last-rc-change" => entry.last_rc_change = scalar::parse_integer(value),
            "exec-time" => entry.exec_time = milliseconds(value),
            "queue-time" => entry.queue_time = milliseconds(value),
            "on_node" => entry.on_node = Some(remember(&mut memory.on_node, value)),
            "exit-reason" => {
                // Agents say what they were told.
                entry.exit_reason =
                    Some(Arc::from(&*without_secrets(value))).filter(|reason: &Arc<str>| !reason.is_empty());
            }
            "migrate_source" => entry.migrate_source = text(),
            "migrate_target" => entry.migrate_target = text(),
            "op-digest" => entry.op_digest = Some(remember(&mut memory.op_digest, value)),
            "op-restart-digest" => entry.op_restart_digest = text(),
            "op-secure-digest" => entry.op_secure_digest = text(),
            "op-force-restart" => entry.op_force_restart = text(),
            "op-secure-params" => entry.op_secure_params = text(),
            "crm_feature_set" => entry.feature_set = Some(remember(&mut memory.feature_set, value)),
            // What the source notes for its own debugging, and names no longer in use.
            _ => {}
        }
    }
    entry
}

fn milliseconds(text: &str) -> Option<Duration> {
    scalar::parse_integer(text).and_then(|number| u64::try_from(number).ok()).map(Duration::from_millis)
}

fn parse_rc(text: &str) -> Option<ResultCode> {
    scalar::parse_integer(text).and_then(|number| u8::try_from(number).ok()).map(ResultCode)
}
