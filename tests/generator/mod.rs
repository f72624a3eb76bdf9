//! Random clusters: valid CIBs of every kind, from a seed, for the tests of laws and the oracle.
//!
//! Every seed switches most features off, so that those that are on meet each other often and a
//! failure stays readable.

mod constraints;
mod dice;
mod digest;
mod history;
mod nodes;
mod resources;
mod shrink;
mod xml;

use dice::Dice;
pub(crate) use shrink::shrink;
pub(crate) use xml::Xml;

/// The moment at which all clusters are planned, long after all that happened.
pub(crate) const NOW: i64 = 1_700_000_000;

/// Which clusters to make.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// Members, and resources that are not bundles.
    Usual,
    /// Remote and guest nodes, bundles, shutdown locks and dates too.
    Every,
}

/// What a seed may use: a few of many features.
pub(super) struct Flavour {
    features: u64,
}

impl Flavour {
    fn roll(dice: &mut Dice, kinds: Kinds) -> Self {
        let (a, b) = (dice.word(), dice.word());
        let mut features = a & b;
        if dice.one_in(3) {
            features &= dice.word();
        }
        if kinds == Kinds::Usual {
            features &= (1 << Feature::Remotes as u64) - 1;
        }
        Self { features }
    }

    /// Whether this seed knows the feature; each has a number of its own.
    pub(super) const fn has(&self, feature: Feature) -> bool {
        self.features & (1 << feature as u64) != 0
    }
}

/// What can be switched on and off for a whole cluster.
#[derive(Clone, Copy)]
pub(super) enum Feature {
    Groups,
    Clones,
    Promotables,
    Unique,
    Failures,
    FailCounts,
    Pending,
    MultiplyActive,
    NodeTrouble,
    Locations,
    Colocations,
    Orders,
    Sets,
    Tickets,
    Utilization,
    Rules,
    MetaOptions,
    OperationOptions,
    Properties,
    Migration,
    Probing,
    Orphans,
    Fencing,
    Digests,
    Health,
    Notify,
    CloneOptions,
    Params,
    Tags,
    Templates,
    Remotes,
    Guests,
    Bundles,
    Topology,
    Locks,
    Dates,
}

/// Where things can run: members by number, then the nodes that resources bring along.
pub(super) struct Places {
    pub(super) members: usize,
    pub(super) names: Vec<String>,
}

impl Places {
    fn new(members: usize, resources: &resources::Resources) -> Self {
        let mut names: Vec<String> = (1..=members).map(|number| format!("n{number}")).collect();
        names.extend(resources.tops.iter().flat_map(|top| top.brings.clone()));
        Self { members, names }
    }

    /// The id of a node as the status knows it.
    pub(super) fn id(&self, node: usize) -> String {
        if node < self.members { (node + 1).to_string() } else { self.names[node].clone() }
    }
}

/// The cluster of a seed.
pub(crate) fn cluster(seed: u64, kinds: Kinds) -> Xml {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let flavour = Flavour::roll(dice, kinds);
    let nodes = 1 + dice.roll(3) + if dice.one_in(4) { dice.roll(3) } else { 0 };
    let resources = resources::resources(dice, &flavour);
    let places = Places::new(nodes, &resources);
    let constraints = constraints::constraints(dice, &flavour, &resources, &places);
    let status = history::status(dice, &flavour, &resources, &places);
    let mut configuration = Xml::new("configuration");
    configuration.push(nodes::properties(dice, &flavour));
    configuration.push(nodes::nodes(dice, &flavour, nodes));
    let mut section = Xml::new("resources");
    section.children.extend(resources.templates.iter().cloned());
    section.children.extend(resources.tops.iter().map(|top| top.xml.clone()));
    configuration.push(section);
    configuration.push(constraints);
    if flavour.has(Feature::Tags) {
        configuration.push(constraints::tags(dice, &resources));
    }
    configuration.children.extend(nodes::topology(dice, &flavour, nodes));
    configuration.children.extend(nodes::defaults(dice, &flavour));
    let mut cib = Xml::new("cib")
        .with("crm_feature_set", "3.16.2")
        .with("validate-with", "pacemaker-3.9")
        .with("epoch", "1")
        .with("num_updates", "1")
        .with("admin_epoch", "0")
        .with("cib-last-written", "Tue Nov 14 22:13:20 2023")
        .with("have-quorum", if dice.one_in(12) { "0" } else { "1" })
        .with("dc-uuid", "1")
        .with("execution-date", &NOW.to_string());
    cib.push(configuration);
    cib.push(status);
    cib
}
