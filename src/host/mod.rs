//! This host: its agents run, its secrets, its processes, and what its services run with. What the
//! engine `local` and the daemon both need.

pub(crate) mod memory;
pub(crate) mod process;
pub(crate) mod runner;
pub(crate) mod secrets;

pub use runner::{CallCount, Calls};

use std::io;

use crate::model::NodeName;

/// The name of this host.
///
/// # Errors
/// When the kernel does not tell, or it is no text.
pub fn name() -> io::Result<NodeName> {
    let name = rustix::system::uname().nodename().to_str().map(NodeName::from);
    name.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
