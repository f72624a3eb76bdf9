//! What a manifest says beside the cluster itself: how the cluster is held to the file.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::{Rename, Rule, SecretName, TicketId};

/// Settings that are not part of the cluster's own model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Codes of checks that the manifest may fail.
    pub tolerated: Vec<Arc<str>>,
    /// How the cluster is held to the file.
    pub reconcile: Reconcile,
    /// Where nodes find the values of secrets.
    pub secrets: IndexMap<SecretName, SecretSource>,
    /// Tickets that are declared, with their descriptions.
    pub tickets: IndexMap<TicketId, Option<String>>,
    /// Renamings.
    pub moved: Vec<Moved>,
}

/// Where a node finds the value of a secret. A secret that is not declared is the file of its
/// name in the node's directory of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretSource {
    /// A file that only root can read.
    File(Arc<str>),
    /// A variable of the node daemon's environment.
    Environment(Arc<str>),
}

/// A renaming: what was `from` is now `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The old path, such as `resources.apache`.
    pub from: Arc<str>,
    /// The new path.
    pub to: Arc<str>,
}

/// How the cluster is held to the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reconcile {
    /// Whether changes of the file are applied by themselves.
    pub mode: ReconcileMode,
    /// Whether deviations of the cluster are put right by themselves; unset means yes in mode
    /// auto.
    pub self_heal: Option<bool>,
    /// Whether what is not in the file is deleted from the cluster.
    pub prune: bool,
    /// Changes that interrupt a service wait until one of these rules holds; empty means always.
    pub windows: Vec<Rule>,
}

/// Whether changes of the file are applied by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReconcileMode {
    /// They are.
    #[default]
    Auto,
    /// They wait for `apply`.
    Manual,
}

impl Moved {
    /// What it says of a resource; other things have nothing to keep.
    pub fn to_rename(&self) -> Option<Rename> {
        let from = self.from.strip_prefix("resources.")?;
        let to = self.to.strip_prefix("resources.")?;
        Some(Rename { from: from.into(), to: to.into() })
    }
}
