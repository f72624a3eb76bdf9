//! What a daemon knows beside what the nodes know.

use super::Sighting;
use crate::cluster::{Awaited, Vigil};
use crate::model::{Moment, NodeName};
use crate::plan::aside::{Aside, Freeze, Frozen, Witness};

/// What is known beside what the nodes know: nodes that are waited for, nodes that were left running, and the
/// votes present and expected where the witness does not vote.
pub fn aside(vigils: &[Vigil], detached: &[NodeName], without_witness: Option<(u32, u32)>) -> Aside {
    let waited_for = vigils.iter().map(|Vigil { node, what, until }| Frozen {
        node: node.clone(),
        why: match what {
            Awaited::Release => Freeze::Lost,
            Awaited::Return | Awaited::Supervisor => Freeze::Silent,
        },
        until: until.map(Moment::seconds),
    });
    let left = detached.iter().map(|node| Frozen { node: node.clone(), why: Freeze::Detached, until: None });
    Aside {
        frozen: waited_for.chain(left).collect(),
        witness: without_witness.map(|(present, expected)| Witness { present, expected }),
        ..Aside::default()
    }
}

impl Sighting {
    /// What is known beside what the nodes know.
    pub fn aside(&self) -> Aside {
        let votes = (self.quorum.present, self.quorum.expected);
        let mut aside = aside(&self.vigils, &self.detached, self.quorum.is_witness_silent.then_some(votes));
        // An older daemon says of whom it waits for, and no more.
        let is_told = |node: &&NodeName| self.vigils.iter().any(|vigil| vigil.node == **node);
        let untold = self.awaited.iter().filter(|node| !is_told(node));
        let silent = untold.map(|node| Frozen { node: node.clone(), why: Freeze::Silent, until: None });
        aside.frozen.extend(silent);
        aside
    }
}
