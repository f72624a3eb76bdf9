//! A group within one process: a [`Room`] in which daemons meet, with walls that can be moved.
//!
//! For tests and simulation. Everything that happens in the room happens in one order, and every
//! member of a part of it sees that order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Event, Group};
use crate::cluster::{Departure, Member, MemberId, Parting, Quorum, View};
use crate::model::NodeName;

/// Where daemons of one process meet. Each node has one vote; more than half of all votes are a
/// quorum.
#[derive(Debug, Clone)]
pub struct Room(Arc<Mutex<Inside>>);

/// A daemon's place in a [`Room`]. When it is dropped, that is the end of its process.
#[derive(Debug)]
pub struct Seat {
    room: Room,
    me: Member,
    events: UnboundedReceiver<Event>,
}

#[derive(Debug)]
struct Inside {
    nodes: Vec<Node>,
    processes: u32,
}

#[derive(Debug)]
struct Node {
    number: u32,
    name: NodeName,
    /// Nodes with the same number see each other; `None` for one that is down.
    part: Option<u32>,
    seat: Option<(Member, UnboundedSender<Event>)>,
    /// Who was there when this node's daemon was last told.
    told: Vec<Member>,
}

impl Room {
    /// A room for these nodes, which all see each other.
    pub fn new(names: &[&str]) -> Self {
        let nodes = (1..).zip(names).map(|(number, name)| Node {
            number,
            name: NodeName::from(*name),
            part: Some(0),
            seat: None,
            told: Vec::new(),
        });
        Self(Arc::new(Mutex::new(Inside { nodes: nodes.collect(), processes: 0 })))
    }

    /// A daemon of a node comes in; `None` if there is no such node, or it is down.
    pub fn enter(&self, name: &str) -> Option<Seat> {
        let (sender, events) = unbounded_channel();
        let mut inside = self.inside();
        inside.processes += 1;
        let process = inside.processes;
        let node = inside.nodes.iter_mut().find(|node| node.name.is(name))?;
        let part = node.part?;
        let me = Member { id: MemberId { node: node.number, process }, name: node.name.clone() };
        node.seat = Some((me.clone(), sender));
        // Who joins has seen no view before.
        node.told = Vec::new();
        let number = node.number;
        inside.tell_quorum(|node| node.number == number);
        inside.tell_view(part, &|_| Parting::Left);
        Some(Seat { room: self.clone(), me, events })
    }

    /// Moves the walls: each list of names is a part whose nodes see each other, and no other. A
    /// node that no list names goes down, with its daemon.
    pub fn split(&self, parts: &[&[&str]]) {
        let mut inside = self.inside();
        for node in &mut inside.nodes {
            let part = parts.iter().position(|names| names.iter().any(|name| node.name.is(name)));
            node.part = part.and_then(|part| u32::try_from(part).ok());
            if node.part.is_none() {
                node.seat = None;
            }
        }
        for part in (0..).take(parts.len()) {
            inside.tell(part, &|_| Parting::NodeDown);
        }
    }

    /// Takes the walls away; nodes that were down are up again.
    pub fn heal(&self) {
        let names: Vec<String> = self.inside().nodes.iter().map(|node| node.name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.split(&[&names]);
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A daemon goes.
    fn depart(&self, who: &Member, why: Parting) {
        let mut inside = self.inside();
        let Some(node) = inside.nodes.iter_mut().find(|node| node.sits(who)) else { return };
        node.seat = None;
        if let Some(part) = node.part {
            inside.tell_view(part, &|_| why);
        }
    }
}

impl Node {
    fn sits(&self, who: &Member) -> bool {
        self.seat.as_ref().is_some_and(|(me, _)| me == who)
    }
}

impl Inside {
    /// Tells a part what changed with the walls: who may act no more hears of that first.
    fn tell(&mut self, part: u32, why: &dyn Fn(&Member) -> Parting) {
        let is_quorate = self.quorum(part).quorate;
        if is_quorate {
            self.tell_view(part, why);
            self.tell_quorum(|node| node.part == Some(part));
        } else {
            self.tell_quorum(|node| node.part == Some(part));
            self.tell_view(part, why);
        }
    }

    fn tell_quorum(&self, whom: impl Fn(&Node) -> bool) {
        for node in self.nodes.iter().filter(|node| whom(node)) {
            if let (Some((_, sender)), Some(part)) = (&node.seat, node.part) {
                // A seat that is being dropped hears nothing any more.
                let _ = sender.send(Event::Quorum(self.quorum(part)));
            }
        }
    }

    fn tell_view(&mut self, part: u32, why: &dyn Fn(&Member) -> Parting) {
        let members: Vec<Member> = self
            .nodes
            .iter()
            .filter(|node| node.part == Some(part))
            .filter_map(|node| node.seat.as_ref().map(|(me, _)| me.clone()))
            .collect();
        for node in self.nodes.iter_mut().filter(|node| node.part == Some(part)) {
            let Some((me, sender)) = &node.seat else { continue };
            let gone = node.told.iter().filter(|member| !members.contains(member));
            let left = gone.map(|member| Departure { member: member.clone(), why: why(member) }).collect();
            let _ = sender.send(Event::View(View { me: me.id, members: members.clone(), left }));
            node.told.clone_from(&members);
        }
    }

    fn quorum(&self, part: u32) -> Quorum {
        let there = self.nodes.iter().filter(|node| node.part == Some(part));
        let nodes: Vec<_> = there.map(|node| node.name.clone()).collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (expected_votes, votes) = (count(self.nodes.len()), count(nodes.len()));
        Quorum { quorate: votes > expected_votes / 2, votes, expected_votes, is_witness_silent: false, nodes }
    }

    fn deliver(&self, from: &Member, message: &[u8]) {
        let Some(sender) = self.nodes.iter().find(|node| node.sits(from)) else { return };
        let hearers: BTreeMap<u32, &UnboundedSender<Event>> = self
            .nodes
            .iter()
            .filter(|node| node.part.is_some() && node.part == sender.part)
            .filter_map(|node| Some((node.number, &node.seat.as_ref()?.1)))
            .collect();
        for hearer in hearers.values() {
            let _ = hearer.send(Event::Delivered { from: from.id, message: message.to_vec() });
        }
    }
}

impl Group for Seat {
    async fn next(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // A node that is down hears nothing.
            None => std::future::pending().await,
        }
    }

    fn multicast(&mut self, message: &[u8]) {
        self.room.inside().deliver(&self.me, message);
    }

    async fn leave(&mut self) {
        self.room.depart(&self.me, Parting::Left);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.depart(&self.me, Parting::ProcessDown);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Everything that was told, in short.
    fn told(seat: &mut Seat) -> String {
        let mut words = Vec::new();
        while let Ok(event) = seat.events.try_recv() {
            words.push(match event {
                Event::View(view) => {
                    let names: String = view.members.iter().map(|member| member.name.as_str()).collect();
                    let left: String =
                        view.left.iter().map(|gone| format!("-{}{:?}", gone.member.name, gone.why)).collect();
                    format!("{names}{left}")
                }
                Event::Quorum(quorum) => if quorum.quorate { "may" } else { "may not" }.to_owned(),
                Event::Delivered { from, message } => {
                    format!("{}:{}", from.node, String::from_utf8(message).unwrap())
                }
                Event::Lost { .. } => "lost".to_owned(),
            });
        }
        words.join(", ")
    }

    #[tokio::test]
    async fn all_hear_the_same_in_the_same_order() {
        let room = Room::new(&["a", "b", "c"]);
        let mut a = room.enter("a").unwrap();
        assert_eq!(told(&mut a), "may, a");
        let mut b = room.enter("b").unwrap();
        a.multicast(b"1");
        b.multicast(b"2");
        assert_eq!(told(&mut a), "ab, 1:1, 2:2");
        assert_eq!(told(&mut b), "may, ab, 1:1, 2:2");
        b.leave().await;
        drop(b);
        assert_eq!(told(&mut a), "a-bLeft");
    }

    #[tokio::test]
    async fn walls_part_the_room_and_votes_decide() {
        let room = Room::new(&["a", "b", "c"]);
        let [mut a, mut b, mut c] = ["a", "b", "c"].map(|name| room.enter(name).unwrap());
        for seat in [&mut a, &mut b, &mut c] {
            told(seat);
        }
        room.split(&[&["a"], &["b", "c"]]);
        a.multicast(b"alone");
        assert_eq!(told(&mut a), "may not, a-bNodeDown-cNodeDown, 1:alone");
        assert_eq!(told(&mut b), "bc-aNodeDown, may");
        room.heal();
        assert_eq!(told(&mut a), "abc, may");
        drop(c);
        assert_eq!(told(&mut b), "abc, may, ab-cProcessDown");
        room.split(&[&["b"]]);
        assert!(room.enter("a").is_none());
        assert_eq!(told(&mut b), "may not, b-aNodeDown");
    }
}
