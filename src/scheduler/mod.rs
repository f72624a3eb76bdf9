//! The heart: from what should be and what is, to what is to be done.
//!
//! Each phase returns a new type and leaves nothing half-final:
//!
//! ```text
//! facts     = interpret(cluster, status, now)    node and instance states, failures, what history means
//! placement = assign(facts)                      where, in which role, at what score, and why
//! actions   = act(&placement)                    probes, role changes, monitors, fencing
//! ordered   = order(&placement, actions)         relations to a fixpoint; optional, required, blocked
//! schedule  = Schedule::new(placement, ordered)
//! ```
//!
//! Phases never name kinds: what a colocation means lives in [`constraint`], what a clone means in
//! [`variant`]. Kinds speak the phases' words (drafts, links, causes); where one calls a phase, the
//! table in `tests/tidy.rs` names it.

pub mod act;
pub mod assign;
pub mod calendar;
pub mod constraint;
pub mod digest;
pub mod facts;
pub mod failures;
pub mod fencing;
mod glib;
pub mod interpret;
pub mod natural;
pub mod node_table;
pub mod operation;
pub mod options;
pub mod order;
pub mod params;
pub mod reason;
pub mod recheck;
pub mod release;
pub mod request;
pub mod rule;
pub mod schedule;
pub mod task;
pub mod transition;
pub mod variant;

pub use facts::{Facts, NodeIx, ResourceIx};
pub use reason::Reason;
pub use release::Release;
pub use schedule::{Change, ChangeKind, Schedule, ScoreLine, ScorePool, Shortcut, Stalled};
pub use task::Task;
pub use transition::{Action, ActionId, ActionKind, Transition};

use crate::model::Cluster;
use crate::status::ClusterStatus;

/// Decides what is to be done so that `status` becomes what `cluster` asks for. Never fails:
/// what cannot be done is a blocked change with its reason.
///
/// `now` is the moment of the decision, in seconds since 1970.
pub fn schedule(cluster: &Cluster, status: &ClusterStatus, now: i64) -> Schedule {
    decide(cluster, status, now).1
}

/// Decides as [`schedule`] does, and also gives the placement with its facts, for those who explain.
pub fn decide<'a>(
    cluster: &'a Cluster,
    status: &'a ClusterStatus,
    now: i64,
) -> (assign::Placement<'a>, Schedule) {
    decide_as(Release::default(), cluster, status, now)
}

/// Decides as `release` does.
pub fn decide_as<'a>(
    release: Release,
    cluster: &'a Cluster,
    status: &'a ClusterStatus,
    now: i64,
) -> (assign::Placement<'a>, Schedule) {
    let facts = interpret::interpret_as(release, cluster, status, now);
    let placement = assign::assign(facts);
    let actions = act::act(&placement);
    let ordered = order::order(&placement, actions);
    let schedule = Schedule::new(&placement, ordered);
    (placement, schedule)
}
