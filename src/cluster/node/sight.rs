//! What this daemon sees of the membership layer, and when it may be believed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cluster::border::{Output, Timer};
use crate::cluster::member::{Departure, Member, MemberId, Moment, Parting, Quorum, Uptime};
use crate::cluster::solitude::{Evidence, Solitude};
use crate::model::{Isolation, NodeName};

/// What this daemon sees.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct Sight {
    quorum: Quorum,
    /// Whether quorum is believed in. A loss is, at once. A gain is not as long as the layer sees nodes
    /// whose daemons are not in the group yet: where partitions merge, their nodes are seen first, and
    /// the smaller one must not take the quorum of the merged one for its own.
    believed: bool,
    /// Nodes that went and were not seen since.
    gone: BTreeSet<NodeName>,
    solitude: Solitude,
    /// Whether this node was told to let go of everything.
    is_released: bool,
    /// Members whose messages are of another version than this daemon's.
    strangers: BTreeSet<MemberId>,
    /// When the last of them was there.
    strangers_until: Option<Moment>,
    /// How the last orders were dated.
    clock: Option<Dating>,
}

/// How orders were dated that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dating {
    by: MemberId,
    since: Moment,
    /// By how many milliseconds that was after they came.
    ahead: i64,
    /// The same of those before, if they are of the same member.
    before: Option<i64>,
}

impl Sight {
    /// How long a gain of quorum waits for daemons of nodes that are seen.
    const GAIN: Duration = Duration::from_millis(500);

    /// Orders of a member came, that are dated like this.
    pub(super) fn see_clock(&mut self, by: MemberId, since: Moment, now: Moment) {
        let last = self.clock.filter(|last| last.by == by);
        if last.is_some_and(|last| last.since == since) {
            return;
        }
        let ahead = since.0.saturating_sub(now.0);
        self.clock = Some(Dating { by, since, ahead, before: last.map(|last| last.ahead) });
    }

    /// By how many milliseconds a member's clock is ahead of this host's, if its last two orders agree on it:
    /// one alone may have come late.
    pub(super) fn sure_clock_of(&self, member: MemberId) -> Option<i64> {
        const AGREE: i64 = 1000;
        let last = self.clock.filter(|last| last.by == member)?;
        let is_sure = last.before?.saturating_sub(last.ahead).saturating_abs() <= AGREE;
        is_sure.then_some(last.ahead)
    }

    /// By how many milliseconds a member's clock is ahead of this host's, if it gave the last orders.
    pub(super) fn clock_of(&self, member: MemberId) -> Option<i64> {
        self.clock.filter(|last| last.by == member).map(|last| last.ahead)
    }

    pub(super) const fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Whether this partition may act for the cluster.
    pub(in crate::cluster) fn has_quorum(&self) -> bool {
        self.believed && !self.must_let_go()
    }

    /// Whether this node may run nothing, whatever the policy for a loss of quorum: it is cut off, or was
    /// told so.
    pub(in crate::cluster) fn must_let_go(&self) -> bool {
        self.is_released || self.is_cut_off()
    }

    /// Whether this node found out that it is cut off.
    pub(in crate::cluster) fn is_cut_off(&self) -> bool {
        self.solitude.is_cut_off()
    }

    /// Whether this node was told to let go of everything.
    pub(in crate::cluster) const fn is_released(&self) -> bool {
        self.is_released
    }

    /// Whether this node is alone, may act as far as votes go, and has not looked yet whether it is cut
    /// off.
    pub(in crate::cluster) fn is_undecided(&self) -> bool {
        self.believed && self.solitude.is_undecided()
    }

    /// Whether there are members whose messages this daemon does not understand.
    pub(in crate::cluster) fn hears_strangers(&self) -> bool {
        !self.strangers.is_empty()
    }

    /// When the last member was there whose messages this daemon did not understand.
    pub(in crate::cluster) const fn heard_strangers_until(&self) -> Option<Moment> {
        self.strangers_until
    }

    /// A member's messages are of another version; whether that is news.
    pub(super) fn note_stranger(&mut self, from: MemberId, now: Moment) -> bool {
        self.strangers_until = Some(now);
        self.strangers.insert(from)
    }

    /// Whether a look at the evidence can change anything.
    pub(super) fn wants_evidence(&self) -> bool {
        self.solitude.wants_evidence()
    }

    /// Since when this node has seen no other.
    pub(super) const fn alone_since(&self) -> Option<Uptime> {
        self.solitude.since()
    }

    pub(super) fn take_evidence(&mut self, evidence: Evidence) {
        self.solitude.take(evidence);
    }

    /// Somebody made sure that the other nodes are down.
    pub(super) fn acquit(&mut self) {
        self.solitude.acquit();
    }

    /// Lets go of everything from now on.
    pub(super) const fn release(&mut self) {
        self.is_released = true;
    }

    /// Judges whether this node is cut off; `members` is how many the cluster has. Whether anything is
    /// different now, and what is to be done about it.
    pub(super) fn judge_solitude(
        &mut self,
        isolation: Option<&Isolation>,
        members: usize,
        view: &[Member],
        now: Uptime,
    ) -> (bool, Option<Output>) {
        let was_cut_off = self.is_cut_off();
        let is_alone = members > 1 && self.quorum.nodes.len() == 1 && view.len() <= 1;
        let is_news = self.solitude.judge(isolation, is_alone, &self.quorum, now);
        // Quorum that comes back with other nodes is a gain like any other.
        let has_company = was_cut_off && !self.is_cut_off() && !is_alone;
        if has_company {
            self.believed = false;
        }
        (is_news, if has_company { self.judge(view) } else { None })
    }

    /// Whether quorum was gained but is not believed in yet.
    pub(in crate::cluster) const fn is_in_doubt(&self) -> bool {
        self.quorum.quorate && !self.believed
    }

    /// Whether the membership layer sees a node.
    pub(in crate::cluster) fn sees(&self, node: &NodeName) -> bool {
        self.quorum.nodes.iter().any(|seen| seen.is(node.as_str()))
    }

    /// Whether quorum is told of the same nodes as the view shows.
    pub(in crate::cluster) fn is_coherent(&self, view: &[Member]) -> bool {
        view.iter().all(|member| self.sees(&member.name)) && !self.gone.iter().any(|node| self.sees(node))
    }

    pub(super) fn take_quorum(&mut self, quorum: Quorum, view: &[Member]) -> Option<Output> {
        self.quorum = quorum;
        self.judge(view)
    }

    pub(super) fn note_departure(&mut self, departure: &Departure) {
        if departure.why == Parting::NodeDown {
            self.gone.insert(departure.member.name.clone());
        }
    }

    pub(super) fn take_view(&mut self, view: &[Member], now: Moment) -> Option<Output> {
        if self.hears_strangers() {
            self.strangers.retain(|id| view.iter().any(|member| member.id == *id));
            self.strangers_until = Some(now);
        }
        self.gone.retain(|node| !view.iter().any(|member| member.name == *node));
        self.judge(view)
    }

    /// The daemons of nodes that are seen had their time.
    pub(super) const fn believe(&mut self) {
        self.believed = self.quorum.quorate;
    }

    fn judge(&mut self, view: &[Member]) -> Option<Output> {
        if !self.quorum.quorate {
            self.believed = false;
            return Some(Output::ClearTimer(Timer::QuorumGain));
        }
        let is_in = |node: &NodeName| view.iter().any(|member| member.name.is(node.as_str()));
        if self.believed || self.quorum.nodes.iter().all(is_in) {
            self.believed = true;
            return None;
        }
        Some(Output::SetTimer { timer: Timer::QuorumGain, after: Self::GAIN })
    }
}
