//! Pacemaker's XML: a CIB to model and status, and a model to a CIB.
//!
//! Two stages. [`xml`] parses the text to a small tree and accepts nothing that is not well-formed
//! within [`Limits`]; `lower` turns the tree into [`Cluster`] and [`ClusterStatus`], forgiving in
//! the way Pacemaker is: what cannot be used is dropped, with a diagnostic that says so. [`write`] is
//! the way back.

mod lower;
#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests may")]
mod tests;
mod write;
pub mod xml;

use std::sync::Arc;

pub use write::{for_pacemaker, unsayable, write};
pub use xml::Limits;

use crate::diagnostic::{Diagnostic, SourceId, Sources};
use crate::model::Cluster;
use crate::status::ClusterStatus;

/// What a CIB says.
#[derive(Debug, Clone, PartialEq)]
pub struct Cib {
    /// The configuration.
    pub cluster: Cluster,
    /// The status section and what the root element says of membership.
    pub status: ClusterStatus,
    /// The attributes of the root element as written: versions, schema, who changed it last.
    pub root: Vec<(Arc<str>, Arc<str>)>,
    /// What was dropped on the way, and why.
    pub diagnostics: Vec<Diagnostic>,
}

impl Cib {
    /// An attribute of the root element.
    pub fn root_attribute(&self, name: &str) -> Option<&str> {
        self.root.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

/// Reads the first of the sources as a CIB.
///
/// # Errors
/// When it is not well-formed XML within the usual [`Limits`], or not a CIB that we know how to read.
pub fn read(sources: &Sources) -> Result<Cib, Diagnostic> {
    read_within(sources, &Limits::default())
}

/// Reads the first of the sources as a CIB, within the given limits.
///
/// # Errors
/// As [`read`].
pub fn read_within(sources: &Sources, limits: &Limits) -> Result<Cib, Diagnostic> {
    let id = SourceId(0);
    let Some(source) = sources.source(id) else {
        return Err(Diagnostic::error("not-a-cib", "there is no text to read"));
    };
    let tree = xml::parse(&source.text, limits).map_err(|fault| fault.to_diagnostic(id))?;
    lower::lower(&tree, id)
}
