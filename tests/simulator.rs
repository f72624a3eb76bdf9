//! A simulator of the whole cluster: the daemons' logic as it is, in virtual time, under faults from a
//! seed. Checkers that know nothing but what can be seen from outside judge it. A seed that fails is
//! shrunk and says how it is played again.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a failed test says so by panicking, a campaign tells how it goes, and a checker looks at what it is about"
)]

#[path = "simulator/campaign.rs"]
mod campaign;
#[path = "simulator/checkers/mod.rs"]
mod checkers;
#[path = "simulator/defects.rs"]
mod defects;
#[path = "generator/dice.rs"]
mod dice;
#[path = "simulator/fault.rs"]
mod fault;
#[path = "simulator/run.rs"]
mod run;
#[path = "simulator/scenario.rs"]
mod scenario;
#[path = "simulator/setting.rs"]
mod setting;
#[path = "simulator/shrink.rs"]
mod shrink;
#[path = "simulator/strike.rs"]
mod strike;
mod world;
