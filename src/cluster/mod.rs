//! The cluster as replicated state machines: what one node daemon thinks, without any of what it does.
//!
//! [`Node`] is one daemon's whole logic. It has no clock, no files, no processes and no network:
//! the group's views and messages, the ends of local actions, timers and requests come in as
//! [`Input`]; whatever is to be done goes out as [`Output`], to be obeyed in order.
//!
//! ```text
//!            views, messages ---> +---------------------------------------+ ---> messages to all
//!   quorum, ends, answers,   ---> | Node: State (the same on all members) | ---> begin, kill
//!   timers, requests              |       Control (where it is the DC)    | ---> persist, record, tell
//!                                 +---------------------------------------+
//! ```
//!
//! All members apply the same messages in the same order to the same [`State`]. The member that has
//! been there longest is the designated controller (DC): it schedules, and gives its commands as
//! messages too. Messages carry the moments they speak of, so that no replica reads a clock.

mod border;
mod call;
mod control;
mod event;
mod member;
mod message;
mod node;
mod request;
mod solitude;
mod state;

pub use border::{Input, Kept, Output, Record, Settings, Timer};
pub use call::{Call, Flight};
pub use event::{Decision, Event};
pub use member::{Departure, Member, MemberId, Moment, Parting, Quorum, Uptime, View};
pub use node::{Node, Vigil};
pub use request::{
    Accepted, Change, Leave, Lifetime, Meanwhile, Override, OverrideId, Overriding, Pause, Proposal, Refusal,
    Request, RequestId,
};
pub use solitude::Evidence;
pub use state::{Awaited, Durable, Fencing, Heard, Live, Mark, Seat, State};
