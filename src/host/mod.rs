//! This host: its agents run, its secrets, its processes, and what its services run with. What the
//! engine `local` and the daemon both need.

pub(crate) mod memory;
pub(crate) mod process;
pub(crate) mod runner;
pub(crate) mod secrets;

pub use runner::{CallCount, Calls};
