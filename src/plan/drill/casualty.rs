//! Casualties: what should run and does not, and why.

use serde::{Deserialize, Serialize};

use super::failure::{Failure, Failures};
use super::unit::{Seats, Unit};
use crate::model::{Cluster, Overlay};
use crate::plan::relation::{MissingTicket, Relations};
use crate::plan::trouble::{Hold, troubles};
use crate::plan::unplaced::{Obstacle, Refusal, unplaced};
use crate::plan::{Because, Caution, Inputs, Trouble, Unplaced, plan};
use crate::scheduler::{Facts, assign, interpret};
use crate::status::ClusterStatus;

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
    /// It has failed, and nothing is done about that.
    Trouble {
        /// What is wrong with it.
        trouble: Trouble,
    },
    /// The cluster as a whole does not act.
    Caution {
        /// What keeps it.
        caution: Caution,
    },
    /// No monitor looks at it.
    Unnoticed,
    /// A monitor sees it, and `on-fail` says that it does not matter.
    Ignored,
    /// A ticket that this site does not hold is needed for it.
    Ticket {
        /// Which.
        ticket: String,
        /// Whether it is granted, and in standby.
        is_standby: bool,
    },
    /// No instance may be promoted where it runs.
    NoPromotion,
    /// It was tried again and again.
    GaveUp {
        /// What failed whenever it was tried; empty when everything succeeded and had to be done again.
        failures: Vec<Failure>,
    },
    /// None of these.
    Unknown,
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

/// What was seen of a cluster at some moment.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// What should be.
    pub cluster: &'a Cluster,
    /// What is known.
    pub status: &'a ClusterStatus,
    /// When, seconds since 1970.
    pub now: i64,
    /// What must run, whatever has failed.
    pub units: &'a [Unit],
    /// What is really active, and where.
    pub seats: &'a Seats,
    /// How it came to this.
    pub ending: Ending,
    /// What failed on the way.
    pub failures: &'a Failures,
}

/// What should run and does not, with the reason.
pub fn casualties(sight: &Sight<'_>) -> Vec<Casualty> {
    let missing: Vec<&Unit> = sight.units.iter().filter(|unit| !unit.is_served(sight.seats)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let inquest = Inquest::new(sight);
    let casualty = |unit: &Unit| Casualty {
        resource: unit.name.clone(),
        lacks_promotion: unit.wants_promoted && unit.is_active(sight.seats),
        why: inquest.why(unit),
    };
    missing.into_iter().map(casualty).collect()
}

/// All that can say why something is down.
struct Inquest<'a> {
    sight: &'a Sight<'a>,
    relations: Relations,
    homeless: Vec<Unplaced>,
    troubles: Vec<Trouble>,
    /// Primitives with failures that are ignored.
    ignored: Vec<String>,
    blocked: Vec<crate::plan::Blocked>,
    cautions: Vec<Caution>,
}

impl<'a> Inquest<'a> {
    fn new(sight: &'a Sight<'a>) -> Self {
        let facts = interpret::interpret(sight.cluster, sight.status, sight.now);
        let relations = Relations::of(sight.cluster);
        let mut troubles = troubles(&facts);
        troubles.retain(|trouble| !matches!(trouble, Trouble::Failed { hold: Hold::None, .. }));
        let ignored = ignored(&facts);
        let homeless = unplaced(&assign::assign(facts), &relations);
        let due = plan(&inputs(sight)).plan;
        Self { sight, relations, homeless, troubles, ignored, blocked: due.blocked, cautions: due.cautions }
    }

    fn why(&self, unit: &Unit) -> Why {
        if self.sight.ending == Ending::Unnoticed {
            return Why::Unnoticed;
        }
        if self.ignored.iter().any(|resource| unit.has_member(resource)) {
            return Why::Ignored;
        }
        if let Some(trouble) = self.troubles.iter().find(|trouble| unit.has_member(trouble.resource())) {
            return Why::Trouble { trouble: trouble.clone() };
        }
        let homeless = self.homeless.iter().find(|unplaced| unplaced.resource == unit.name);
        if let Some(unplaced) = homeless
            && !self.cautions.contains(&Caution::NoQuorum)
        {
            return self.no_node(unit, unplaced);
        }
        if let Some(caution) = self.cautions.first() {
            return Why::Caution { caution: *caution };
        }
        let blocked = self.blocked.iter().find(|blocked| {
            blocked.resource.as_deref().is_some_and(|resource| self.concerns(unit, resource))
        });
        match blocked {
            Some(blocked) => Why::Blocked { because: blocked.because.clone() },
            None if self.sight.ending == Ending::GaveUp => self.gave_up(unit),
            None if unit.wants_promoted && unit.is_active(self.sight.seats) => self.no_promotion(unit),
            None => Why::Unknown,
        }
    }

    /// Nodes that must be fenced first, and cannot be, are the end of it.
    fn no_node(&self, unit: &Unit, unplaced: &Unplaced) -> Why {
        let waits = unplaced.nodes.iter().any(|refusal| refusal.obstacle == Obstacle::Unclean);
        if waits && self.sight.failures.recurring().any(|failure| failure.resource.is_none()) {
            return self.gave_up(unit);
        }
        Why::NoNode { nodes: unplaced.nodes.clone() }
    }

    fn gave_up(&self, unit: &Unit) -> Why {
        let is_own = |failure: &Failure| match &failure.resource {
            Some(resource) => self.concerns(unit, resource),
            None => true,
        };
        let recurring: Vec<&Failure> = self.sight.failures.recurring().collect();
        let (own, others): (Vec<&Failure>, Vec<&Failure>) =
            recurring.into_iter().partition(|failure| is_own(failure));
        let telling = if own.is_empty() { others } else { own };
        Why::GaveUp { failures: telling.into_iter().cloned().collect() }
    }

    fn no_promotion(&self, unit: &Unit) -> Why {
        let ticket = self.relations.missing_ticket(&unit.name, &self.sight.status.tickets);
        ticket.map_or(Why::NoPromotion, |MissingTicket { ticket, is_standby }| Why::Ticket {
            ticket,
            is_standby,
        })
    }

    fn concerns(&self, unit: &Unit, resource: &str) -> bool {
        unit.members
            .iter()
            .any(|member| *member == *resource || self.relations.lineage(resource).contains(&member.as_str()))
    }
}

fn ignored(facts: &Facts<'_>) -> Vec<String> {
    let ignored = facts.resources.iter().filter(|resource| resource.is_failure_ignored);
    ignored.map(|resource| resource.id.to_string()).collect()
}

fn inputs<'a>(sight: &Sight<'a>) -> Inputs<'a> {
    Inputs::drift(sight.cluster, Overlay::none(), sight.status, sight.now)
}
