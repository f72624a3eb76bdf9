//! Options of alerts and their recipients.

use super::OptionKind::{Boolean, Period, Text};
use super::OptionSpec;

/// Every meta-attribute of alerts and recipients.
#[rustfmt::skip] // One line per option reads as the table that it is.
pub static ALERT_META: &[OptionSpec] = &[
    OptionSpec::new("enabled", Boolean, Some("true"), "Whether it is used at all."),
    OptionSpec::new("timestamp-format", Text, Some("%H:%M:%S.%06N"), "How moments are written for the program."),
    OptionSpec::new("timeout", Period, Some("30s"), "How long the program may take."),
];
