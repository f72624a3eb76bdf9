//! A schedule as JSON for machines: the actions with what each waits for, the changes, the scores.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::model::{NodeName, Role, json};
use crate::scheduler::{
    Action, ActionId, ActionKind, Change, ChangeKind, Schedule, ScoreLine, ScorePool, Shortcut,
};

/// The document. Serialize it with any serde format; JSON is what other tools read.
#[derive(Debug, Serialize)]
pub struct TransitionDocument<'a> {
    actions: Vec<ActionRow<'a>>,
    changes: Vec<ChangeRow<'a>>,
    scores: Vec<ScoreRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recheck_by: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    shortcuts: &'a [Shortcut],
}

#[derive(Debug, Serialize)]
struct ActionRow<'a> {
    id: ActionId,
    kind: &'static str,
    task: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    router: Option<&'a str>,
    interval_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify: Option<&'a str>,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    params: BTreeMap<&'a str, &'a str>,
    meta: BTreeMap<Arc<str>, Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    after: &'a [ActionId],
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ChangeRow<'a> {
    Fence {
        action: &'static str,
        operation: &'a str,
        node: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        resource: Option<&'a str>,
        reason: Option<String>,
    },
    Resource {
        action: &'static str,
        resource: &'a str,
        from: Option<&'a str>,
        to: Option<&'a str>,
        role_from: Role,
        role_to: Role,
        blocked: bool,
        reason: Option<String>,
    },
}

#[derive(Debug, Serialize)]
struct ScoreRow<'a> {
    pool: &'static str,
    resource: &'a str,
    node: Option<&'a str>,
    score: i32,
}

/// Draws up the document of a schedule.
pub fn document(schedule: &Schedule) -> TransitionDocument<'_> {
    TransitionDocument {
        actions: schedule.transition.actions.iter().map(action_row).collect(),
        changes: schedule.changes.iter().map(change_row).collect(),
        scores: schedule.scores.iter().map(score_row).collect(),
        recheck_by: schedule.recheck_by,
        shortcuts: &schedule.shortcuts,
    }
}

/// The document as one line of JSON.
pub fn json(schedule: &Schedule) -> String {
    // Every key is text and every number finite, so there is nothing that could fail.
    json::line(&document(schedule))
}

fn action_row(action: &Action) -> ActionRow<'_> {
    ActionRow {
        id: action.id,
        kind: match action.kind {
            ActionKind::Resource => "resource",
            ActionKind::Cluster => "cluster",
            ActionKind::Fence => "fence",
            ActionKind::Pseudo => "pseudo",
        },
        task: action.task.as_str(),
        resource: action.resource.as_deref(),
        instance: action.instance.as_deref(),
        node: action.node.as_ref().map(NodeName::as_str),
        router: action.router.as_ref().map(NodeName::as_str),
        interval_ms: milliseconds(action.interval),
        notify: action.notify.as_deref(),
        key: &action.key,
        timeout_ms: action.timeout.map(milliseconds),
        params: named_params(action),
        meta: full_meta(action),
        reason: action.reason.as_ref().map(ToString::to_string),
        after: &action.after,
    }
}

/// Parameters as Pacemaker's graph names them. Names that begin with a digit cannot be names of
/// XML attributes, and are not among them.
fn named_params(action: &Action) -> BTreeMap<&str, &str> {
    let params = action.params.iter().map(|(name, value)| (&**name, &**value));
    params.filter(|(name, _)| !name.starts_with(|first: char| first.is_ascii_digit())).collect()
}

/// What Pacemaker keeps among the meta-attributes and we keep in fields of their own, put back.
fn full_meta(action: &Action) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut meta = action.meta.clone();
    let interval = Some(action.interval).filter(|interval| !interval.is_zero());
    let numbers = [
        ("timeout", action.timeout.map(milliseconds)),
        ("interval", interval.map(milliseconds)),
        ("op_target_rc", action.expected_rc.map(u64::from)),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            meta.entry(Arc::from(name)).or_insert_with(|| Arc::from(number.to_string()));
        }
    }
    meta
}

fn change_row(change: &Change) -> ChangeRow<'_> {
    let reason = change.reason.as_ref().map(ToString::to_string);
    let from = change.from.as_ref().map(NodeName::as_str);
    if let ChangeKind::Fence(task) = &change.kind {
        return ChangeRow::Fence {
            action: "fence",
            operation: task.as_str(),
            node: from.unwrap_or_default(),
            resource: change.resource.as_deref(),
            reason,
        };
    }
    ChangeRow::Resource {
        action: verb(&change.kind),
        resource: change.resource.as_deref().unwrap_or_default(),
        from,
        to: change.to.as_ref().map(NodeName::as_str),
        role_from: change.role_from,
        role_to: change.role_to,
        blocked: change.is_blocked,
        reason,
    }
}

const fn verb(kind: &ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Start => "start",
        ChangeKind::Stop => "stop",
        ChangeKind::Move => "move",
        ChangeKind::Migrate => "migrate",
        ChangeKind::Restart => "restart",
        ChangeKind::Recover => "recover",
        ChangeKind::Reload => "reload",
        ChangeKind::Promote => "promote",
        ChangeKind::Demote => "demote",
        ChangeKind::RePromote => "re-promote",
        ChangeKind::Fence(_) => "fence",
    }
}

fn score_row(line: &ScoreLine) -> ScoreRow<'_> {
    ScoreRow {
        pool: match line.pool {
            ScorePool::Primitive => "pcmk__primitive_assign",
            ScorePool::Group => "pcmk__group_assign",
            ScorePool::Clone => "pcmk__clone_assign",
            ScorePool::Bundle => "pcmk__bundle_assign",
            ScorePool::Promotion => "promotion",
        },
        resource: &line.resource,
        node: line.node.as_ref().map(NodeName::as_str),
        score: line.score.value(),
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
