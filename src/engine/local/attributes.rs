//! Node attributes that agents set and ask for while this command runs them.
//!
//! What agents set is gathered into the ledger before each decision and whenever it is kept. Dampening
//! waits for what other nodes have to say; here there are none, so that nothing waits.

#![expect(clippy::disallowed_methods, reason = "attributes for good are a file")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::agent::{Installation, Tools};
use crate::engine::EngineError;
use crate::engine::file::{self, Sync};
use crate::host::clock::now;
use crate::ledger::Ledger;
use crate::model::{Cluster, NodeName};
use crate::tool::{self, Answer, Folder, Knowledge, Lasting, Oracle, Place, Problem, Question, Serving};

/// Format of the file; rises when an older Quorate could not read it.
const FORMAT_VERSION: u32 = 1;

/// The attributes of this host.
#[derive(Debug)]
pub(super) struct Attributes {
    node: NodeName,
    /// What is set for good.
    file: PathBuf,
    told: Mutex<Told>,
}

/// What was read last, and what agents have told since.
#[derive(Debug)]
struct Told {
    cluster: Arc<Cluster>,
    known: Ledger,
    lasting: Lasting,
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
struct Change {
    node: NodeName,
    name: Arc<str>,
    value: Option<Arc<str>>,
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Document {
    format_version: u32,
    attributes: Lasting,
}

impl Attributes {
    pub(super) fn new(node: NodeName, durable: &Path) -> Self {
        let told = Told {
            cluster: Arc::default(),
            known: Ledger::new("agents"),
            lasting: Lasting::new(),
            changes: Vec::new(),
        };
        Self { node, file: durable.join("attributes.json"), told: Mutex::new(told) }
    }

    /// Takes note of what is known now, and puts into the ledger what decisions look for there: the
    /// attributes that are set for good, and what agents told and nobody wrote down yet.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn know(&self, cluster: &Cluster, ledger: &mut Ledger) -> Result<(), EngineError> {
        let lasting = self.read()?;
        for (node, attributes) in &lasting {
            for (name, value) in attributes {
                if ledger.attribute(node, name).is_none() {
                    ledger.set_attribute(node, name, Some(value));
                }
            }
        }
        let mut told = self.told();
        told.put_into(ledger);
        if *told.cluster != *cluster {
            told.cluster = Arc::new(cluster.clone());
        }
        told.known.status.clone_from(&ledger.status);
        told.lasting = lasting;
        Ok(())
    }

    /// Puts what agents told into a ledger that is about to be written down; whether they told anything.
    pub(super) fn gather(&self, ledger: &mut Ledger) -> bool {
        let mut told = self.told();
        told.put_into(ledger);
        let has_told = !told.changes.is_empty();
        told.changes.clear();
        has_told
    }

    fn read(&self) -> Result<Lasting, EngineError> {
        let help = "move it away: agents and operators set its attributes again";
        let document = file::read::<Document>(&self.file, FORMAT_VERSION, help)?;
        Ok(document.unwrap_or_default().attributes)
    }

    /// Changes an attribute, at once for whoever asks.
    fn write(&self, place: &Place, value: Option<&Arc<str>>) -> Result<(), Problem> {
        let mut guard = self.told();
        let told = &mut *guard;
        let knowledge = Knowledge {
            here: &self.node,
            cluster: &told.cluster,
            lasting: &told.lasting,
            status: &told.known.status,
            now: now().seconds(),
        };
        let (nodes, name, is_lasting) = knowledge.target(place)?;
        if is_lasting {
            let kept = self.keep(&nodes, &name, value);
            told.lasting = kept.map_err(|error| Problem::Unreachable(error.to_string()))?;
        }
        for node in nodes {
            if told.known.attribute(&node, &name).as_ref() != value {
                told.known.set_attribute(&node, &name, value.map(|value| &**value));
                told.changes.push(Change { node, name: Arc::clone(&name), value: value.cloned() });
            }
        }
        Ok(())
    }

    fn keep(
        &self,
        nodes: &[NodeName],
        name: &Arc<str>,
        value: Option<&Arc<str>>,
    ) -> Result<Lasting, EngineError> {
        let mut lasting = self.read()?;
        for node in nodes {
            let own: &mut BTreeMap<_, _> = lasting.entry(node.clone()).or_default();
            match value {
                Some(value) => own.insert(Arc::clone(name), Arc::clone(value)),
                None => own.remove(name),
            };
        }
        lasting.retain(|_, own| !own.is_empty());
        let document = Document { format_version: FORMAT_VERSION, attributes: lasting };
        file::replace(&self.file, &document, Sync::ToDisk)?;
        Ok(document.attributes)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn put_into(&self, ledger: &mut Ledger) {
        for Change { node, name, value } in &self.changes {
            ledger.set_attribute(node, name, value.as_deref());
        }
    }
}

impl Oracle for Attributes {
    async fn answer(&self, question: Question) -> Answer {
        if let Question::Write { place, value, .. } = &question {
            return match self.write(place, value.as_ref()) {
                Ok(()) => Answer::Done,
                Err(problem) => Answer::Refused(problem),
            };
        }
        let told = self.told();
        let knowledge = Knowledge {
            here: &self.node,
            cluster: &told.cluster,
            lasting: &told.lasting,
            status: &told.known.status,
            now: now().seconds(),
        };
        knowledge.answer(&question).unwrap_or(Answer::Done)
    }
}

/// Where this command answers the tools of the agents that it runs. Each command has a socket of its
/// own, as several may run monitors.
pub(super) fn tools(volatile: &Path) -> Tools {
    // Agents run elsewhere. Without a working folder there is nothing to be relative to.
    let volatile = std::path::absolute(volatile).unwrap_or_else(|_| volatile.to_owned());
    let socket = format!("agents-{}-{}.sock", std::process::id(), next_number());
    Tools { folder: volatile.join("tools"), socket: volatile.join(socket) }
}

fn next_number() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// Begins to answer. Without it agents run all the same: their tools then fail, and say why.
pub(super) fn begin(site: &Installation, attributes: &Arc<Attributes>) -> Option<Serving> {
    let tools = site.tools.as_ref()?;
    let begun = Folder::make(&tools.folder, site.tool_program.as_deref()).and_then(|_| {
        sweep(&tools.folder);
        tool::serve(&tools.socket, Arc::clone(attributes))
    });
    begun.inspect_err(|error| tracing::warn!(%error, "agents cannot set node attributes")).ok()
}

/// Takes away the sockets of commands that were killed.
fn sweep(beside: &Path) {
    let found = beside.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    for path in found.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        let owner = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_prefix("agents-")?.split('-').next()?.parse().ok());
        if owner.is_some_and(|owner: u32| crate::host::process::Process::of(owner).is_none()) {
            // Another command may have been quicker.
            let _ = std::fs::remove_file(&path);
        }
    }
}
