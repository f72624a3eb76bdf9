//! Quorum: whether the nodes that see each other may act, and which they are. Each answer names the
//! ring it is about, so that it can be paired with the group's members.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::{Arc, OnceLock};
use std::{fmt, ptr};

use super::{DISPATCH_ALL, Fault, Inbox, Service, Signal, Watched, check, function, open, slice};

type Handle = u64;

#[repr(C)]
#[derive(Clone, Copy)]
struct RingId {
    node: u32,
    seq: u64,
}

type OnQuorum = extern "C" fn(Handle, u32, RingId, u32, *const u32);
type OnNodes = extern "C" fn(Handle, RingId, u32, *const u32, u32, *const u32, u32, *const u32);

#[repr(C)]
struct Model {
    model: c_int,
    quorum: OnQuorum,
    nodes: OnNodes,
}

/// `QUORUM_MODEL_V1`.
const MODEL_V1: c_int = 1;
/// `QUORUM_SET`: somebody counts votes.
const SET: u32 = 1;
/// `CS_TRACK_CURRENT | CS_TRACK_CHANGES`.
const TRACK: c_uint = 3;

struct Functions {
    initialize: unsafe extern "C" fn(*mut Handle, c_int, *mut Model, *mut u32, *mut c_void) -> c_int,
    finalize: unsafe extern "C" fn(Handle) -> c_int,
    fd_get: unsafe extern "C" fn(Handle, *mut c_int) -> c_int,
    context_get: unsafe extern "C" fn(Handle, *mut *const c_void) -> c_int,
    dispatch: unsafe extern "C" fn(Handle, c_int) -> c_int,
    track_start: unsafe extern "C" fn(Handle, c_uint) -> c_int,
}

impl Functions {
    fn load() -> Result<&'static Self, Fault> {
        static LOADED: OnceLock<Result<Functions, Fault>> = OnceLock::new();
        LOADED.get_or_init(Self::open).as_ref().map_err(Clone::clone)
    }

    fn open() -> Result<Self, Fault> {
        let library = open("libquorum.so.5")?;
        // SAFETY: the types are those of corosync/quorum.h, for version 5 of the library.
        unsafe {
            Ok(Self {
                initialize: function(library, b"quorum_model_initialize\0")?,
                finalize: function(library, b"quorum_finalize\0")?,
                fd_get: function(library, b"quorum_fd_get\0")?,
                context_get: function(library, b"quorum_context_get\0")?,
                dispatch: function(library, b"quorum_dispatch\0")?,
                track_start: function(library, b"quorum_trackstart\0")?,
            })
        }
    }
}

/// The state of quorum for one ring of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Counted {
    /// Whether the nodes may act.
    pub(in super::super) is_quorate: bool,
    /// The ring's number; higher ones are younger.
    pub(in super::super) ring: u64,
    /// The nodes that see each other.
    pub(in super::super) nodes: Vec<u32>,
}

/// A connection to the quorum service.
pub(in super::super) struct Quorum {
    functions: &'static Functions,
    handle: Handle,
    /// The library keeps its address until `finalize`.
    inbox: Arc<Inbox<Counted>>,
}

impl Quorum {
    /// Connects to the corosync of this host, and asks to be told of every count.
    pub(in super::super) fn connect() -> Result<Watched<Self>, Fault> {
        let functions = Functions::load()?;
        let inbox = Arc::<Inbox<Counted>>::default();
        let mut model = Model { model: MODEL_V1, quorum: on_quorum, nodes: on_nodes };
        let (mut handle, mut kind) = (0, 0);
        let context = Arc::as_ptr(&inbox).cast_mut().cast();
        // SAFETY: the pointers are valid for the call, which copies the model; the inbox lives until
        // `finalize`.
        let code = unsafe {
            (functions.initialize)(&raw mut handle, MODEL_V1, &raw mut model, &raw mut kind, context)
        };
        check("quorum_model_initialize", code)?;
        let connection = Self { functions, handle, inbox };
        if kind != SET {
            return Err(Fault::NoVotes);
        }
        // SAFETY: the handle is open.
        check("quorum_trackstart", unsafe { (functions.track_start)(handle, TRACK) })?;
        let mut fd = -1;
        // SAFETY: the handle is open.
        check("quorum_fd_get", unsafe { (functions.fd_get)(handle, &raw mut fd) })?;
        // SAFETY: the descriptor is that of this very handle.
        unsafe { Watched::new(connection, Signal(fd)) }
    }
}

impl Service for Quorum {
    type Told = Counted;

    fn dispatch(&self) -> Result<Vec<Counted>, Fault> {
        // SAFETY: the handle is open; callbacks touch nothing but the inbox.
        let code = unsafe { (self.functions.dispatch)(self.handle, DISPATCH_ALL) };
        match check("quorum_dispatch", code) {
            // Nothing waits any more.
            Ok(()) | Err(Fault::Busy) => Ok(self.inbox.take()),
            Err(fault) => Err(fault),
        }
    }
}

impl Drop for Quorum {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used again. No callback runs: they run inside
        // `dispatch` only, which borrows `self`.
        unsafe { (self.functions.finalize)(self.handle) };
    }
}

impl fmt::Debug for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quorum").field("handle", &self.handle).finish_non_exhaustive()
    }
}

extern "C" fn on_quorum(handle: Handle, quorate: u32, ring: RingId, count: u32, nodes: *const u32) {
    let Ok(functions) = Functions::load() else { return };
    let mut context: *const c_void = ptr::null();
    // SAFETY: the library gives a list of this length, and the handle it was called with, whose
    // context is the inbox that lives as long as the handle.
    unsafe {
        let nodes = slice(nodes, usize::try_from(count).unwrap_or(0)).to_vec();
        let code = (functions.context_get)(handle, &raw mut context);
        if check("quorum_context_get", code).is_ok()
            && let Some(inbox) = context.cast::<Inbox<Counted>>().as_ref()
        {
            inbox.put(Counted { is_quorate: quorate != 0, ring: ring.seq, nodes });
        }
    }
}

/// The count that follows says all of it again, and what it means.
extern "C" fn on_nodes(
    _: Handle,
    _: RingId,
    _: u32,
    _: *const u32,
    _: u32,
    _: *const u32,
    _: u32,
    _: *const u32,
) {
}
