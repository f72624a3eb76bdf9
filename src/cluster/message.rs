//! What members say to one another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::call::{Call, Flight};
use super::member::{MemberId, Moment};
use super::request::{Change, Leave, Lifetime, OverrideId};
use super::state::merge::{Announcement, Handover};
use super::state::{Mark, Reach};
use crate::executor::ActionResult;
use crate::ledger::AgentTraits;
use crate::model::{Agent, NodeName, json};
use crate::scheduler::Action;

/// Version of the language. Rises with every change of what is said, and so with every change of the
/// state's shape: a field that an older daemon passes over would be missing from its digest, and the two
/// would never agree.
const VERSION: u32 = 3;

/// A message of one member to all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Message {
    /// What I have, for members to agree on one state.
    Announcement(Box<Announcement>),
    /// Mine was taken: here it is.
    Handover(Box<Handover>),
    /// Let us agree without those who do not answer.
    Close {
        /// Members of the view that this is about.
        view: Vec<MemberId>,
        /// Who has not said a word.
        without: Vec<MemberId>,
    },
    /// News of my node, or something asked for there.
    Word(Box<Word>),
    /// Orders of the controller.
    Orders(Box<Orders>),
    /// A finding of the controller that is true for all from now on.
    Ruling(Box<Ruling>),
}

/// News of a node. Repeated after members agreed on a state, unless they had taken it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Word {
    /// Rising with each word of a daemon.
    pub(super) seq: u64,
    /// When.
    pub(super) at: Moment,
    /// What.
    pub(super) tiding: Tiding,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tiding {
    /// An action ended.
    Ended { call: Call, result: ActionResult, traits: AgentTraits },
    /// A recurring monitor has another answer.
    Observed { action: Box<Action>, agent: Agent, result: ActionResult, traits: AgentTraits },
    /// An agent set a node attribute.
    Attribute { node: NodeName, name: Arc<str>, value: Option<Arc<str>>, lifetime: Lifetime },
    /// Somebody asks for a change.
    Change(Box<Change>),
    /// This daemon wants to leave.
    Leave(Leave),
}

/// Actions to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Orders {
    /// What they are good for.
    pub(super) mark: Mark,
    /// What is to be begun.
    pub(super) flights: Vec<Flight>,
    /// Guest nodes that ended with their hosts.
    pub(super) ended_guests: Vec<NodeName>,
}

/// A finding of the controller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ruling {
    /// What it is good for.
    pub(super) mark: Mark,
    /// When.
    pub(super) at: Moment,
    /// What.
    pub(super) finding: Finding,
}

/// What a controller finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Finding {
    /// Whether this partition has quorum.
    Quorum(bool),
    /// A daemon did not come back.
    Forsaken { node: NodeName, reach: Reach },
    /// Overrides ended by themselves; the pause, too, if it was one.
    Lapsed { overrides: Vec<OverrideId>, pause: bool },
    /// An action took too long and counts as ended like this.
    Lost { call: Call, result: ActionResult },
}

/// Why a message could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Another version of the language.
    #[error(
        "it speaks version {0} of the cluster's language, and this daemon only version {VERSION}; \
             nothing is decided until all speak the same: update the older daemon"
    )]
    Version(u32),
    /// Not in the language at all.
    #[error("it is not understood: {0}")]
    Content(String),
}

#[derive(Serialize)]
struct EnvelopeOut<'a> {
    v: u32,
    m: &'a Message,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

#[derive(Deserialize)]
struct EnvelopeIn {
    v: u32,
    m: Message,
}

impl Message {
    /// The message as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        json::bytes(&EnvelopeOut { v: VERSION, m: self })
    }

    /// The message that bytes say.
    ///
    /// # Errors
    /// When it is of another version or kind than this daemon knows.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        match serde_json::from_slice::<EnvelopeIn>(bytes) {
            Ok(envelope) if envelope.v == VERSION => Ok(envelope.m),
            Ok(envelope) => Err(Unreadable::Version(envelope.v)),
            // What cannot be read may be of a version that says other things.
            Err(error) => match serde_json::from_slice::<Version>(bytes) {
                Ok(version) if version.v != VERSION => Err(Unreadable::Version(version.v)),
                Ok(_) | Err(_) => Err(Unreadable::Content(error.to_string())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]

    use super::*;

    fn word() -> Message {
        let tiding = Tiding::Leave(Leave::Drained);
        Message::Word(Box::new(Word { seq: 7, at: Moment(5), tiding }))
    }

    #[test]
    fn a_message_comes_back_as_it_went() {
        assert_eq!(Message::decode(&word().encode()), Ok(word()));
    }

    #[test]
    fn another_version_is_refused_by_its_number_whatever_it_says() {
        let future = br#"{"v":99,"m":{"dance":{}}}"#;
        assert_eq!(Message::decode(future), Err(Unreadable::Version(99)));
        let text = String::from_utf8(word().encode()).unwrap().replace("\"v\":3", "\"v\":1");
        assert_eq!(Message::decode(text.as_bytes()), Err(Unreadable::Version(1)));
    }

    #[test]
    fn an_unknown_kind_is_refused_by_its_name() {
        let error = Message::decode(br#"{"v":3,"m":{"dance":{}}}"#).unwrap_err().to_string();
        assert!(error.contains("dance"), "{error}");
    }

    #[test]
    fn noise_is_refused() {
        for noise in [&b""[..], b"{", b"\xff\xfe", b"null", b"[]", br#"{"v":"1"}"#] {
            assert!(matches!(Message::decode(noise), Err(Unreadable::Content(_))), "{noise:?}");
        }
    }
}
