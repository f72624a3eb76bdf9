//! Closed process groups: ordered messages, and who is there to receive them.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::{Arc, OnceLock};
use std::{fmt, ptr};

use super::{DISPATCH_ALL, Fault, Inbox, Service, Signal, Watched, check, function, open, slice};

type Handle = u64;

#[repr(C)]
#[derive(Clone, Copy)]
struct Name {
    length: u32,
    value: [u8; 128],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Address {
    node: u32,
    pid: u32,
    reason: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct RingId {
    node: u32,
    seq: u64,
}

#[repr(C)]
struct Vector {
    base: *const c_void,
    length: usize,
}

type Deliver = extern "C" fn(Handle, *const Name, u32, u32, *mut c_void, usize);
type Change =
    extern "C" fn(Handle, *const Name, *const Address, usize, *const Address, usize, *const Address, usize);
type Ring = extern "C" fn(Handle, RingId, u32, *const u32);

#[repr(C)]
struct Model {
    model: c_int,
    deliver: Deliver,
    change: Change,
    ring: Ring,
    flags: c_uint,
}

/// `CPG_MODEL_V1`.
const MODEL_V1: c_int = 1;
/// `CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF`.
const INITIAL_RING: c_uint = 1;
/// `CPG_TYPE_AGREED`: the same order everywhere.
const AGREED: c_int = 2;

struct Functions {
    initialize: unsafe extern "C" fn(*mut Handle, c_int, *mut Model, *mut c_void) -> c_int,
    finalize: unsafe extern "C" fn(Handle) -> c_int,
    fd_get: unsafe extern "C" fn(Handle, *mut c_int) -> c_int,
    context_get: unsafe extern "C" fn(Handle, *mut *mut c_void) -> c_int,
    dispatch: unsafe extern "C" fn(Handle, c_int) -> c_int,
    join: unsafe extern "C" fn(Handle, *const Name) -> c_int,
    leave: unsafe extern "C" fn(Handle, *const Name) -> c_int,
    local_get: unsafe extern "C" fn(Handle, *mut c_uint) -> c_int,
    multicast: unsafe extern "C" fn(Handle, c_int, *const Vector, c_uint) -> c_int,
}

impl Functions {
    fn load() -> Result<&'static Self, Fault> {
        static LOADED: OnceLock<Result<Functions, Fault>> = OnceLock::new();
        LOADED.get_or_init(Self::open).as_ref().map_err(Clone::clone)
    }

    fn open() -> Result<Self, Fault> {
        let library = open("libcpg.so.4")?;
        // SAFETY: the types are those of corosync/cpg.h, for version 4 of the library.
        unsafe {
            Ok(Self {
                initialize: function(library, b"cpg_model_initialize\0")?,
                finalize: function(library, b"cpg_finalize\0")?,
                fd_get: function(library, b"cpg_fd_get\0")?,
                context_get: function(library, b"cpg_context_get\0")?,
                dispatch: function(library, b"cpg_dispatch\0")?,
                join: function(library, b"cpg_join\0")?,
                leave: function(library, b"cpg_leave\0")?,
                local_get: function(library, b"cpg_local_get\0")?,
                multicast: function(library, b"cpg_mcast_joined\0")?,
            })
        }
    }
}

/// A process in a group, and for one that came or went: why, as corosync numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Process {
    /// Its node.
    pub(in super::super) node: u32,
    /// Its process id there.
    pub(in super::super) pid: u32,
    /// Why it came or went.
    pub(in super::super) reason: Reason,
}

/// Why a process came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Reason {
    /// It left by itself.
    Leave,
    /// Its node is not reachable.
    NodeDown,
    /// It ended.
    ProcessDown,
    /// Its node is reachable again.
    NodeUp,
    /// It came, or corosync does not say.
    Other,
}

/// Something that a group has to tell, in order.
#[derive(Debug)]
pub(in super::super) enum CpgEvent {
    /// A message.
    Delivered {
        /// Node of the sender.
        node: u32,
        /// The sender there.
        pid: u32,
        /// What it sent.
        message: Vec<u8>,
    },
    /// The group has other members.
    Changed {
        /// Those it has now.
        members: Vec<Process>,
        /// Those that went.
        left: Vec<Process>,
        /// Whether it is because nodes came or went, so that a ring follows.
        with_ring: bool,
    },
    /// Another ring of nodes was formed.
    Ring {
        /// Its number; higher ones are younger.
        seq: u64,
    },
}

/// A connection to the group service, for one group.
pub(in super::super) struct Cpg {
    functions: &'static Functions,
    handle: Handle,
    group: &'static str,
    /// The library keeps its address until `finalize`.
    inbox: Arc<Inbox<CpgEvent>>,
}

impl Cpg {
    /// Connects to the corosync of this host.
    pub(in super::super) fn connect(group: &'static str) -> Result<Watched<Self>, Fault> {
        let functions = Functions::load()?;
        let inbox = Arc::<Inbox<CpgEvent>>::default();
        let mut model = Model {
            model: MODEL_V1,
            deliver: on_deliver,
            change: on_change,
            ring: on_ring,
            flags: INITIAL_RING,
        };
        let mut handle = 0;
        let context = Arc::as_ptr(&inbox).cast_mut().cast();
        // SAFETY: the pointers are valid for the call, which copies the model; the inbox lives until
        // `finalize`.
        let code = unsafe { (functions.initialize)(&raw mut handle, MODEL_V1, &raw mut model, context) };
        check("cpg_model_initialize", code)?;
        let connection = Self { functions, handle, group, inbox };
        let mut fd = -1;
        // SAFETY: the handle is open.
        check("cpg_fd_get", unsafe { (functions.fd_get)(handle, &raw mut fd) })?;
        // SAFETY: the descriptor is that of this very handle.
        unsafe { Watched::new(connection, Signal(fd)) }
    }

    /// Joins the group; events come from [`Cpg::dispatch`].
    pub(in super::super) fn join(&self) -> Result<(), Fault> {
        let name = name(self.group);
        // SAFETY: the handle is open, the name is copied by the call.
        check("cpg_join", unsafe { (self.functions.join)(self.handle, &raw const name) })
    }

    /// Leaves the group of one's own will.
    pub(in super::super) fn leave(&self) -> Result<(), Fault> {
        let name = name(self.group);
        // SAFETY: as for `join`.
        check("cpg_leave", unsafe { (self.functions.leave)(self.handle, &raw const name) })
    }

    /// The number of this node.
    pub(in super::super) fn local_node(&self) -> Result<u32, Fault> {
        let mut node = 0;
        // SAFETY: the handle is open.
        check("cpg_local_get", unsafe { (self.functions.local_get)(self.handle, &raw mut node) })?;
        Ok(node)
    }

    /// Sends to all members, to this one too.
    pub(in super::super) fn multicast(&self, message: &[u8]) -> Result<(), Fault> {
        let vector = Vector { base: message.as_ptr().cast(), length: message.len() };
        // SAFETY: the handle is open, the vector points to a slice that outlives the call.
        let code = unsafe { (self.functions.multicast)(self.handle, AGREED, &raw const vector, 1) };
        check("cpg_mcast_joined", code)
    }
}

impl Service for Cpg {
    type Told = CpgEvent;

    fn dispatch(&self) -> Result<Vec<CpgEvent>, Fault> {
        // SAFETY: the handle is open; callbacks touch nothing but the inbox.
        let code = unsafe { (self.functions.dispatch)(self.handle, DISPATCH_ALL) };
        match check("cpg_dispatch", code) {
            // Nothing waits any more.
            Ok(()) | Err(Fault::Busy) => Ok(self.inbox.take()),
            Err(fault) => Err(fault),
        }
    }
}

impl Drop for Cpg {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used again. No callback runs: they run inside
        // `dispatch` only, which borrows `self`.
        unsafe { (self.functions.finalize)(self.handle) };
    }
}

impl fmt::Debug for Cpg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cpg").field("handle", &self.handle).finish_non_exhaustive()
    }
}

fn name(text: &str) -> Name {
    let mut name = Name { length: 0, value: [0; 128] };
    for (to, from) in name.value.iter_mut().zip(text.bytes()) {
        *to = from;
        name.length += 1;
    }
    name
}

/// Puts an event into the inbox of a handle.
fn put(handle: Handle, event: CpgEvent) {
    let Ok(functions) = Functions::load() else { return };
    let mut context: *mut c_void = ptr::null_mut();
    // SAFETY: the library gives the handle it was called with; its context is the inbox that lives
    // as long as the handle.
    unsafe {
        if check("cpg_context_get", (functions.context_get)(handle, &raw mut context)).is_ok()
            && let Some(inbox) = context.cast_const().cast::<Inbox<CpgEvent>>().as_ref()
        {
            inbox.put(event);
        }
    }
}

extern "C" fn on_deliver(
    handle: Handle,
    _: *const Name,
    node: u32,
    pid: u32,
    text: *mut c_void,
    length: usize,
) {
    // SAFETY: the library gives a message of this length.
    let message = unsafe { slice(text.cast_const().cast::<u8>(), length) }.to_vec();
    put(handle, CpgEvent::Delivered { node, pid, message });
}

extern "C" fn on_change(
    handle: Handle,
    _: *const Name,
    members: *const Address,
    member_count: usize,
    left: *const Address,
    left_count: usize,
    joined: *const Address,
    joined_count: usize,
) {
    // SAFETY: the library gives lists of these lengths.
    let [members, left, joined] =
        unsafe { [slice(members, member_count), slice(left, left_count), slice(joined, joined_count)] }
            .map(|list| list.iter().map(process).collect::<Vec<_>>());
    let with_ring = left.iter().any(|process| process.reason == Reason::NodeDown)
        || joined.iter().any(|process| process.reason == Reason::NodeUp);
    put(handle, CpgEvent::Changed { members, left, with_ring });
}

extern "C" fn on_ring(handle: Handle, ring: RingId, _: u32, _: *const u32) {
    put(handle, CpgEvent::Ring { seq: ring.seq });
}

fn process(address: &Address) -> Process {
    let reason = match address.reason {
        2 => Reason::Leave,
        3 => Reason::NodeDown,
        4 => Reason::NodeUp,
        5 => Reason::ProcessDown,
        _ => Reason::Other,
    };
    Process { node: address.node, pid: address.pid, reason }
}
