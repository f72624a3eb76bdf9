//! Clusters that are put under faults.

use std::time::Duration;

use quorate::model::constraint::{Colocation, ColocationScope, Constraint};
use quorate::model::isolation::Isolation;
use quorate::model::{Cluster, ConstraintId, Group, OptionSet, Resource, ResourceId, Score};

use crate::dice::Dice;
use crate::world::desired::{Fencing, cluster, dummy, in_order, promotable, set_property};

/// Which cluster it is, and what protects it from acting twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Three hosts with fencing.
    Fenced,
    /// Five hosts with fencing.
    Wide,
    /// Two hosts with fencing, each of which has quorum alone.
    Pair,
    /// Two hosts without fencing; the one that is cut off finds out and lets go.
    Isolated,
    /// Three hosts without fencing: hosts may fail, but not the network.
    Bare,
}

/// Every resource but the promotable one and the fence device, group members included.
pub(crate) const RESOURCES: [&str; 6] = ["A", "B", "C", "D", "g1", "g2"];

/// The second never runs without the first.
pub(crate) const ORDERS: [(&str, &str); 2] = [("A", "B"), ("g1", "g2")];

/// The first runs only where the second does.
pub(crate) const TOGETHER: [(&str, &str); 2] = [("C", "A"), ("g2", "g1")];

/// How long an isolated host has to let go.
const WITHIN: Duration = Duration::from_secs(10);

impl Setting {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        match dice.roll(20) {
            0..10 => Self::Fenced,
            10..12 => Self::Wide,
            12..15 => Self::Pair,
            15..18 => Self::Isolated,
            _ => Self::Bare,
        }
    }

    pub(crate) const fn hosts(self) -> usize {
        match self {
            Self::Fenced | Self::Bare => 3,
            Self::Wide => 5,
            Self::Pair | Self::Isolated => 2,
        }
    }

    pub(crate) const fn has_fencing(self) -> bool {
        match self {
            Self::Fenced | Self::Wide | Self::Pair => true,
            Self::Isolated | Self::Bare => false,
        }
    }

    /// What is desired, in one of several variants.
    pub(crate) fn cluster(self, variant: Variant, origin: &str) -> Cluster {
        let fencing = if self.has_fencing() { Fencing::On } else { Fencing::Off };
        let mut desired = cluster(self.hosts(), fencing, &["A", "B", "C"]);
        // No two are equal, so that none is lost without being missed.
        set_property(&mut desired, "cluster-name", origin);
        if !variant.lacks_d {
            desired.resources.push(Resource::Primitive(dummy("D")));
        }
        if variant.has_e {
            desired.resources.push(Resource::Primitive(dummy("E")));
        }
        if variant.changes_a {
            let first = desired.resources.iter_mut().find_map(|resource| match resource {
                Resource::Primitive(primitive) if primitive.id == *"A" => Some(primitive),
                _ => None,
            });
            first.unwrap().params.push(OptionSet::of([("fake", "other")]));
        }
        desired.resources.push(Resource::Group(Group {
            id: ResourceId::new("g"),
            description: None,
            meta: Vec::new(),
            params: Vec::new(),
            members: vec![dummy("g1"), dummy("g2")],
        }));
        desired.resources.push(promotable("P"));
        desired.constraints.push(in_order("A", "B"));
        desired.constraints.push(together("C", "A"));
        if self == Self::Isolated {
            desired.isolation = Some(Isolation {
                ping: vec!["192.0.2.1".into()],
                within: Some(WITHIN),
                ..Isolation::default()
            });
        }
        desired
    }
}

/// What differs between desired states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) has_e: bool,
    pub(crate) lacks_d: bool,
    pub(crate) changes_a: bool,
}

impl Variant {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self { has_e: dice.one_in(2), lacks_d: dice.one_in(3), changes_a: dice.one_in(2) }
    }
}

fn together(dependent: &str, primary: &str) -> Constraint {
    Constraint::Colocation(Colocation {
        id: ConstraintId::new(format!("{dependent}-with-{primary}")),
        scope: ColocationScope::Pair {
            dependent: ResourceId::new(dependent),
            primary: ResourceId::new(primary),
            dependent_role: None,
            primary_role: None,
            node_attribute: None,
        },
        score: Some(Score::INFINITY),
        influence: None,
    })
}
