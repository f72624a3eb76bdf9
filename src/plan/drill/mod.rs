//! Drills: what would be left of a cluster after each failure that it ought to survive.
//!
//! Here is what is asked and what is answered; the failures themselves are acted out in the
//! simulated world by the engine.

mod outage;
mod unit;

pub use outage::{Outage, Watch};
pub use unit::{Seat, Seats, Unit, units};

use serde::{Deserialize, Serialize};

use super::relation::Relations;
use super::unplaced::{Refusal, unplaced};
use super::{Because, Caution, Inputs, plan};
use crate::model::{Cluster, NodeName, Overlay};
use crate::scheduler::{assign, interpret};
use crate::status::ClusterStatus;

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
    /// What was down for a while, longest first.
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
    },
}

/// How a cluster's reaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing is left to do.
    Settled,
    /// Something should be done and cannot be.
    Stuck,
    /// It kept trying in vain.
    GaveUp,
    /// Nobody saw the failure.
    Unnoticed,
}

/// A resource that found another place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relocation {
    /// Which.
    pub resource: String,
    /// Where it went.
    pub to: Vec<NodeName>,
}

/// A resource that should run and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Casualty {
    /// Which.
    pub resource: String,
    /// Whether it runs, but nowhere in the promoted role.
    pub lacks_promotion: bool,
    /// Why.
    pub why: Why,
}

/// Why a resource does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// No node can run it.
    NoNode {
        /// Why not, node by node.
        nodes: Vec<Refusal>,
    },
    /// Something cannot be done.
    Blocked {
        /// Why not.
        because: Because,
    },
    /// The cluster as a whole does not act.
    Caution {
        /// What keeps it.
        caution: Caution,
    },
    /// No monitor looks at it.
    Unnoticed,
    /// It was tried again and again.
    GaveUp,
    /// None of these.
    Unknown,
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

/// What was seen of a cluster at some moment.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// What should be.
    pub cluster: &'a Cluster,
    /// What is known.
    pub status: &'a ClusterStatus,
    /// When, seconds since 1970.
    pub now: i64,
    /// What is really active, and where.
    pub seats: &'a Seats,
    /// How it came to this.
    pub ending: Ending,
}

/// What should run and does not, with the reason.
pub fn casualties(sight: &Sight<'_>) -> Vec<Casualty> {
    let facts = interpret::interpret(sight.cluster, sight.status, sight.now);
    let missing: Vec<Unit> = units(&facts).into_iter().filter(|unit| !unit.is_served(sight.seats)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let relations = Relations::of(sight.cluster);
    let homeless = unplaced(&assign::assign(facts), &relations);
    let due = plan(&inputs(sight)).plan;
    let why = |unit: &Unit| {
        if sight.ending == Ending::Unnoticed {
            return Why::Unnoticed;
        }
        if let Some(unplaced) = homeless.iter().find(|unplaced| unplaced.resource == unit.name)
            && !due.cautions.contains(&Caution::NoQuorum)
        {
            return Why::NoNode { nodes: unplaced.nodes.clone() };
        }
        if let Some(caution) = due.cautions.first() {
            return Why::Caution { caution: *caution };
        }
        let concerns =
            |name: &str| unit.members.iter().any(|member| relations.lineage(name).contains(&member.as_str()));
        let blocked = due.blocked.iter().find(|blocked| blocked.resource.as_deref().is_some_and(concerns));
        match blocked {
            Some(blocked) => Why::Blocked { because: blocked.because.clone() },
            None if sight.ending == Ending::GaveUp => Why::GaveUp,
            None => Why::Unknown,
        }
    };
    let casualty = |unit: &Unit| Casualty {
        resource: unit.name.clone(),
        lacks_promotion: unit.wants_promoted && unit.is_active(sight.seats),
        why: why(unit),
    };
    missing.iter().map(casualty).collect()
}

fn inputs<'a>(sight: &Sight<'a>) -> Inputs<'a> {
    Inputs::drift(sight.cluster, Overlay::none(), sight.status, sight.now)
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
