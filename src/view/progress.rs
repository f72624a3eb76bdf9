//! Progress of applying: what an engine tells, as lines for people and as records for machines.

use std::time::Duration;

use serde::Serialize;

use super::{Ink, escaped};
use crate::engine::{Event, Outcome};
use crate::executor::{ActionResult, expected_rc};
use crate::model::NodeName;
use crate::plan::{Leftover, Owner, Verb};
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

/// Version of the records: minor versions add, major versions break.
const FORMAT_VERSION: &str = "1.0";

/// One line of the stream for machines.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Record<'a> {
    Version {
        format_version: &'static str,
        quorate_version: &'static str,
    },
    Scheduled {
        actions: usize,
    },
    ActionStarted {
        action: Row<'a>,
    },
    ActionFinished {
        action: Row<'a>,
        rc: u8,
        status: ResultStatus,
        succeeded: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        exit_reason: Option<&'a str>,
        took_ms: u128,
    },
    Waiting {
        #[serde(skip_serializing_if = "Option::is_none")]
        length_ms: Option<u128>,
        because: &'a str,
    },
    Aborted {
        because: &'a str,
    },
    Trouble {
        message: &'a str,
    },
    TroubleOver {
        message: &'a str,
    },
    Kept {
        objects: Vec<Kept<'a>>,
    },
    Outcome {
        outcome: &'static str,
        message: String,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        obstacles: &'a [String],
    },
}

#[derive(Serialize)]
struct Kept<'a> {
    address: String,
    owner: &'a Owner,
}

#[derive(Serialize)]
struct Row<'a> {
    task: &'a str,
    resource: Option<&'a str>,
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    interval_ms: u128,
}

fn is_zero(number: &u128) -> bool {
    *number == 0
}

/// The first line of the stream for machines.
pub fn version_record() -> String {
    line(&Record::Version { format_version: FORMAT_VERSION, quorate_version: env!("CARGO_PKG_VERSION") })
}

/// An event as a line of the stream for machines.
pub fn event_record(event: &Event) -> String {
    line(&match event {
        Event::Scheduled { actions } => Record::Scheduled { actions: *actions },
        Event::Started(action) => Record::ActionStarted { action: row(action) },
        Event::Finished { action, result } => Record::ActionFinished {
            action: row(action),
            rc: result.rc.0,
            status: result.status,
            succeeded: result.has_succeeded(action),
            exit_reason: result.exit_reason.as_deref(),
            took_ms: result.took.as_millis(),
        },
        Event::Waiting { length, because } => {
            Record::Waiting { length_ms: length.map(|length| length.as_millis()), because }
        }
        Event::Aborted { because } => Record::Aborted { because },
    })
}

/// Why nothing can be done for now, as a line of the stream for machines.
pub fn trouble_record(message: &str) -> String {
    line(&Record::Trouble { message })
}

/// That a trouble is over, as a line of the stream for machines.
pub fn trouble_over_record(message: &str) -> String {
    line(&Record::TroubleOver { message })
}

/// What stays in force although the manifest does not have it, as a line of the stream for machines.
pub fn kept_record(leftovers: &[Leftover]) -> String {
    let objects = leftovers
        .iter()
        .filter(|leftover| leftover.owner != Owner::Runtime)
        .map(|leftover| Kept { address: leftover.address.to_string(), owner: &leftover.owner });
    line(&Record::Kept { objects: objects.collect() })
}

/// The last line of the stream for machines; `obstacles` says what is not as it should be, and why.
pub fn outcome_record(outcome: &Outcome, obstacles: &[String]) -> String {
    line(&Record::Outcome { outcome: outcome_word(outcome), message: outcome_message(outcome), obstacles })
}

/// The outcome of an apply whose desired state another one took the place of.
pub const SUPERSEDED: &str = "superseded";

/// The record of such an outcome, for which obstacles of the other's are of no concern.
pub fn superseded_record(message: &str) -> String {
    line(&Record::Outcome { outcome: SUPERSEDED, message: message.to_owned(), obstacles: &[] })
}

/// The outcome as one word.
pub fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Converged => "converged",
        Outcome::Stuck => "stuck",
        Outcome::GaveUp { .. } => "gave-up",
    }
}

/// The outcome as a sentence.
pub fn outcome_message(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Converged => "The cluster is as it should be.".to_owned(),
        Outcome::Stuck => "Something cannot be done now.".to_owned(),
        Outcome::GaveUp { transitions } => {
            format!("Gave up after {transitions} attempts: results keep undoing the plan.")
        }
    }
}

fn line(record: &Record<'_>) -> String {
    super::to_json_line(record)
}

fn row(action: &Action) -> Row<'_> {
    Row {
        task: action.task.as_str(),
        resource: action.instance.as_deref().or(action.resource.as_deref()),
        node: action.node.as_ref().map(NodeName::as_str),
        interval_ms: action.interval.as_millis(),
    }
}

/// Whether people want to see the action while all goes well.
pub fn is_worth_showing(action: &Action) -> bool {
    Verb::of_task(&action.task).is_some()
}

/// `start ClusterIP on node1`.
pub fn describe(action: &Action) -> String {
    let task = match &action.task {
        Task::MigrateTo => "migrate",
        Task::MigrateFrom => "receive",
        Task::Reload => "reload",
        Task::Shutdown => "shut down",
        Task::FenceReboot => "fence (reboot)",
        Task::FenceOff => "fence (off)",
        Task::FenceOn => "unfence",
        Task::Monitor if action.is_probe() => "probe",
        other @ (Task::Start
        | Task::Stop
        | Task::Promote
        | Task::Demote
        | Task::Monitor
        | Task::Cancel
        | Task::Notify
        | Task::Delete
        | Task::ClearFailCount
        | Task::ClearHistory
        | Task::Pseudo(_)) => other.as_str(),
    };
    let resource = action.instance.as_deref().or(action.resource.as_deref());
    let words = match (resource, &action.node) {
        (Some(resource), Some(node)) => format!("{task} {resource} on {node}"),
        (Some(resource), None) => format!("{task} {resource}"),
        (None, Some(node)) => format!("{task} {node}"),
        (None, None) => task.to_owned(),
    };
    escaped(&words)
}

/// A wait as a line for people.
pub fn waiting_line(length: Option<Duration>, because: &str, ink: Ink) -> String {
    let time = length.map(|length| format!("{}.{}s: ", length.as_secs(), length.subsec_millis() / 100));
    format!("  {}  {}{}", ink.faint("waits "), time.unwrap_or_default(), escaped(because))
}

/// A finished action as a line for people.
pub fn finished_line(action: &Action, result: &ActionResult, ink: Ink) -> String {
    let what = describe(action);
    let took = format!("{}.{}s", result.took.as_secs(), result.took.subsec_millis() / 100);
    let said = result
        .exit_reason
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(|text| format!(": {}", escaped(text)))
        .unwrap_or_default();
    if result.has_succeeded(action) {
        let remark =
            if result.rc.is_degraded() { format!("  {}{said}", result.rc.name()) } else { String::new() };
        return format!("  {}  {what}{remark}  {}", ink.good("ok    "), ink.faint(&took));
    }
    let answer = answer(action, result);
    format!("  {}  {what}  {answer}{said}  {}", ink.bad("failed"), ink.faint(&took))
}

/// What was answered that was not expected. A good answer to another question than the one that was asked says
/// what it was expected to be.
fn answer(action: &Action, result: &ActionResult) -> &'static str {
    match (result.status, result.undegraded(), expected_rc(action)) {
        (ResultStatus::TimedOut, _, _) => "timed out",
        (ResultStatus::Done, ResultCode::OK, ResultCode::PROMOTED) => "runs, and is not promoted",
        (ResultStatus::Done, ResultCode::PROMOTED, ResultCode::OK) => "is promoted, and should not be",
        (ResultStatus::Done, ResultCode::OK | ResultCode::PROMOTED, ResultCode::NOT_RUNNING) => {
            "runs, and should not"
        }
        (ResultStatus::Done, ResultCode::OK, _) => "unexpectedly ok",
        (_, ResultCode::OK, _) => "not known",
        _ => result.rc.name(),
    }
}
