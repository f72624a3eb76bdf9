//! Views: data as text, JSON or markdown. They decide nothing and print nothing.

pub mod agent;
pub mod attribute;
pub mod because;
pub mod concern;
pub mod diagnostic;
mod difference;
pub mod drill;
pub mod explain;
pub mod fold;
pub mod graph;
pub mod history;
mod ink;
mod legible;
pub mod overlay;
pub mod page;
pub mod plan;
pub mod progress;
pub mod prometheus;
pub mod recording;
pub mod status;
pub mod ticket;
pub mod transition;
pub mod window;

pub use difference::difference;
pub use ink::Ink;
pub use legible::{escaped, escaped_lines};

use crate::model::json;

/// A value as indented JSON, ending with a newline.
pub fn to_json(value: &impl serde::Serialize) -> String {
    let mut page = legible::json(json::page(value));
    page.push('\n');
    page
}

/// A value as one line of JSON, with its newline.
pub fn to_json_line(value: &impl serde::Serialize) -> String {
    let mut line = legible::json(json::line(value));
    line.push('\n');
    line
}

/// Seconds since 1970 as a moment that people and machines read: `2026-07-01T00:00:00Z`.
pub fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |moment| moment.to_string())
}
