//! The lab: hosts as namespaces, with real corosync, sshd and agents, on switches of their own.
//!
//! Needs root and the packages that it names when they are missing; says loudly what it skips. Nothing
//! is left behind when it ends, in whatever way: see [`room`].

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests of real hosts"
)]

mod audit;
mod client;
mod host;
mod inside;
mod journal;
mod lab;
mod members;
mod power;
mod room;

mod changes;
mod classes;
mod failover;
mod failures;
mod fencing;
mod formation;
mod hosts;
mod isolation;
mod partition;
mod pauses;
mod soak;
mod splits;
mod starting;
mod story;
mod tools;
mod units;
mod witness;
