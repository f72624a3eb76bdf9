//! (placeholder)
use crate::scheduler::Schedule;

/// Placeholder.
pub fn json(schedule: &Schedule) -> String {
    format!("{schedule:?}")
}
