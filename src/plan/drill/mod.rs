//! Drills: what would be left of a cluster after each failure that it ought to survive.
//!
//! Here is what is asked and what is answered; the failures themselves are acted out in the
//! simulated world by the engine.

mod casualty;
mod failure;
mod outage;
mod unit;

pub use casualty::{Casualty, Ending, Sight, Why, casualties};
pub use failure::{Failure, Failures};
pub use outage::{Outage, Watch};
pub use unit::{Seat, Seats, Unit, launchers, units};

use serde::{Deserialize, Serialize};

use crate::model::NodeName;

/// What came of a drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The cluster's name.
    pub cluster: Option<String>,
    /// Where everything is before any failure.
    pub before: Vec<Seat>,
    /// What is down already.
    pub down_before: Vec<Casualty>,
    /// One after the other, each from the same beginning.
    pub trials: Vec<Trial>,
    /// Failures of this many nodes at once leave none, and are not tried.
    pub too_many_nodes: Option<usize>,
}

/// One failure, acted out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What fails.
    pub mishap: Mishap,
    /// How the cluster's reaction ended.
    pub ending: Ending,
    /// How many steps it took; monitors and probes do not count.
    pub steps: u32,
    /// What found another place.
    pub moved: Vec<Relocation>,
    /// What stays down that was up before.
    pub down: Vec<Casualty>,
    /// What was down for a while, longest first; connections come after the services.
    pub outages: Vec<Outage>,
    /// Where everything is in the end.
    pub after: Vec<Seat>,
}

/// What fails in a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fails", rename_all = "kebab-case")]
pub enum Mishap {
    /// Nodes lose their power at the same moment, and do not come back.
    Nodes {
        /// Which.
        nodes: Vec<NodeName>,
    },
    /// A resource dies on a node, and cannot be started there again.
    Resource {
        /// Which.
        resource: String,
        /// Where.
        node: NodeName,
        /// Whether it was moved there before, and would not have been there by itself.
        #[serde(default)]
        after_move: bool,
    },
}

/// A resource that found another place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relocation {
    /// Which.
    pub resource: String,
    /// Where it went.
    pub to: Vec<NodeName>,
}

impl Report {
    /// Whether everything that should run always had a node.
    pub fn is_survived(&self) -> bool {
        self.down_before.is_empty() && self.trials.iter().all(Trial::is_survived)
    }

    /// The longest outage that ended, and in which trial.
    pub fn worst_outage(&self) -> Option<(&Trial, &Outage)> {
        let firsts = self.trials.iter().filter_map(|trial| Some((trial, trial.outages.first()?)));
        // The first of equals is the one to name.
        firsts.reduce(|worst, next| if next.1.steps > worst.1.steps { next } else { worst })
    }
}

impl Trial {
    /// Whether nothing stays down.
    pub fn is_survived(&self) -> bool {
        self.down.is_empty()
    }
}

/// What has nodes after a failure that it did not have before.
pub fn relocations(units: &[Unit], before: &Seats, after: &Seats) -> Vec<Relocation> {
    let relocation = |unit: &Unit| {
        let old = unit.nodes(before);
        let to: Vec<NodeName> = unit.nodes(after).into_iter().filter(|node| !old.contains(node)).collect();
        (!to.is_empty()).then(|| Relocation { resource: unit.name.clone(), to })
    };
    units.iter().filter(|unit| !unit.wants_promoted).filter_map(relocation).collect()
}
