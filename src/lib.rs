//! Quorate keeps services highly available from a committed manifest.
//!
//! The modules in the order the data takes. The pure ring has no clock, files, processes,
//! network, randomness or hash order: time, seed and snapshot come in as values.
//!
//! ```text
//! cluster.yaml --parse-> Document --lower-> model::Cluster --+
//!                                                            +-- schedule(cluster, status, now) -> Schedule
//! engine.observe() ------------> status::ClusterStatus ------+                                        |
//!      ^                                                         Plan { changes, transition, basis } -+-> view
//!      +------ commands <----- Executor <---- events                         |
//!                                 ^------------------------------------------+
//! ```

// --- pure ring: each line knows only lines above it -----------------------------------------
pub mod diagnostic; // findings for people, with their places
pub mod model; // what is desired
pub mod status; // what is so

pub mod cib; // Pacemaker's configuration and status, read and written
pub mod formation; // how a cluster comes to be: membership and its keys
pub mod manifest; // the YAML of operators, read, checked and written

pub mod scheduler; // from what is desired and what is so to actions

pub mod executor; // which action when
pub mod plan; // changes and actions, explained

pub mod ledger; // what results of actions mean for the status

pub mod cluster; // one daemon's whole logic

pub mod api; // the words of the daemon's API

// --- effect ring ----------------------------------------------------------------------------
pub mod agent; // resource and fence agents

pub mod host; // this host's agents, secrets and processes
pub mod source; // the files of a manifest
pub mod tool; // the `crm_attribute` family, for agents

pub mod engine; // observing a cluster and bringing it to what is desired

pub mod view; // plans, status and events as text, JSON and pages

pub mod daemon; // the node daemon

pub mod cli; // commands
