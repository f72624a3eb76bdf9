//! Bounds on what a manifest may cost to read, before anything is read.

use crate::diagnostic::{Diagnostic, SourceId};

/// All texts together, in bytes.
pub(crate) const BYTES_MAX: usize = 10 * 1024 * 1024;
/// Nested collections.
pub(crate) const DEPTH_MAX: usize = 64;
/// Nodes as written, and again nodes after aliases are followed.
pub(crate) const NODES_MAX: u64 = 2_000_000;

/// What is left of the bounds, shared by all sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    bytes: usize,
    nodes: u64,
    expanded: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: BYTES_MAX, nodes: NODES_MAX, expanded: NODES_MAX }
    }
}

impl Budget {
    /// Takes a text's bytes.
    pub(super) fn take_text(&mut self, source: SourceId, text: &str) -> Result<(), Diagnostic> {
        match self.bytes.checked_sub(text.len()) {
            Some(rest) => {
                self.bytes = rest;
                Ok(())
            }
            None => Err(Diagnostic::error(
                "manifest-too-large",
                format!("the manifest is larger than {} MB", BYTES_MAX / 1024 / 1024),
            )
            .at(source, 0..0, "this file goes over the limit")
            .help("all files of a manifest count together")),
        }
    }

    /// Takes one node as written.
    pub(super) fn take_node(&mut self) -> Result<(), &'static str> {
        self.take_nodes(1)
    }

    /// Takes several nodes as written or merged.
    pub(super) fn take_nodes(&mut self, count: u64) -> Result<(), &'static str> {
        self.nodes = self.nodes.checked_sub(count).ok_or("too many values in the manifest")?;
        Ok(())
    }

    /// Takes the nodes of a whole document with its aliases followed.
    pub(super) fn take_expanded(&mut self, count: u64) -> Result<(), ()> {
        self.expanded = self.expanded.checked_sub(count).ok_or(())?;
        Ok(())
    }
}
