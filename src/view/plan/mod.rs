//! A plan as text, JSON and markdown.

mod json;
mod markdown;
mod objects;
mod saved;
mod summary;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use saved::{UnreadablePlan, read_saved, write_saved};
pub use summary::{configuration_summary, disruption_summary};
pub use text::{Detail, leftovers, text};
