//! Puts what the process group tells and what quorum tells into one order.
//!
//! The process group tells its members first, then the ring of nodes; quorum tells its count with
//! the ring it is about. Nothing goes on while the two speak of different rings.

use std::collections::VecDeque;

use super::library::{Counted, CpgEvent};

/// What waits for its turn.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    waiting: VecDeque<CpgEvent>,
    /// The count that was not told yet.
    counted: Option<Counted>,
    /// The ring that the process group has told of.
    cpg_ring: u64,
    /// The ring that was counted last.
    quorum_ring: u64,
    /// Members came or went with their nodes, and their ring was not told yet.
    is_between_rings: bool,
}

/// Something whose turn has come.
#[derive(Debug)]
pub(super) enum Held {
    /// Of the process group.
    Cpg(CpgEvent),
    /// Of quorum.
    Counted(Counted),
}

impl Pairing {
    /// Takes what the process group told.
    pub(super) fn take(&mut self, event: CpgEvent) {
        match event {
            CpgEvent::Ring { seq } => {
                self.cpg_ring = seq;
                self.is_between_rings = false;
            }
            CpgEvent::Changed { with_ring, .. } => {
                self.is_between_rings |= with_ring;
                self.waiting.push_back(event);
            }
            CpgEvent::Delivered { .. } => self.waiting.push_back(event),
        }
    }

    /// Takes what quorum told.
    pub(super) fn count(&mut self, counted: Counted) {
        self.quorum_ring = counted.ring;
        self.counted = Some(counted);
    }

    /// What may be told next. Who may act no more hears of that first; who may act again hears
    /// first of those who are with it.
    pub(super) fn next(&mut self) -> Option<Held> {
        if self.is_between_rings || self.cpg_ring != self.quorum_ring {
            return None;
        }
        if self.counted.as_ref().is_some_and(|counted| !counted.is_quorate) {
            return self.counted.take().map(Held::Counted);
        }
        let event = self.waiting.pop_front().map(Held::Cpg);
        event.or_else(|| self.counted.take().map(Held::Counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(with_ring: bool) -> CpgEvent {
        CpgEvent::Changed { members: Vec::new(), left: Vec::new(), with_ring }
    }

    fn counted(ring: u64, is_quorate: bool) -> Counted {
        Counted { is_quorate, ring, nodes: Vec::new() }
    }

    fn told(pairing: &mut Pairing) -> String {
        std::iter::from_fn(|| pairing.next())
            .map(|held| match held {
                Held::Cpg(CpgEvent::Changed { .. }) => 'v',
                Held::Cpg(CpgEvent::Delivered { .. }) => 'm',
                Held::Cpg(CpgEvent::Ring { .. }) => 'r',
                Held::Counted(counted) if counted.is_quorate => 'Q',
                Held::Counted(_) => 'q',
            })
            .collect()
    }

    fn settled(is_quorate: bool) -> Pairing {
        let mut pairing = Pairing::default();
        pairing.take(changed(false));
        pairing.take(CpgEvent::Ring { seq: 9 });
        pairing.count(counted(9, is_quorate));
        assert_eq!(told(&mut pairing), if is_quorate { "vQ" } else { "qv" });
        pairing
    }

    #[test]
    fn a_process_that_comes_or_goes_waits_for_nothing() {
        let mut pairing = settled(true);
        pairing.take(changed(false));
        assert_eq!(told(&mut pairing), "v");
    }

    #[test]
    fn a_lost_node_is_told_once_the_votes_without_it_are_counted() {
        let mut pairing = settled(true);
        pairing.take(changed(true));
        assert_eq!(told(&mut pairing), "");
        pairing.take(CpgEvent::Ring { seq: 13 });
        pairing.take(CpgEvent::Delivered { node: 1, pid: 1, message: Vec::new() });
        assert_eq!(told(&mut pairing), "");
        pairing.count(counted(13, true));
        assert_eq!(told(&mut pairing), "vmQ");
    }

    #[test]
    fn who_may_act_no_more_hears_of_that_first() {
        let mut pairing = settled(true);
        pairing.count(counted(13, false));
        assert_eq!(told(&mut pairing), "");
        pairing.take(changed(true));
        pairing.take(CpgEvent::Ring { seq: 13 });
        assert_eq!(told(&mut pairing), "qv");
    }

    #[test]
    fn who_may_act_again_hears_first_who_is_there() {
        let mut pairing = settled(false);
        pairing.count(counted(17, true));
        assert_eq!(told(&mut pairing), "");
        pairing.take(changed(true));
        pairing.take(CpgEvent::Ring { seq: 17 });
        assert_eq!(told(&mut pairing), "vQ");
    }
}
