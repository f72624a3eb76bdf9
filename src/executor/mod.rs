//! Carrying out a transition, as a state machine: event in, commands out.
//!
//! The executor knows nothing of agents, clocks or networks. Whoever drives it runs what
//! [`Command::Start`] names, tells it of every [`Event`], and obeys each command in order:
//!
//! ```text
//! Executor::new(transition, limits)
//!     step(Begin) -> [Start 3, SetTimer 3, Start 5, SetTimer 5]
//!     step(Finished 3) -> [Reached 7, Start 8, SetTimer 8]
//!     ...
//!     step(Finished 8) -> [Done(Complete)]
//! ```
//!
//! Everything runs in parallel that neither `after` nor a limit keeps apart. An answer the plan did
//! not expect ends the transition: nothing new is started but notifications after what has come about,
//! and what is in flight is awaited. A new plan need not wait for it: end with [`Urgency::HandOver`],
//! schedule again with [`Executor::in_flight`] as facts, and give the new executor these actions with
//! [`Executor::carry`], and what is still to be told with [`Executor::owe`].

mod event;
mod limits;
mod machine;
mod result;

pub use event::{Cause, Command, Event, Outcome, Urgency};
pub use limits::Limits;
pub use machine::{Executor, Owed};
pub use result::{ActionResult, expected_rc};

#[cfg(test)]
mod tests;
