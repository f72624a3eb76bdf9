//! Recordings: all that a decision was made from, and the decision, so that it can be made again.

use serde::{Deserialize, Serialize};

use super::{to_json, transition};
use crate::model::Cluster;
use crate::model::digest::digest;
use crate::model::secrecy::holds_secret;
use crate::plan::secrecy;
use crate::scheduler::{self, Schedule};
use crate::status::ClusterStatus;

/// Version of the document: minor versions add, major versions break.
const FORMAT_VERSION: &str = "1.0";

/// What a recording is to a web client.
pub const MEDIA_TYPE: &str = "application/json";

/// What the document says it is.
const KIND: &str = "recording";

#[derive(Serialize, Deserialize)]
struct Document {
    format_version: String,
    kind: String,
    /// Of the Quorate that decided.
    quorate_version: String,
    /// SHA-256 of the input's JSON.
    input_digest: String,
    input: Input,
    /// SHA-256 of the schedule's text.
    schedule_digest: String,
    /// The schedule, as `plan -o transition` prints it.
    schedule: String,
}

/// What a decision is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Input {
    now: i64,
    cluster: Cluster,
    status: ClusterStatus,
}

/// A recording that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Version of the Quorate that decided.
    pub quorate_version: String,
    /// The schedule that was decided, as text.
    pub schedule: String,
    input: Input,
}

/// Without its secrets, another decision would be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("without its secrets, another decision would be made")]
pub struct Unrecordable;

/// Why a file is not a recording that can be used.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableRecording {
    /// It is something else.
    #[error("not a recording (`quorate plan --record FILE` makes one)")]
    OtherKind,
    /// It was written by a version that this one does not understand.
    #[error("a recording of format {0}, which this version cannot read")]
    Version(String),
    /// It cannot be understood.
    #[error("a damaged recording")]
    Malformed(#[from] serde_json::Error),
    /// Its text was changed since.
    #[error("a recording whose {0} was changed afterwards")]
    Altered(&'static str),
}

/// The recording of a decision. Secrets that stand in its input in plain text have stand-ins: the
/// decision is made once more from those, and is the same but for them.
///
/// # Errors
/// When it would not be the same.
pub fn write(
    cluster: &Cluster,
    status: &ClusterStatus,
    now: i64,
    schedule: &Schedule,
) -> Result<String, Unrecordable> {
    let Some((cluster, status)) = secrecy::input_without_secrets(cluster, status, now) else {
        return Ok(document(cluster.clone(), status.clone(), now, schedule));
    };
    let masked = scheduler::schedule(&cluster, &status, now);
    if without_params(schedule) != without_params(&masked) {
        return Err(Unrecordable);
    }
    Ok(document(cluster, status, now, &masked))
}

/// A schedule without the parameters of its actions and without digests of them.
fn without_params(schedule: &Schedule) -> Schedule {
    let mut schedule = schedule.clone();
    for action in &mut schedule.transition.actions {
        action.params.retain(|name, _| !holds_secret(name));
        action.meta.retain(|name, _| !name.starts_with("digests_"));
    }
    schedule
}

fn document(cluster: Cluster, status: ClusterStatus, now: i64, schedule: &Schedule) -> String {
    let input = Input { now, cluster, status };
    let schedule = transition::json(schedule);
    to_json(&Document {
        format_version: FORMAT_VERSION.to_owned(),
        kind: KIND.to_owned(),
        quorate_version: env!("CARGO_PKG_VERSION").to_owned(),
        input_digest: digest(&serde_json::to_value(&input).unwrap_or_default()),
        input,
        schedule_digest: digest(&schedule),
        schedule,
    })
}

/// Reads a recording.
///
/// # Errors
/// When it is something else, damaged or changed, or of another major version.
pub fn read(text: &str) -> Result<Recording, UnreadableRecording> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| UnreadableRecording::OtherKind)?;
    let word = |name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    if word("kind") != KIND {
        return Err(UnreadableRecording::OtherKind);
    }
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(word("format_version")) != major(FORMAT_VERSION) {
        return Err(UnreadableRecording::Version(word("format_version").to_owned()));
    }
    // As it stands in the file: what this version would write may have more fields.
    if value.get("input").map(digest).as_deref() != Some(word("input_digest")) {
        return Err(UnreadableRecording::Altered("input"));
    }
    let document: Document = serde_json::from_value(value)?;
    if digest(&document.schedule) != document.schedule_digest {
        return Err(UnreadableRecording::Altered("schedule"));
    }
    let Document { quorate_version, input, schedule, .. } = document;
    Ok(Recording { quorate_version, schedule, input })
}

impl Recording {
    /// Decides once more.
    pub fn decide(&self) -> Schedule {
        scheduler::schedule(&self.input.cluster, &self.input.status, self.input.now)
    }
}
