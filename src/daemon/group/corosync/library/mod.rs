//! The libraries of corosync, opened when they are first needed: a machine without them runs
//! everything else.
//!
//! This folder is the only place with unsafe code. What leaves it is safe: handles that end their
//! connection when dropped, and events by value. A handle belongs to one task; its callbacks run
//! only inside its own `dispatch`, on the thread that calls it, and only write to its inbox.

#![expect(unsafe_code, reason = "the libraries of corosync speak C")]

mod cmap;
mod cpg;
mod quorum;
mod votequorum;

use std::ffi::c_int;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, PoisonError};

use libloading::Library;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

pub(super) use cmap::{has_device, node_list};
pub(super) use cpg::{Cpg, CpgEvent, Process, Reason};
pub(super) use quorum::{Counted, Quorum};
pub(super) use votequorum::{Votequorum, Votes};

/// `CS_DISPATCH_ALL`: run the callbacks of everything that waits, then return.
const DISPATCH_ALL: c_int = 2;

/// What corosync answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(c_int);

impl Code {
    const OK: Self = Self(1);
    const LIBRARY: Self = Self(2);
    const INIT: Self = Self(4);
    const TRY_AGAIN: Self = Self(6);
    const BAD_HANDLE: Self = Self(9);
    const ACCESS: Self = Self(11);
    const SECURITY: Self = Self(100);
}

/// Why corosync cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// A library is not installed.
    #[error("corosync is not installed: {0}; install the package `corosync`")]
    NotInstalled(String),
    /// The daemon does not run, or has ended.
    #[error(
        "corosync does not run (or has just ended); start it with `systemctl start corosync`, and see its log if it ends"
    )]
    NotRunning,
    /// It runs, and does nothing.
    #[error("corosync does not answer: it stands still, and the others go on without this node; restart it")]
    Silent,
    /// It refuses us.
    #[error("corosync refuses this user; run as root, or allow the user in /etc/corosync/uidgid.d")]
    NoPermission,
    /// It counts no votes.
    #[error(
        "corosync counts no votes; set `provider: corosync_votequorum` in the section `quorum` of /etc/corosync/corosync.conf"
    )]
    NoVotes,
    /// Its queue is full; the same call will do later.
    #[error("corosync is busy")]
    Busy,
    /// The node list calls this node something else.
    #[error(
        "corosync.conf calls this node `{listed}`, but the daemon runs as `{own}`; start it with `--node {listed}`, or correct the node list"
    )]
    OtherName {
        /// In the node list.
        listed: String,
        /// The daemon's own.
        own: String,
    },
    /// The system cannot watch its connections.
    #[error("the connection to corosync cannot be watched: {0}")]
    Unwatchable(String),
    /// Anything else.
    #[error("{call} failed with code {code} of corosync")]
    Other {
        /// The function that failed.
        call: &'static str,
        /// Its code.
        code: c_int,
    },
}

/// Makes a result of a code.
fn check(call: &'static str, code: c_int) -> Result<(), Fault> {
    match Code(code) {
        Code::OK => Ok(()),
        Code::TRY_AGAIN => Err(Fault::Busy),
        Code::LIBRARY | Code::BAD_HANDLE | Code::INIT => Err(Fault::NotRunning),
        Code::ACCESS | Code::SECURITY => Err(Fault::NoPermission),
        Code(code) => Err(Fault::Other { call, code }),
    }
}

/// Opens a library for the rest of this process: its functions are kept, and it may have started
/// threads of its own.
fn open(name: &'static str) -> Result<&'static Library, Fault> {
    // SAFETY: the libraries of corosync have no initialisers that ask for anything.
    let library = unsafe { Library::new(name) };
    library
        .map(|library| &*Box::leak(Box::new(library)))
        .map_err(|error| Fault::NotInstalled(error.to_string()))
}

/// The function of a library with this name.
///
/// # Safety
/// `F` must be the type that the library's header gives it.
unsafe fn function<F: Copy>(library: &'static Library, name: &'static [u8]) -> Result<F, Fault> {
    // SAFETY: the caller vouches for the type; the library is never closed.
    unsafe { library.get::<F>(name) }
        .map(|symbol| *symbol)
        .map_err(|error| Fault::NotInstalled(error.to_string()))
}

/// What callbacks have written down; its address is the context of a handle.
#[derive(Debug)]
struct Inbox<E>(Mutex<Vec<E>>);

impl<E> Default for Inbox<E> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<E> Inbox<E> {
    fn put(&self, event: E) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    fn take(&self) -> Vec<E> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A file descriptor that a library owns and that tells when there is something to dispatch.
#[derive(Debug)]
struct Signal(RawFd);

impl AsRawFd for Signal {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

/// A service of corosync that tells of something now and then.
pub(super) trait Service {
    /// What it tells.
    type Told;

    /// Everything that waits to be told, in order.
    fn dispatch(&self) -> Result<Vec<Self::Told>, Fault>;
}

/// A service together with the watch on its file descriptor.
#[derive(Debug)]
pub(super) struct Watched<S> {
    /// Goes before the service, which closes what it watches.
    signal: AsyncFd<Signal>,
    service: S,
}

impl<S: Service> Watched<S> {
    /// # Safety
    /// The signal must be the service's own.
    unsafe fn new(service: S, signal: Signal) -> Result<Self, Fault> {
        // SAFETY: the library keeps the descriptor open until the service is dropped, which is after
        // the watch on it.
        let signal = unsafe { AsyncFd::register_with_interest(signal, Interest::READABLE) };
        let signal = signal.map_err(|error| Fault::Unwatchable(error.to_string()))?;
        Ok(Self { signal, service })
    }

    /// Waits until there is something to be told. May be dropped at any time: nothing is lost.
    pub(super) async fn told(&self) -> Result<Vec<S::Told>, Fault> {
        let ready = self.signal.readable().await;
        let mut ready = ready.map_err(|error| Fault::Unwatchable(error.to_string()))?;
        let told = self.service.dispatch()?;
        ready.clear_ready();
        Ok(told)
    }

    /// The service itself.
    pub(super) fn service(&self) -> &S {
        &self.service
    }
}

/// A slice of what C gave as pointer and length.
///
/// # Safety
/// `length` values must be readable behind `pointer` for as long as `'a`, unless `length` is zero.
unsafe fn slice<'a, T>(pointer: *const T, length: usize) -> &'a [T] {
    if pointer.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(pointer, length) }
}
