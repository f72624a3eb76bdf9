//! Somebody who is told of each process of a call as soon as it was begun.

use std::fmt;
use std::sync::Arc;

/// Told of each process of a call as soon as it was begun. If whoever made the call is killed, the
/// processes can be found again: by their number, or else by the mark in their environment.
#[derive(Clone)]
pub struct Witness {
    mark: Arc<str>,
    began: Arc<dyn Fn(u32) + Send + Sync>,
}

impl Witness {
    /// The variable in the environment of a process that holds the mark of its call. Services that an
    /// agent starts inherit it.
    pub const VARIABLE: &str = "QUORATE_CALL";

    /// A witness of a call that is marked so; `began` gets the number of each of its processes, which
    /// is also the number of its process group.
    pub fn new(mark: impl Into<Arc<str>>, began: impl Fn(u32) + Send + Sync + 'static) -> Self {
        Self { mark: mark.into(), began: Arc::new(began) }
    }

    /// The mark.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// Tells of a process.
    pub(super) fn began(&self, process: u32) {
        (self.began)(process);
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Witness").field(&self.mark).finish()
    }
}

/// Marks are unique.
impl PartialEq for Witness {
    fn eq(&self, other: &Self) -> bool {
        self.mark == other.mark
    }
}

impl Eq for Witness {}
