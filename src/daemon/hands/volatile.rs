//! What is known of this node until it boots: one small file per resource and per action in flight,
//! in a memory-backed folder.

#![expect(clippy::disallowed_methods, reason = "what is known must outlive a daemon that is killed")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::standing::Standing;
use crate::agent::Witness;
use crate::cluster::{Call, Flight, Kept};
use crate::engine::EngineError;
use crate::engine::file::{self, Sync, remove, storage};
use crate::executor::ActionResult;
use crate::host::memory::Memory;
use crate::host::trace::{Trace, time_of, witness};
use crate::model::rename::{rename_instance, rename_key};
use crate::model::{OptionSet, Rename};
use crate::scheduler::{Action, Task};
use crate::status::ResourceHistory;

/// Format of the files; rises when an older Quorate could not read them.
const FORMAT_VERSION: u32 = 1;

/// What is known of one resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Own {
    /// What it did here, as the cluster keeps it.
    pub(super) history: Option<ResourceHistory>,
    /// What it was started with.
    memory: Memory,
    /// Its monitors.
    pub(super) monitors: Vec<Standing>,
}

/// A resource that goes on under another name.
#[derive(Debug)]
pub(super) struct Renamed {
    /// Its name until now.
    pub(super) old: Arc<str>,
    /// Its monitors, as they are called now.
    pub(super) monitors: Vec<Standing>,
}

/// An action in flight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// What was begun.
    pub(super) flight: Flight,
    /// What finds its agent again.
    #[serde(flatten)]
    pub(super) trace: Trace,
    /// How it ended, if it did; kept until the cluster has it.
    pub(super) result: Option<ActionResult>,
}

impl Begun {
    /// What tells its agent in the environment.
    pub(super) fn mark(&self) -> String {
        self.flight.call.to_string()
    }

    /// How much of its time is left.
    pub(super) fn left(&self) -> Duration {
        self.trace.left(time_of(&self.flight.action))
    }
}

/// All that is on record.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) resources: Vec<Own>,
    pub(super) attributes: Vec<OptionSet>,
    pub(super) flights: Vec<Begun>,
}

/// A file.
#[derive(Debug, Serialize, Deserialize)]
struct Page<T> {
    format_version: u32,
    /// Whose file it is: names in paths are changed.
    name: Arc<str>,
    #[serde(flatten)]
    content: T,
}

/// Node attributes, as a file.
#[derive(Debug, Serialize, Deserialize)]
struct Attributes {
    sets: Vec<OptionSet>,
}

/// The files.
#[derive(Debug)]
pub(super) struct Volatile {
    folder: PathBuf,
    resources: BTreeMap<Arc<str>, Own>,
    /// Records of what has ended and is not known to the cluster yet.
    ended: BTreeMap<Arc<str>, Vec<PathBuf>>,
}

impl Volatile {
    /// Reads what is on record since this host was booted.
    pub(super) fn open(folder: &Path) -> Result<(Self, Known), EngineError> {
        forget_other_boot(folder)?;
        let mut volatile =
            Self { folder: folder.to_owned(), resources: BTreeMap::new(), ended: BTreeMap::new() };
        let pages: Vec<Page<Own>> = read_all(&volatile.resource_folder())?;
        volatile.resources = pages.into_iter().map(|page| (page.name, page.content)).collect();
        let flights: Vec<Page<Begun>> = read_all(&volatile.flight_folder())?;
        let attributes = read_page::<Attributes>(&volatile.attribute_file())?;
        let known = Known {
            resources: volatile.resources.values().cloned().collect(),
            attributes: attributes.map(|page| page.content.sets).unwrap_or_default(),
            flights: flights.into_iter().map(|page| page.content).collect(),
        };
        Ok((volatile, known))
    }

    /// The action as its agent has to run it: a service is stopped with what it was started with.
    pub(super) fn to_be_run(&self, action: &Action) -> Action {
        let own = action.resource.as_ref().and_then(|resource| self.resources.get(resource));
        own.map_or_else(|| action.clone(), |own| own.memory.apply(action))
    }

    /// Notes that an action is about to begin; what it returns is to note its process.
    pub(super) fn begin(&self, flight: &Flight) -> Result<Witness, EngineError> {
        let mark: Arc<str> = flight.call.to_string().into();
        let begun = Begun { flight: flight.clone(), trace: Trace::of(&flight.action), result: None };
        let path = self.flight_path(flight.call);
        write(&path, Arc::clone(&mark), &begun)?;
        Ok(witness(Arc::clone(&mark), move |process| {
            let begun = Begun { trace: begun.trace.with(process), ..begun.clone() };
            write(&path, Arc::clone(&mark), &begun)
        }))
    }

    /// Notes the end of an action. What changes the history of its resource stays on record with its
    /// result until the cluster has it, as [`Volatile::keep`] tells.
    pub(super) fn end(&mut self, flight: &Flight, result: &ActionResult) -> Result<(), EngineError> {
        let path = self.flight_path(flight.call);
        let Some(resource) = flight.action.resource.clone().filter(|_| flight.action.task != Task::Notify)
        else {
            return remove(&path);
        };
        let begun = Begun { flight: flight.clone(), trace: Trace::ended(), result: Some(result.clone()) };
        write(&path, flight.call.to_string().into(), &begun)?;
        self.ended.entry(resource).or_default().push(path);
        Ok(())
    }

    /// The cluster has the results of a resource.
    fn settle(&mut self, resource: &Arc<str>) -> Result<(), EngineError> {
        self.ended.remove(resource).into_iter().flatten().try_for_each(|path| remove(&path))
    }

    /// What a resource was started with.
    pub(super) fn memory(&self, resource: Option<&Arc<str>>) -> Memory {
        resource
            .and_then(|resource| self.resources.get(resource))
            .map(|own| own.memory.clone())
            .unwrap_or_default()
    }

    /// Learns from a result what its resource runs with.
    pub(super) fn learn(&mut self, action: &Action, result: &ActionResult) -> Result<(), EngineError> {
        let Some(resource) = &action.resource else { return Ok(()) };
        self.change(resource, |own| own.memory.learn(action, result))
    }

    /// Notes a monitor that stands, in place of the same one.
    pub(super) fn stand(&mut self, monitor: Standing) -> Result<(), EngineError> {
        let action = &monitor.flight.action;
        let Some(resource) = action.resource.clone() else { return Ok(()) };
        let interval = action.interval;
        self.change(&resource, |own| {
            own.monitors.retain(|known| known.flight.action.interval != interval);
            own.monitors.push(monitor);
        })
    }

    /// Notes the end of those monitors whose intervals are meant.
    pub(super) fn end_monitors(
        &mut self,
        resource: &Arc<str>,
        is_meant: impl Fn(Duration) -> bool,
    ) -> Result<(), EngineError> {
        self.change(resource, |own| own.monitors.retain(|known| !is_meant(known.flight.action.interval)))
    }

    /// Keeps what the cluster wants kept.
    pub(super) fn keep(&mut self, kept: Kept) -> Result<(), EngineError> {
        match kept {
            Kept::History(history) => {
                let resource = Arc::clone(&history.id);
                self.change(&resource, |own| own.history = Some(*history))?;
                self.settle(&resource)
            }
            Kept::Forgotten(resource) => {
                self.change(&resource, |own| own.history = None)?;
                self.settle(&resource)
            }
            Kept::Attributes(sets) => {
                write(&self.attribute_file(), "attributes".into(), &Attributes { sets })
            }
        }
    }

    /// Takes monitors and what services were started with to other names.
    pub(super) fn rename(&mut self, renames: &[Rename]) -> Result<Vec<Renamed>, EngineError> {
        let names: Vec<Arc<str>> = self.resources.keys().cloned().collect();
        let mut renamed = Vec::new();
        for old in names {
            let new = rename_instance(&old, renames);
            if new == old {
                continue;
            }
            let (mut memory, mut monitors) = (Memory::default(), Vec::new());
            self.change(&old, |own| {
                memory = std::mem::take(&mut own.memory);
                monitors = std::mem::take(&mut own.monitors);
            })?;
            for monitor in &mut monitors {
                let action = &mut monitor.flight.action;
                action.key = rename_key(&action.key, &old, &new);
                action.resource = Some(Arc::clone(&new));
                action.instance = action.instance.as_ref().map(|instance| rename_instance(instance, renames));
            }
            self.change(&new, |own| {
                if let Some(params) = memory.params(&old) {
                    own.memory.assume(&new, params);
                }
                own.monitors.clone_from(&monitors);
            })?;
            renamed.push(Renamed { old, monitors });
        }
        Ok(renamed)
    }

    /// Changes what is known of a resource, and writes it down if it is different then.
    fn change(&mut self, resource: &Arc<str>, change: impl FnOnce(&mut Own)) -> Result<(), EngineError> {
        let before = self.resources.get(resource).cloned().unwrap_or_default();
        let mut own = before.clone();
        change(&mut own);
        if own == before {
            return Ok(());
        }
        let path = self.resource_folder().join(file_name(resource));
        if own == Own::default() {
            self.resources.remove(resource);
            return remove(&path);
        }
        write(&path, Arc::clone(resource), &own)?;
        self.resources.insert(Arc::clone(resource), own);
        Ok(())
    }

    fn resource_folder(&self) -> PathBuf {
        self.folder.join("resources")
    }

    fn flight_folder(&self) -> PathBuf {
        self.folder.join("flights")
    }

    fn flight_path(&self, call: Call) -> PathBuf {
        self.flight_folder().join(file_name(&call.to_string()))
    }

    fn attribute_file(&self) -> PathBuf {
        self.folder.join("attributes.json")
    }
}

/// Takes away what another boot left, where the folder is not memory-backed.
fn forget_other_boot(folder: &Path) -> Result<(), EngineError> {
    let (path, boot) = (folder.join("boot"), file::boot_id()?);
    if fs::read_to_string(&path).is_ok_and(|text| text == boot) {
        return Ok(());
    }
    for stale in ["resources", "flights"] {
        match fs::remove_dir_all(folder.join(stale)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(storage("cannot remove", &folder.join(stale), error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    remove(&folder.join("attributes.json"))?;
    fs::create_dir_all(folder).map_err(|source| storage("cannot make", folder, source))?;
    fs::write(&path, boot).map_err(|source| storage("cannot write", &path, source))
}

fn write<T: Serialize>(path: &Path, name: Arc<str>, content: &T) -> Result<(), EngineError> {
    file::replace(path, &Page { format_version: FORMAT_VERSION, name, content }, Sync::Never)
}

/// Every file of a folder. One that cannot be understood counts for nothing: what it was about is
/// found out again.
fn read_all<T: DeserializeOwned>(folder: &Path) -> Result<Vec<Page<T>>, EngineError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(storage("cannot read", folder, source)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let mut pages = Vec::new();
    for path in paths {
        pages.extend(read_page(&path)?);
    }
    Ok(pages)
}

fn read_page<T: DeserializeOwned>(path: &Path) -> Result<Option<Page<T>>, EngineError> {
    match file::read(path, FORMAT_VERSION, "it will be found out again") {
        Err(EngineError::Damaged(problem)) => {
            tracing::warn!(problem, "something known of this node is lost");
            remove(path)?;
            Ok(None)
        }
        other => other,
    }
}

/// A file's name for anything: what might mean something in a path is written as a number.
fn file_name(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 5);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b':' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02x}")),
        }
    }
    text + ".json"
}
