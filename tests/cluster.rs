//! A whole cluster in one process: the daemons' logic as it is, everything around it simulated in
//! virtual time. Claims first, then faults from seeds.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test says so by panicking")]

#[path = "cluster/agents.rs"]
mod agents;
#[path = "cluster/bus.rs"]
mod bus;
#[path = "cluster/changes.rs"]
mod changes;
#[path = "cluster/check.rs"]
mod check;
#[path = "cluster/daemons.rs"]
mod daemons;
#[path = "cluster/desired.rs"]
mod desired;
#[path = "generator/dice.rs"]
mod dice;
#[path = "cluster/failover.rs"]
mod failover;
#[path = "cluster/fencing.rs"]
mod fencing;
#[path = "cluster/host.rs"]
mod host;
#[path = "cluster/isolation.rs"]
mod isolation;
#[path = "cluster/joining.rs"]
mod joining;
#[path = "cluster/seeds.rs"]
mod seeds;
#[path = "cluster/world.rs"]
mod world;
