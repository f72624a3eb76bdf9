//! What a daemon gives out to be kept: what all members share, and the truth about its own node.

use super::Node;
use crate::cluster::border::{Kept, Output};

impl Node {
    /// What changed of what is durable is written before anything else is done.
    pub(super) fn persist(&mut self) {
        if std::mem::take(&mut self.must_persist) {
            self.out.push(Output::Persist(Box::new(self.state.durable.clone())));
        }
    }

    /// Gives out what changed of the truth about this node.
    pub(super) fn keep_record(&mut self) {
        if !std::mem::take(&mut self.is_touched) {
            return;
        }
        let own = self.state.live.ledger.status.node(self.settings.name.as_str());
        let (resources, attributes) = own.map_or((&[][..], &[][..]), |own| (&own.resources, &own.attributes));
        for history in resources {
            let before = self.kept.resources.iter().find(|known| known.id == history.id);
            if before != Some(history) {
                self.out.push(Output::Record(Kept::History(Box::new(history.clone()))));
            }
        }
        for before in &self.kept.resources {
            if !resources.iter().any(|history| history.id == before.id) {
                self.out.push(Output::Record(Kept::Forgotten(before.id.clone())));
            }
        }
        if self.kept.attributes != attributes {
            self.out.push(Output::Record(Kept::Attributes(attributes.to_vec())));
        }
        self.kept.resources = resources.to_vec();
        self.kept.attributes = attributes.to_vec();
    }
}
