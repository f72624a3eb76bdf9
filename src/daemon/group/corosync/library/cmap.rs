//! The configuration that corosync runs with: here, the names of its nodes, and whether there
//! is a quorum device.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use super::{Fault, check, function, open};

type Handle = u64;

struct Functions {
    initialize: unsafe extern "C" fn(*mut Handle) -> c_int,
    finalize: unsafe extern "C" fn(Handle) -> c_int,
    get: unsafe extern "C" fn(Handle, *const c_char, *mut c_void, *mut usize, *mut c_int) -> c_int,
}

impl Functions {
    fn load() -> Result<&'static Self, Fault> {
        static LOADED: OnceLock<Result<Functions, Fault>> = OnceLock::new();
        LOADED.get_or_init(Self::open).as_ref().map_err(Clone::clone)
    }

    fn open() -> Result<Self, Fault> {
        let library = open("libcmap.so.4")?;
        // SAFETY: the types are those of corosync/cmap.h, for version 4 of the library.
        unsafe {
            Ok(Self {
                initialize: function(library, b"cmap_initialize\0")?,
                finalize: function(library, b"cmap_finalize\0")?,
                get: function(library, b"cmap_get\0")?,
            })
        }
    }
}

/// A node of the node list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Listed {
    /// Its number.
    pub(in super::super) node: u32,
    /// Its name, or its first address if it has none.
    pub(in super::super) name: Option<String>,
}

/// The node list of corosync's configuration.
pub(in super::super) fn node_list() -> Result<Vec<Listed>, Fault> {
    let map = Map::connect()?;
    let mut nodes = Vec::new();
    // The list has no holes: corosync numbers its entries itself.
    for place in 0.. {
        let Some(node) = map.number(&format!("nodelist.node.{place}.nodeid")) else { break };
        let name = map.text(&format!("nodelist.node.{place}.name"));
        let name = name.or_else(|| map.text(&format!("nodelist.node.{place}.ring0_addr")));
        nodes.push(Listed { node, name });
    }
    Ok(nodes)
}

/// Whether corosync is configured with a quorum device; not where it cannot be asked.
pub(in super::super) fn has_device() -> bool {
    Map::connect().is_ok_and(|map| map.text("quorum.device.model").is_some())
}

/// A connection to the configuration.
struct Map {
    functions: &'static Functions,
    handle: Handle,
}

impl Map {
    fn connect() -> Result<Self, Fault> {
        let functions = Functions::load()?;
        let mut handle = 0;
        // SAFETY: the pointer is valid for the call.
        check("cmap_initialize", unsafe { (functions.initialize)(&raw mut handle) })?;
        Ok(Self { functions, handle })
    }

    fn number(&self, key: &str) -> Option<u32> {
        let value = self.value(key)?;
        value.try_into().ok().map(u32::from_ne_bytes)
    }

    fn text(&self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        let text = String::from_utf8(value).ok()?;
        let text = text.trim_end_matches('\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn value(&self, key: &str) -> Option<Vec<u8>> {
        let key = CString::new(key).ok()?;
        let (mut length, mut kind) = (0_usize, 0);
        // SAFETY: without room for a value, only its length and type are told.
        let code = unsafe {
            (self.functions.get)(self.handle, key.as_ptr(), ptr::null_mut(), &raw mut length, &raw mut kind)
        };
        check("cmap_get", code).ok()?;
        let mut value = vec![0_u8; length];
        // SAFETY: there is room for `length` bytes; the library refuses a value that has grown.
        let code = unsafe {
            (self.functions.get)(
                self.handle,
                key.as_ptr(),
                value.as_mut_ptr().cast(),
                &raw mut length,
                &raw mut kind,
            )
        };
        check("cmap_get", code).ok()?;
        value.truncate(length);
        Some(value)
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used again.
        unsafe { (self.functions.finalize)(self.handle) };
    }
}
