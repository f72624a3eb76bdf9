//! Whatever a member of the group says, or a daemon of another version, or something that is no daemon
//! at all: this one does not panic, and what it keeps it can read again.

use std::time::Duration;

use quorate::cluster::{
    Durable, Input, Member, MemberId, Moment, Node, Output, Quorum, Record, Settings, Uptime, View,
};
use quorate::model::NodeName;

const NOW: i64 = 1_700_000_000_000;

fn member(node: u32) -> Member {
    Member { id: MemberId { node, process: 1 }, name: NodeName::new(format!("n{node}")) }
}

/// Gives a daemon these inputs, and what it says to all along with the timers that it sets, so often.
pub(crate) fn run(node: &mut Node, mut now: i64, mut inputs: Vec<Input>) {
    for _ in 0..8 {
        let out = node.step(Moment(now), Uptime(Duration::from_millis(u64::try_from(now).unwrap())), inputs);
        inputs = out.into_iter().filter_map(answer).collect();
        now += 1000;
        if inputs.is_empty() {
            return;
        }
    }
}

/// What comes back from outside.
fn answer(output: Output) -> Option<Input> {
    match output {
        Output::Multicast(message) => Some(Input::Delivered { from: member(1).id, message }),
        Output::SetTimer { timer, .. } => Some(Input::Timer(timer)),
        Output::Persist(durable) => {
            let text = serde_json::to_string(&durable).unwrap_or_default();
            assert_eq!(
                serde_json::from_str::<Durable>(&text).ok(),
                Some(*durable),
                "what is kept is read again"
            );
            None
        }
        Output::Begin(_)
        | Output::Kill(_)
        | Output::ClearTimer(_)
        | Output::Record(_)
        | Output::Rename(_)
        | Output::Answer { .. }
        | Output::Tell(_)
        | Output::Leave(_)
        | Output::Released
        | Output::Postponed
        | Output::Reset { .. } => None,
    }
}

/// A daemon of `n1` beside one of `n2`, with quorum.
pub(crate) fn daemon(durable: Option<Durable>, record: Record) -> Node {
    let mut node = Node::new(Settings::new(NodeName::new("n1"), Moment(NOW)), durable, record);
    let members = vec![member(1), member(2)];
    let nodes = members.iter().map(|member| member.name.clone()).collect();
    let view = View { me: member(1).id, members, left: Vec::new() };
    let quorum = Quorum { quorate: true, votes: 2, expected_votes: 2, is_witness_silent: false, nodes };
    run(&mut node, NOW, vec![Input::Quorum(quorum), Input::View(view)]);
    node
}

/// Messages are separated by a line end; each comes from the other member.
pub(crate) fn check(input: &[u8]) {
    let mut node = daemon(None, Record::default());
    for message in input.split(|byte| *byte == b'\n') {
        let from = member(2).id;
        run(&mut node, NOW + 60_000, vec![Input::Delivered { from, message: message.to_vec() }]);
        let _ = node.status(Moment(NOW + 70_000));
    }
}
