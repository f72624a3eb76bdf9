//! This host: how its agents are run and outlive whoever began them, its monitors, its secrets, its
//! processes, its clock, and what its services run with. Each rule of running agents stands here once;
//! the engine `local` and the daemon both go by it.

pub(crate) mod clock;
pub(crate) mod memory;
pub(crate) mod monitor;
pub(crate) mod orphan;
pub(crate) mod process;
pub(crate) mod rounds;
pub(crate) mod runner;
pub(crate) mod secrets;
pub(crate) mod trace;

pub use clock::boot_id;
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
