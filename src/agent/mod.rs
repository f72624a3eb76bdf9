//! Agents: the programs that start, stop and watch services, and the fence devices' own.
//!
//! A leaf: one call in, one result out. Shared by all classes are the clean environment, the time
//! limit on the whole process group and the bounded output ([`Installation::run`]); each class has
//! its own file for what is its own.
//!
//! ```text
//! Invocation -- ocf | lsb | systemd | service | fence --> Program -- process --> Completed
//! ```

pub mod alert;
mod capture;
pub mod catalog;
pub mod check;
pub mod fence;
mod installation;
mod invocation;
mod lsb;
pub mod metadata;
mod ocf;
mod process;
mod service;
mod shelf;
pub mod systemd;
mod witness;

pub use installation::{Installation, Tools};
pub use invocation::{Completed, Invocation};
pub use metadata::Metadata;
pub use process::{Leash, settle_process};
pub use shelf::make_shelf;
pub use witness::Witness;
