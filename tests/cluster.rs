//! A whole cluster in one process: the daemons' logic as it is, everything around it simulated in
//! virtual time. Claims about what it does; `simulator.rs` looks for what nobody thought of.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test says so by panicking")]

#[path = "cluster/changes.rs"]
mod changes;
#[path = "cluster/check.rs"]
mod check;
#[path = "generator/dice.rs"]
mod dice;
#[path = "cluster/doubt.rs"]
mod doubt;
#[path = "cluster/failover.rs"]
mod failover;
#[path = "cluster/fencing.rs"]
mod fencing;
#[path = "cluster/isolation.rs"]
mod isolation;
#[path = "cluster/joining.rs"]
mod joining;
#[path = "cluster/strangers.rs"]
mod strangers;
#[path = "cluster/telling.rs"]
mod telling;
#[path = "cluster/watching.rs"]
mod watching;
mod world;
