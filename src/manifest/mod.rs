//! The manifest: YAML text to model, with every finding at its place.

use crate::diagnostic::{Diagnostic, Sources};
use crate::model::Cluster;

/// A manifest that passed all checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The desired cluster.
    pub cluster: Cluster,
}

/// What reading gave: a manifest only if no diagnostic is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The manifest.
    pub manifest: Option<Manifest>,
    /// Everything found, in order of place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one manifest from all the sources together.
pub fn read(_sources: &Sources) -> Reading {
    todo!()
}
