//! A node that sees no other: whether it is the one that is cut off.
//!
//! With `isolation` it looks at its evidence from then on. Whoever finds it against itself may not run
//! anything, until it sees another node again: evidence that comes back says nothing about what the
//! others have taken over. Who has not found it against itself for as long as the others wait has won,
//! and goes on whatever it finds later: the others, if they are there, have let go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::member::{Quorum, Uptime};
use crate::model::Isolation;
use crate::model::isolation::Proof;

/// What a look at the evidence found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// When the look began: what was so before a node was alone says nothing.
    pub looked_at: Uptime,
    /// Interfaces, and whether they have a carrier.
    pub carrier: BTreeMap<Arc<str>, bool>,
    /// Addresses, and whether they answered.
    pub ping: BTreeMap<Arc<str>, bool>,
    /// Whether the arbiter answered, if there is one.
    pub arbiter: Option<bool>,
}

impl Evidence {
    /// Whether a piece of evidence speaks against the node; `None` if it was not looked at. The vote of
    /// a witness is counted by the membership layer.
    pub fn speaks_against(&self, proof: Proof<'_>, has_witness: bool) -> Option<bool> {
        let answers = match proof {
            Proof::Carrier(interface) => self.carrier.get(interface).copied(),
            Proof::Ping(address) => self.ping.get(address).copied(),
            Proof::Arbiter(_) => self.arbiter,
            Proof::Qdevice => Some(has_witness),
        };
        answers.map(|answers| !answers)
    }
}

/// Whether a node may act, as far as its solitude goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Verdict {
    /// It is not alone, or nothing says what to look at.
    #[default]
    Company,
    /// It is alone and has not looked yet.
    Looking,
    /// It is alone, and the evidence is for it so far.
    Clear,
    /// It is alone, and it is the others who were cut off, or are not there.
    Winner,
    /// It is the one that is cut off.
    CutOff,
}

/// What a node knows of its solitude.
#[derive(Debug, Clone, Default)]
pub(super) struct Solitude {
    since: Option<Uptime>,
    evidence: Option<Evidence>,
    verdict: Verdict,
}

impl Solitude {
    /// Takes what a look found.
    pub(super) fn take(&mut self, evidence: Evidence) {
        self.evidence = Some(evidence);
    }

    /// Since when this node has been alone.
    pub(super) const fn since(&self) -> Option<Uptime> {
        self.since
    }

    /// Whether it is the one that is cut off.
    pub(super) fn is_cut_off(&self) -> bool {
        self.verdict == Verdict::CutOff
    }

    /// Whether it has to look before it may decide anything.
    pub(super) fn is_undecided(&self) -> bool {
        self.verdict == Verdict::Looking
    }

    /// Whether a look can change anything.
    pub(super) fn wants_evidence(&self) -> bool {
        matches!(self.verdict, Verdict::Looking | Verdict::Clear)
    }

    /// Somebody made sure that the others are down.
    pub(super) fn acquit(&mut self) {
        if self.since.is_some() {
            self.verdict = Verdict::Winner;
        }
    }

    /// Judges by all that is known; whether the verdict is another one now.
    pub(super) fn judge(
        &mut self,
        isolation: Option<&Isolation>,
        is_alone: bool,
        votes: &Quorum,
        now: Uptime,
    ) -> bool {
        let before = self.verdict;
        let Some(isolation) = isolation.filter(|_| is_alone) else {
            *self = Self::default();
            return before != self.verdict;
        };
        let since = *self.since.get_or_insert(now);
        self.verdict = match self.verdict {
            Verdict::CutOff | Verdict::Winner => before,
            Verdict::Company | Verdict::Looking | Verdict::Clear => {
                self.weigh(isolation, since, votes.votes as usize > votes.nodes.len(), now)
            }
        };
        before != self.verdict
    }

    fn weigh(&self, isolation: &Isolation, since: Uptime, has_witness: bool, now: Uptime) -> Verdict {
        let Some(evidence) = self.evidence.as_ref().filter(|evidence| evidence.looked_at >= since) else {
            return Verdict::Looking;
        };
        if isolation.proofs().into_iter().any(|proof| evidence.speaks_against(proof, has_witness).is_none()) {
            return Verdict::Looking;
        }
        if isolation.is_cut_off(|proof| evidence.speaks_against(proof, has_witness) == Some(true)) {
            return Verdict::CutOff;
        }
        if now.since(since) >= isolation.bound() { Verdict::Winner } else { Verdict::Clear }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn isolation() -> Isolation {
        Isolation {
            ping: vec!["192.0.2.1".into()],
            within: Some(Duration::from_secs(10)),
            ..Isolation::default()
        }
    }

    fn up(millis: u64) -> Uptime {
        Uptime(Duration::from_millis(millis))
    }

    fn look(solitude: &mut Solitude, at: u64, answers: bool) {
        let ping = BTreeMap::from([("192.0.2.1".into(), answers)]);
        solitude.take(Evidence { looked_at: up(at), ping, ..Evidence::default() });
        solitude.judge(Some(&isolation()), true, &Quorum::default(), up(at));
    }

    fn alone(since: u64) -> Solitude {
        let mut solitude = Solitude::default();
        solitude.judge(Some(&isolation()), true, &Quorum::default(), up(since));
        solitude
    }

    #[test]
    fn what_was_so_before_says_nothing() {
        let mut solitude = Solitude::default();
        look(&mut solitude, 1000, true);
        solitude.judge(None, false, &Quorum::default(), up(2000));
        look(&mut solitude, 3000, false);
        assert!(solitude.is_cut_off());
        let mut solitude = alone(3000);
        solitude.take(Evidence { looked_at: up(2999), ..Evidence::default() });
        solitude.judge(Some(&isolation()), true, &Quorum::default(), up(3500));
        assert!(solitude.is_undecided() && !solitude.is_cut_off());
    }

    #[test]
    fn whoever_was_cut_off_stays_so_until_it_sees_another_node() {
        let mut solitude = alone(0);
        look(&mut solitude, 1000, false);
        look(&mut solitude, 2000, true);
        look(&mut solitude, 60_000, true);
        assert!(solitude.is_cut_off());
        solitude.judge(Some(&isolation()), false, &Quorum::default(), up(61_000));
        assert!(!solitude.is_cut_off());
    }

    #[test]
    fn whoever_was_clear_for_as_long_as_the_others_wait_goes_on() {
        let mut solitude = alone(0);
        look(&mut solitude, 1000, true);
        look(&mut solitude, 10_000, true);
        look(&mut solitude, 11_000, false);
        assert!(!solitude.is_cut_off() && !solitude.wants_evidence());
    }

    #[test]
    fn a_person_who_made_sure_that_the_others_are_down_is_believed() {
        let mut solitude = alone(0);
        look(&mut solitude, 1000, false);
        solitude.acquit();
        look(&mut solitude, 2000, false);
        assert!(!solitude.is_cut_off());
    }
}
