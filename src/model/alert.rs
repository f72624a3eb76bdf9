//! Alerts: programs to run when something happens.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::option_set::OptionSet;

/// A program to run on events, once per recipient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name.
    pub id: Arc<str>,
    /// The program.
    pub path: Arc<str>,
    /// Free text for people.
    pub description: Option<String>,
    /// Options such as `timeout` and `timestamp-format`.
    pub meta: Vec<OptionSet>,
    /// Environment for the program.
    pub params: Vec<OptionSet>,
    /// Which events; empty means the default ones.
    pub select: Vec<AlertEvent>,
    /// Whom to tell; empty means one call without recipient.
    pub recipients: Vec<Recipient>,
}

/// Kinds of event an alert can select.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertEvent {
    /// Nodes come and go.
    Nodes,
    /// Fencing.
    Fencing,
    /// Results of resource actions.
    Resources,
    /// Changes of these node attributes; empty means of any.
    Attributes(Vec<Arc<str>>),
}

/// One addressee of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    /// Its id in a CIB.
    pub id: Option<Arc<str>>,
    /// Who or where.
    pub value: Arc<str>,
    /// Free text for people.
    pub description: Option<String>,
    /// Options that differ from the alert's.
    pub meta: Vec<OptionSet>,
    /// Environment that differs from the alert's.
    pub params: Vec<OptionSet>,
}
