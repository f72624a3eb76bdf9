//! Options of operations.

use super::OptionKind::{Boolean, Choice, Period, Text};
use super::{OptionKind, OptionSpec};

const ON_FAIL: OptionKind =
    Choice(&["ignore", "block", "stop", "demote", "restart", "fence", "standby", "restart-container"]);
const ROLES: OptionKind = Choice(&["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master"]);

/// Options of operations, as written on the operation, in its `meta` or as defaults.
/// [`crate::model::Operation::options`] keeps this order.
#[rustfmt::skip] // One line per option reads as the table that it is.
pub static OPERATION: &[OptionSpec] = &[
    OptionSpec::new("timeout", Period, Some("20s"), "How long the operation may take."),
    OptionSpec::new("role", ROLES, None, "Run it only where the resource has this role; by default Started and Unpromoted."),
    OptionSpec::new("on-fail", ON_FAIL, None, "What a failure leads to; by default a restart, for a failed stop fencing."),
    OptionSpec::new("enabled", Boolean, Some("true"), "Whether it is run at all."),
    OptionSpec::new("start-delay", Period, Some("0"), "How long to wait before it."),
    OptionSpec::new("interval-origin", Text, None, "Moment that recurring runs are counted from."),
    OptionSpec::new("record-pending", Boolean, Some("true"), "Whether its beginning is recorded.").deprecated(),
    OptionSpec::new("requires", Choice(&["nothing", "quorum", "fencing", "unfencing"]), None, "What must be given before it; belongs to the resource's meta-attributes now.").deprecated(),
];

/// What else can be written on an operation itself.
#[rustfmt::skip] // One line per option reads as the table that it is.
pub static OPERATION_RECORD: &[OptionSpec] = &[
    OptionSpec::new("name", Text, None, "What the agent is asked to do: `monitor`, `start`, `stop` and so on."),
    OptionSpec::new("interval", Period, Some("0"), "How often it is run; zero for operations that run when needed."),
    OptionSpec::new("description", Text, None, "Free text for people."),
];
