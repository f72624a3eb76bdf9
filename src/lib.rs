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

// --- pure ring ------------------------------------------------------------------------------
pub mod diagnostic;
pub mod model;

pub mod status;

pub mod cib;
pub mod formation;
pub mod manifest;

pub mod scheduler;

pub mod executor;

pub mod ledger;

pub mod plan;

pub mod cluster;

pub mod api;

// --- effect ring ----------------------------------------------------------------------------
pub mod agent;
pub mod host;
pub mod source;
pub mod tool;

pub mod engine;

pub mod daemon;

pub mod view;

pub mod cli;
