//! Operations as configured: what to run how often, and what failure means.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::option_set::OptionSet;

/// A configured operation of a primitive or template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The operation's own id in a CIB.
    pub id: Option<Arc<str>>,
    /// `monitor`, `start`, ... as the agent knows it.
    pub name: Arc<str>,
    /// Zero for operations that run once.
    pub interval: Duration,
    /// Everything else written on the operation itself (`timeout`, `on-fail`, `role`, `enabled`,
    /// `start-delay`, `interval-origin`, `record-pending`, ...), as name and text. These override
    /// the `meta` sets.
    pub options: Vec<(Arc<str>, Arc<str>)>,
    /// Options in sets, with rules.
    pub meta: Vec<OptionSet>,
    /// Parameters only for this operation.
    pub params: Vec<OptionSet>,
}

impl Operation {
    /// An option written on the operation itself.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }

    /// Whether the operation is switched on; `enabled: false` turns it off.
    pub fn is_enabled(&self) -> bool {
        self.option("enabled").and_then(super::scalar::parse_boolean) != Some(false)
    }
}
