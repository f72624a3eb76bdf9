//! Isolation: what proves to a node that it is cut off, where nobody can fence it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Cluster;

/// What proves to a node that it is cut off, where there is no fencing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Isolation {
    /// Interfaces whose carrier must be up.
    pub carrier: Vec<Arc<str>>,
    /// Addresses that must answer.
    pub ping: Vec<Arc<str>>,
    /// A URL that must answer.
    pub arbiter: Option<Arc<str>>,
    /// Whether the witness's vote must be there.
    pub qdevice: bool,
    /// How much of the evidence must speak against the node.
    pub when: Evidence,
    /// Time within which a cut-off node has let go of its resources, for which the other side
    /// waits. Unset means 20 seconds.
    pub within: Option<Duration>,
}

/// How much of the evidence must speak against a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    /// Any of it.
    Any,
    /// All of it.
    #[default]
    All,
}

/// One piece of evidence that a node may find against itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// This interface has no carrier.
    Carrier(&'a str),
    /// This address does not answer.
    Ping(&'a str),
    /// This URL does not answer.
    Arbiter(&'a str),
    /// The witness gives its vote to others.
    Qdevice,
}

impl Isolation {
    /// The bound that holds where the manifest gives none.
    pub const WITHIN_DEFAULT: Duration = Duration::from_secs(20);

    /// Time within which a cut-off node has let go of its resources.
    pub fn bound(&self) -> Duration {
        self.within.unwrap_or(Self::WITHIN_DEFAULT)
    }

    /// Everything a node that lost all others should look at.
    pub fn proofs(&self) -> Vec<Proof<'_>> {
        let carriers = self.carrier.iter().map(|interface| Proof::Carrier(interface));
        let pings = self.ping.iter().map(|address| Proof::Ping(address));
        let arbiter = self.arbiter.iter().map(|url| Proof::Arbiter(url));
        carriers.chain(pings).chain(arbiter).chain(self.qdevice.then_some(Proof::Qdevice)).collect()
    }

    /// Whether a node that lost all others is the one that is cut off; `speaks_against` says whether a
    /// piece of evidence does. Without any evidence it is not.
    pub fn is_cut_off(&self, speaks_against: impl FnMut(Proof<'_>) -> bool) -> bool {
        let mut proofs = self.proofs().into_iter();
        match self.when {
            Evidence::Any => proofs.any(speaks_against),
            Evidence::All => proofs.len() > 0 && proofs.all(speaks_against),
        }
    }
}

impl Cluster {
    /// Where nodes cannot be fenced: how long those who lost a node leave alone what it ran, so that a
    /// node that is only cut off has let go of it. `None` where nothing makes such a node let go, so
    /// that waiting would be in vain.
    pub fn release_bound(&self) -> Option<Duration> {
        let has_witness = self.corosync.as_ref().is_some_and(|corosync| corosync.qdevice.is_some());
        match &self.isolation {
            Some(isolation) => Some(isolation.bound()),
            None => has_witness.then_some(Isolation::WITHIN_DEFAULT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolation(when: Evidence) -> Isolation {
        Isolation {
            carrier: vec!["eth0".into()],
            ping: vec!["192.0.2.1".into(), "192.0.2.2".into()],
            when,
            ..Isolation::default()
        }
    }

    #[test]
    fn one_answer_clears_a_node_unless_any_evidence_counts() {
        let one_answers = |proof: Proof<'_>| proof != Proof::Ping("192.0.2.2");
        assert!(!isolation(Evidence::All).is_cut_off(one_answers));
        assert!(isolation(Evidence::All).is_cut_off(|_| true));
        assert!(isolation(Evidence::Any).is_cut_off(one_answers));
        assert!(!isolation(Evidence::Any).is_cut_off(|_| false));
    }

    #[test]
    fn without_evidence_nobody_is_cut_off() {
        assert!(!Isolation::default().is_cut_off(|_| true));
    }

    #[test]
    fn who_takes_over_waits_only_where_the_lost_node_lets_go() {
        let mut cluster = Cluster::default();
        assert_eq!(cluster.release_bound(), None);
        cluster.isolation =
            Some(Isolation { within: Some(Duration::from_secs(7)), ..isolation(Evidence::All) });
        assert_eq!(cluster.release_bound(), Some(Duration::from_secs(7)));
    }
}
