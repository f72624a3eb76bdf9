//! Processes of services that end. Their resource is monitored at once instead of at its next turn.
//!
//! Agents hand their environment on to what they start, and it names the resource
//! (`OCF_RESOURCE_INSTANCE`); where it does not get that far, the resource's pid file tells. Of the
//! processes found, those are watched that no other of them began and that are not the agent itself. An end tells nothing by itself: it
//! only lets the monitor run.

#![expect(clippy::disallowed_methods, reason = "reads what the kernel shows of processes")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::host::clock::until;
use crate::model::Table;

/// Watches processes of services.
#[derive(Debug, Default)]
pub(super) struct Exits {
    /// Resources whose processes are to be looked for.
    wanted: BTreeMap<Arc<str>, Wanted>,
    /// When they are.
    look_at: Option<Instant>,
    /// No look before this.
    rests_until: Option<Instant>,
    looks: JoinSet<Vec<Found>>,
    watches: JoinSet<Arc<str>>,
    watched: BTreeMap<Arc<str>, Vec<AbortHandle>>,
    /// Resources that have lost a process since they were looked for.
    lost: BTreeSet<Arc<str>>,
    /// Resources that have lost a process and have no other: their monitor may have been deceived by
    /// one that was dead and not buried.
    waning: Vec<Arc<str>>,
}

#[derive(Debug, Clone)]
struct Wanted {
    pid_file: Option<Arc<str>>,
    from: Instant,
    /// Its processes were watched, and one of them has ended.
    has_lost: bool,
}

/// The processes of a resource.
#[derive(Debug)]
struct Found {
    resource: Arc<str>,
    processes: Vec<u32>,
    has_lost: bool,
}

/// A process, as far as it counts here.
struct Seen {
    id: u32,
    parent: u32,
}

impl Exits {
    /// How long after a start its processes are looked for: they settle down, and several starts are
    /// looked after at once.
    pub(super) const SETTLED: Duration = Duration::from_millis(200);
    /// How long after the end of one process others are looked for: a service whose processes come
    /// and go is not watched all the time.
    pub(super) const RESTLESS: Duration = Duration::from_secs(1);
    /// How long after a look the next one is: each goes through all processes, and a node that takes over
    /// a hundred services would do little else.
    const REST: Duration = Duration::from_millis(250);
    /// Of one resource, at most so many processes are watched.
    const MOST: usize = 8;

    /// Wants to know when a process of a resource ends.
    pub(super) fn expect(&mut self, resource: &Arc<str>, params: &Table, after: Duration) {
        let pid_file = ["pidfile", "pid_file", "pid"].iter().find_map(|name| params.get(*name));
        let from = Instant::now() + after;
        let has_lost = self.lost.remove(resource);
        let wanted = Wanted { pid_file: pid_file.cloned(), from, has_lost };
        self.wanted.insert(Arc::clone(resource), wanted);
        self.look_at = self.next_look();
    }

    /// A resource is about to be stopped: its processes may end.
    pub(super) fn forget(&mut self, resource: &Arc<str>) {
        self.wanted.remove(resource);
        self.lost.remove(resource);
        for watch in self.watched.remove(resource).into_iter().flatten() {
            watch.abort();
        }
    }

    /// Whether a resource has lost a process and was not looked for since.
    pub(super) fn has_lost(&self, resource: Option<&str>) -> bool {
        resource.is_some_and(|resource| self.lost.contains(resource))
    }

    /// The next resource of which a process has ended; comes only while one is watched. May be
    /// dropped without losing one.
    pub(super) async fn next(&mut self) -> Arc<str> {
        loop {
            if let Some(resource) = self.waning.pop() {
                return resource;
            }
            tokio::select! {
                () = until(self.look_at) => self.look(),
                Some(found) = self.looks.join_next(), if !self.looks.is_empty() => {
                    let waning = self.take(found.unwrap_or_default());
                    self.waning.extend(waning);
                }
                Some(ended) = self.watches.join_next(), if !self.watches.is_empty() => {
                    // A watch that was aborted tells nothing.
                    let Ok(resource) = ended else { continue };
                    if let Some(watches) = self.watched.remove(&resource) {
                        watches.iter().for_each(AbortHandle::abort);
                        self.lost.insert(Arc::clone(&resource));
                        return resource;
                    }
                }
            }
        }
    }

    /// Looks for the processes of those resources whose time has come.
    fn look(&mut self) {
        let now = Instant::now();
        let due: BTreeMap<Arc<str>, Wanted> =
            self.wanted.extract_if(.., |_, wanted| wanted.from <= now).collect();
        if !due.is_empty() {
            self.rests_until = Some(now + Self::REST);
            self.looks.spawn_blocking(move || find(&due));
        }
        self.look_at = self.next_look();
    }

    fn next_look(&self) -> Option<Instant> {
        let first = self.wanted.values().map(|wanted| wanted.from).min()?;
        Some(self.rests_until.map_or(first, |rest| first.max(rest)))
    }

    /// Watches what was found; the resources that have nothing left to be watched.
    fn take(&mut self, found: Vec<Found>) -> Vec<Arc<str>> {
        let mut waning = Vec::new();
        for Found { resource, processes, has_lost } in found {
            if processes.is_empty() && has_lost {
                waning.push(Arc::clone(&resource));
            }
            for process in processes {
                self.watch(Arc::clone(&resource), process);
            }
        }
        waning
    }

    fn watch(&mut self, resource: Arc<str>, process: u32) {
        let told = Arc::clone(&resource);
        let watch = self.watches.spawn(async move {
            if let Some(end) = end_of(process) {
                end.await;
            }
            told
        });
        self.watched.entry(resource).or_default().push(watch);
    }
}

/// The end of a process that runs now.
fn end_of(process: u32) -> Option<impl Future<Output = ()>> {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw)?;
    let fd = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
    #[expect(deprecated, reason = "the descriptor is owned, and stays open as long as it is watched")]
    let watched = AsyncFd::with_interest(fd, Interest::READABLE).ok()?;
    Some(async move {
        // An error would be no reason not to look after the service.
        let _ = watched.readable().await;
    })
}

/// The processes of resources.
fn find(wanted: &BTreeMap<Arc<str>, Wanted>) -> Vec<Found> {
    let mut seen: BTreeMap<&Arc<str>, Vec<Seen>> = BTreeMap::new();
    let numbers = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    for id in numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some((resource, _)) = resource_of(id).and_then(|name| wanted.get_key_value(&*name))
            && let Some(parent) = parent_of(id)
        {
            seen.entry(resource).or_default().push(Seen { id, parent });
        }
    }
    let own = std::process::id();
    let mut found = Vec::new();
    for (resource, wanted) in wanted {
        let seen = seen.remove(resource).unwrap_or_default();
        let is_root = |process: &&Seen| {
            let is_child = seen.iter().any(|other| other.id == process.parent);
            process.parent != own && !is_child && !is_agent(process.id)
        };
        let roots = seen.iter().filter(is_root).take(Exits::MOST).map(|process| process.id);
        let mut processes: Vec<u32> = roots.collect();
        if processes.is_empty() {
            processes.extend(wanted.pid_file.as_deref().and_then(pid_in));
        }
        found.push(Found { resource: Arc::clone(resource), processes, has_lost: wanted.has_lost });
    }
    found
}

/// The resource that a process was started for.
fn resource_of(process: u32) -> Option<String> {
    let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
    let name = environment
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(b"OCF_RESOURCE_INSTANCE=".as_slice()))?;
    String::from_utf8(name.to_vec()).ok()
}

/// Whether a process still is the agent: what it left behind to announce an address, say, is no service, and
/// neither is what that began.
fn is_agent(process: u32) -> bool {
    let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let mut words = words.split(|byte| *byte == 0).take(2);
    words.any(|word| String::from_utf8_lossy(word).contains("/resource.d/"))
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in brackets and may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn pid_in(file: &str) -> Option<u32> {
    fs::read_to_string(file).ok()?.split_whitespace().next()?.parse().ok()
}
