//! The numbers behind quorum, for people.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;
use std::sync::OnceLock;

use super::{Fault, check, function, open};

type Handle = u64;

#[repr(C)]
struct Info {
    node: c_uint,
    state: c_uint,
    votes: c_uint,
    expected: c_uint,
    highest_expected: c_uint,
    total: c_uint,
    quorum: c_uint,
    flags: c_uint,
    device_votes: c_uint,
    device_name: [c_char; 255],
}

struct Functions {
    initialize: unsafe extern "C" fn(*mut Handle, *mut c_void) -> c_int,
    finalize: unsafe extern "C" fn(Handle) -> c_int,
    get_info: unsafe extern "C" fn(Handle, c_uint, *mut Info) -> c_int,
}

impl Functions {
    fn load() -> Result<&'static Self, Fault> {
        static LOADED: OnceLock<Result<Functions, Fault>> = OnceLock::new();
        LOADED.get_or_init(Self::open).as_ref().map_err(Clone::clone)
    }

    fn open() -> Result<Self, Fault> {
        let library = open("libvotequorum.so.8")?;
        // SAFETY: the types are those of corosync/votequorum.h, for version 8 of the library.
        unsafe {
            Ok(Self {
                initialize: function(library, b"votequorum_initialize\0")?,
                finalize: function(library, b"votequorum_finalize\0")?,
                get_info: function(library, b"votequorum_getinfo\0")?,
            })
        }
    }
}

/// The count of votes, as one node sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Votes {
    /// Votes that there should be.
    pub(in super::super) expected: u32,
    /// Votes that there are.
    pub(in super::super) total: u32,
    /// Whether the quorum device gives its vote to this node.
    pub(in super::super) has_device: bool,
}

/// A connection to the vote count.
pub(in super::super) struct Votequorum {
    functions: &'static Functions,
    handle: Handle,
}

impl Votequorum {
    /// Connects to the corosync of this host.
    pub(in super::super) fn connect() -> Result<Self, Fault> {
        let functions = Functions::load()?;
        let mut handle = 0;
        // SAFETY: the pointer is valid for the call; without callbacks nothing is kept.
        let code = unsafe { (functions.initialize)(&raw mut handle, ptr::null_mut()) };
        check("votequorum_initialize", code)?;
        Ok(Self { functions, handle })
    }

    /// The count of votes as a node sees it.
    pub(in super::super) fn votes(&self, node: u32) -> Result<Votes, Fault> {
        let mut info = Info {
            node: 0,
            state: 0,
            votes: 0,
            expected: 0,
            highest_expected: 0,
            total: 0,
            quorum: 0,
            flags: 0,
            device_votes: 0,
            device_name: [0; 255],
        };
        // SAFETY: the handle is open; `info` is as the header lays it out.
        let code = unsafe { (self.functions.get_info)(self.handle, node, &raw mut info) };
        check("votequorum_getinfo", code)?;
        // VOTEQUORUM_INFO_QDEVICE_REGISTERED and VOTEQUORUM_INFO_QDEVICE_CAST_VOTE
        let has_device = info.flags & 64 != 0 && info.flags & 256 != 0;
        Ok(Votes { expected: info.highest_expected, total: info.total, has_device })
    }
}

impl Drop for Votequorum {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used again.
        unsafe { (self.functions.finalize)(self.handle) };
    }
}

impl std::fmt::Debug for Votequorum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Votequorum").field("handle", &self.handle).finish_non_exhaustive()
    }
}
