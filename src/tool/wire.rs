//! What tools ask and how they are answered: one line of JSON each way.

#![expect(clippy::disallowed_methods, reason = "talks to the daemon of this host")]

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::NodeName;

/// Something a tool asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// What is set?
    Read(Place),
    /// Set this, or take it away.
    Write {
        /// Where; its name must be given.
        place: Place,
        /// The value from now on.
        value: Option<Arc<str>>,
        /// How long to wait for further changes before the cluster hears of it; `None` is as before.
        dampening: Option<Duration>,
    },
    /// Wait so long for further changes from now on, but change nothing.
    Dampen {
        /// The attribute's name.
        name: Arc<str>,
        /// How long.
        delay: Duration,
    },
    /// Who is there?
    Members,
    /// What of a resource?
    Resource(Arc<str>),
}

/// Which values are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where they are kept.
    pub shelf: Shelf,
    /// Of which nodes.
    pub nodes: Spot,
    /// By which name; `None` means all.
    pub name: Option<Arc<str>>,
}

/// Where values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shelf {
    /// Attributes of a node, until it leaves.
    UntilLeave,
    /// Attributes of a node, for good.
    Forever,
    /// What a node has of a capacity.
    Utilization,
    /// Options of the cluster, which belong to no node.
    Options,
}

/// Which nodes are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spot {
    /// The one that the tool runs on.
    Here,
    /// This one.
    Node(NodeName),
    /// All.
    Everywhere,
}

/// What a tool is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// So be it.
    Done,
    /// What is set.
    Stored(Vec<Stored>),
    /// Who is there.
    Members {
        /// The node that the tool runs on.
        here: NodeName,
        /// Whether the partition has quorum.
        quorate: bool,
        /// All known nodes.
        members: Vec<Member>,
    },
    /// What is known of a resource.
    Resource {
        /// Where it is active, and whether it is promoted there.
        active: Vec<(NodeName, bool)>,
        /// Its parameters.
        params: BTreeMap<Arc<str>, Arc<str>>,
        /// Its meta-attributes.
        meta: BTreeMap<Arc<str>, Arc<str>>,
        /// What it uses.
        utilization: BTreeMap<Arc<str>, Arc<str>>,
    },
    /// It cannot be.
    Refused(Problem),
}

/// A value that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Of which node; `None` for what belongs to none.
    pub node: Option<NodeName>,
    /// Its name.
    pub name: Arc<str>,
    /// What it is set to.
    pub value: Arc<str>,
}

/// A known node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its identity in membership.
    pub id: Arc<str>,
    /// Its name.
    pub name: NodeName,
    /// Whether it is there.
    pub is_present: bool,
}

/// Why something cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Problem {
    /// No such node.
    #[error("there is no node `{0}`")]
    UnknownNode(NodeName),
    /// No such resource.
    #[error("there is no resource `{0}`")]
    UnknownResource(Arc<str>),
    /// It is not done here; why.
    #[error("{0}")]
    Unsupported(String),
    /// The cluster does not decide now; why.
    #[error("{0}")]
    Unreachable(String),
}

/// How long an answer is waited for. Agents have limits of their own.
const PATIENCE: Duration = Duration::from_secs(15);

/// Most bytes of an answer.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// Puts a question to whoever listens on a socket.
///
/// # Errors
/// When nobody does, or the answer makes no sense.
pub(super) fn ask(socket: &Path, question: &Question) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(question)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream.take(ANSWER_MAX)).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no answer came"));
    }
    Ok(serde_json::from_str(&answer)?)
}
