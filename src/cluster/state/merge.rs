//! One state out of several: when members find one another, all say what they have, and a rule that
//! needs nothing but that says whose is taken.
//!
//! The desired state and what is known of the cluster are judged apart. Of desired states the one wins
//! that has the last change made with quorum and the daemons of most members; then the last one made with quorum,
//! which some may have voted for without their daemons; among those, that of a partition with quorum; then the
//! newer one. Of what is known, that of a partition with quorum wins, then that of the larger one. And
//! what a member says of its own node is the truth about that node.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Awaited, Durable, Heard, Live, Seat, State};
use crate::cluster::call::Flight;
use crate::cluster::member::{Member, MemberId, Moment};
use crate::model::digest::digest;
use crate::model::{Generation, NodeName, OptionSet};
use crate::status::{JoinState, Presence, ProcessState, ResourceHistory};

/// What a member has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cluster) struct Announcement {
    /// The view that this is about.
    pub(in crate::cluster) view: Vec<MemberId>,
    /// When its daemon started.
    pub(in crate::cluster) life: Moment,
    /// How many actions its node runs at once.
    pub(in crate::cluster) jobs: Option<u32>,
    /// When this was said.
    pub(in crate::cluster) at: Moment,
    /// The epoch it comes from.
    pub(in crate::cluster) epoch: u64,
    /// Its desired state, for comparison.
    pub(in crate::cluster) durable: DurableRank,
    /// What it knows of the cluster, for comparison; `None` if it was no member of any yet.
    pub(in crate::cluster) live: Option<LiveRank>,
    /// The truth about its node.
    pub(in crate::cluster) slice: Slice,
}

/// What desired states are compared by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cluster) struct DurableRank {
    #[serde(default)]
    held_generation: Generation,
    quorate_generation: Generation,
    generation: Generation,
    revision: u64,
    digest: String,
    /// What tells its generation from others of that number.
    #[serde(default)]
    tip: Option<String>,
}

/// What knowledge is compared by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cluster) struct LiveRank {
    quorate: bool,
    members: usize,
    digest: String,
}

impl Announcement {
    /// Whether another one of the same member says nothing else, whenever it was said.
    pub(in crate::cluster) fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |said: &Self| (said.durable.clone(), said.live.clone(), said.slice.clone());
        timeless(self) == timeless(other)
    }

    /// Whether this is what was announced. One of an earlier round may be about the same members.
    pub(in crate::cluster) fn is_fulfilled_by(&self, handover: &Handover) -> bool {
        let is_durable = handover.durable.as_ref().is_none_or(|known| digest(known) == self.durable.digest);
        let rank = self.live.as_ref().map(|live| &live.digest);
        is_durable && handover.live.as_ref().is_none_or(|known| Some(&digest(known)) == rank)
    }
}

/// What is known of one node, by that node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::cluster) struct Slice {
    pub(in crate::cluster) resources: Vec<ResourceHistory>,
    pub(in crate::cluster) attributes: Vec<OptionSet>,
    pub(in crate::cluster) in_flight: Vec<Flight>,
    pub(in crate::cluster) heard: Heard,
}

/// What a member gives to those that have something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cluster) struct Handover {
    /// The view that this is about.
    pub(in crate::cluster) view: Vec<MemberId>,
    /// Its desired state.
    pub(in crate::cluster) durable: Option<Durable>,
    /// What it knows of the cluster.
    pub(in crate::cluster) live: Option<Live>,
}

/// Whose is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cluster) struct Accord {
    /// Whose desired state.
    pub(in crate::cluster) durable: MemberId,
    /// Whether others have another one.
    pub(in crate::cluster) hands_durable: bool,
    /// Whose knowledge; `None` if nobody was a member of any cluster yet.
    pub(in crate::cluster) live: Option<MemberId>,
    /// Whether others have other knowledge.
    pub(in crate::cluster) hands_live: bool,
}

/// What everyone said.
pub(in crate::cluster) type Announcements = BTreeMap<MemberId, Announcement>;

impl Accord {
    /// Whose is taken, by what everyone said; `None` if nobody said anything.
    pub(in crate::cluster) fn of(announcements: &Announcements) -> Option<Self> {
        let is_quorate = |said: &Announcement| said.live.as_ref().is_some_and(|live| live.quorate);
        let (durable, best) = announcements.iter().max_by_key(|(id, said)| {
            let rank = &said.durable;
            let won = (rank.held_generation, rank.quorate_generation, is_quorate(said));
            (won, rank.generation, rank.revision, Reverse(**id))
        })?;
        let knowing = announcements.iter().filter_map(|(id, said)| Some((id, said, said.live.as_ref()?)));
        let live =
            knowing.max_by_key(|(id, said, rank)| (rank.quorate, rank.members, said.epoch, Reverse(**id)));
        Some(Self {
            durable: *durable,
            hands_durable: announcements.values().any(|said| said.durable.digest != best.durable.digest),
            live: live.map(|(id, _, _)| *id),
            hands_live: live.is_some_and(|(_, _, rank)| {
                announcements
                    .values()
                    .any(|said| said.live.as_ref().map(|live| &live.digest) != Some(&rank.digest))
            }),
        })
    }
}

impl State {
    /// What this daemon has. `is_live` if it was a member of a cluster.
    pub(in crate::cluster) fn announce(
        &self,
        seat: &Seat,
        is_live: bool,
        view: Vec<MemberId>,
        at: Moment,
    ) -> Announcement {
        let durable = &self.durable;
        let live = LiveRank {
            quorate: self.live.ledger.status.has_quorum,
            members: self.live.members.len(),
            digest: digest(&self.live),
        };
        Announcement {
            view,
            life: seat.life,
            jobs: seat.jobs,
            at,
            epoch: self.epoch,
            durable: DurableRank {
                held_generation: durable.held_generation,
                quorate_generation: durable.quorate_generation,
                generation: durable.generation,
                revision: durable.revision,
                digest: digest(durable),
                tip: durable.tip().cloned(),
            },
            live: is_live.then_some(live),
            slice: self.slice(&seat.member.name, seat.life),
        }
    }

    /// What is known of one node.
    fn slice(&self, node: &NodeName, life: Moment) -> Slice {
        let state = self.live.ledger.status.node(node.as_str());
        let heard = self.live.heard.get(node).copied().filter(|heard| heard.life == life);
        Slice {
            resources: state.map(|state| state.resources.clone()).unwrap_or_default(),
            attributes: state.map(|state| state.attributes.clone()).unwrap_or_default(),
            in_flight: self.live.in_flight.iter().filter(|flight| flight.worker == *node).cloned().collect(),
            heard: heard.unwrap_or(Heard { life, seq: 0 }),
        }
    }

    /// The state that members agree on.
    pub(in crate::cluster) fn agreed(
        members: &[Member],
        announcements: &Announcements,
        durable: Durable,
        live: Option<Live>,
    ) -> Self {
        let mut state = Self::new(durable);
        let formed = announcements.values().map(|said| said.at).max().unwrap_or_default();
        state.live.formed = formed;
        if let Some(live) = live {
            state.live = live;
        }
        state.epoch = announcements.values().map(|said| said.epoch).max().unwrap_or(0) + 1;
        state.number_anew(announcements);
        state.seat(members, announcements);
        let durable = &mut state.durable;
        if durable.quorate_generation == durable.generation {
            // Whoever agrees on it has it.
            durable.confirm(state.live.members.len());
        }
        state.enrol();
        for (id, said) in announcements {
            if let Some(member) = members.iter().find(|member| member.id == *id) {
                state.install(&member.name, &said.slice);
            }
        }
        state
    }

    /// A generation that is given up takes its number with it: what somebody proposes on it must not count as
    /// proposed on another one of that number.
    fn number_anew(&mut self, announcements: &Announcements) {
        let durable = &mut self.durable;
        let ranks = announcements.values().map(|said| &said.durable);
        let is_given_up = |rank: &&DurableRank| {
            rank.generation >= durable.generation && rank.tip.is_some() && rank.tip.as_ref() != durable.tip()
        };
        let Some(highest) = ranks.filter(is_given_up).map(|rank| rank.generation).max() else { return };
        let is_quorate = durable.quorate_generation == durable.generation;
        let is_held = durable.held_generation == durable.generation;
        durable.generation = Generation(highest.0 + 1);
        if is_quorate {
            durable.quorate_generation = durable.generation;
        }
        if is_held {
            durable.held_generation = durable.generation;
        }
        durable.revision += 1;
        durable.prolong();
    }

    /// Members of before keep their rank; the others come after them. Who had a seat and did not say
    /// anything is waited for like a daemon that died.
    fn seat(&mut self, members: &[Member], announcements: &Announcements) {
        let silent: Vec<NodeName> = self
            .live
            .members
            .iter()
            .map(|seat| &seat.member)
            .filter(|member| {
                !members
                    .iter()
                    .any(|known| known.name == member.name && announcements.contains_key(&known.id))
            })
            .map(|member| member.name.clone())
            .collect();
        self.live.awaited.extend(silent.into_iter().map(|name| (name, Awaited::Return)));
        self.live
            .members
            .retain(|seat| members.contains(&seat.member) && announcements.contains_key(&seat.member.id));
        let mut newcomers: Vec<&Member> = members
            .iter()
            .filter(|member| announcements.contains_key(&member.id) && self.member(member.id).is_none())
            .collect();
        newcomers.sort();
        for member in newcomers {
            let seat = Seat { member: member.clone(), life: Moment::default(), jobs: None };
            self.live.members.push(seat);
        }
        for seat in &mut self.live.members {
            if let Some(said) = announcements.get(&seat.member.id) {
                (seat.life, seat.jobs) = (said.life, said.jobs);
            }
        }
    }

    fn install(&mut self, name: &NodeName, slice: &Slice) {
        let live = &mut self.live;
        live.awaited.retain(|known, _| !known.is(name.as_str()));
        live.detached.retain(|known| !known.is(name.as_str()));
        live.heard.insert(name.clone(), slice.heard);
        live.in_flight.retain(|flight| !flight.worker.is(name.as_str()));
        live.in_flight.extend(slice.in_flight.iter().cloned());
        let state = live.ledger.node_mut(name);
        state.resources.clone_from(&slice.resources);
        state.attributes.clone_from(&slice.attributes);
        state.member = Presence::Present;
        state.process = ProcessState::Online;
        state.join = JoinState::Member;
        state.expected_up = true;
        state.is_fenced = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Last generation with quorum, generation.
    type Generations = (u64, u64);

    /// `(last generation with quorum, generation)` and, of a member of a cluster, `(quorum, members)`.
    fn accord(members: &[(Generations, Option<(bool, usize)>)]) -> (u32, Option<u32>) {
        let mut said = Announcements::new();
        for (number, ((quorate_generation, generation), live)) in (1..).zip(members) {
            let announcement = Announcement {
                view: Vec::new(),
                life: Moment(0),
                jobs: None,
                at: Moment(0),
                epoch: 1,
                durable: DurableRank {
                    held_generation: Generation::default(),
                    quorate_generation: Generation(*quorate_generation),
                    generation: Generation(*generation),
                    revision: *generation,
                    digest: format!("{generation}"),
                    tip: None,
                },
                live: live.map(|(quorate, members)| LiveRank { quorate, members, digest: String::new() }),
                slice: Slice::default(),
            };
            said.insert(MemberId { node: number, process: 1 }, announcement);
        }
        Accord::of(&said)
            .map_or((0, None), |accord| (accord.durable.node, accord.live.map(|holder| holder.node)))
    }

    #[test]
    fn a_newcomer_takes_what_the_others_have() {
        assert_eq!(accord(&[((2, 2), None), ((3, 3), Some((true, 2)))]), (2, Some(2)));
    }

    #[test]
    fn a_partition_with_quorum_wins_though_the_other_changed_more() {
        assert_eq!(accord(&[((6, 9), Some((false, 1))), ((6, 6), Some((true, 2)))]), (2, Some(2)));
        assert_eq!(accord(&[((6, 9), Some((false, 1))), ((7, 7), Some((true, 2)))]), (2, Some(2)));
    }

    #[test]
    fn a_change_of_the_last_node_is_newer_than_a_copy_that_was_switched_off() {
        assert_eq!(accord(&[((6, 6), None), ((6, 8), Some((false, 1)))]), (2, Some(2)));
    }

    #[test]
    fn a_change_made_with_quorum_is_not_lost_to_those_who_missed_it() {
        assert_eq!(accord(&[((7, 7), None), ((6, 6), Some((true, 2)))]), (1, Some(2)));
    }

    #[test]
    fn among_equals_the_larger_part_and_then_the_lowest_number_wins() {
        assert_eq!(accord(&[((6, 6), Some((true, 1))), ((6, 6), Some((true, 2)))]), (1, Some(2)));
        assert_eq!(accord(&[((6, 6), None), ((6, 6), None)]), (1, None));
    }
}
