//! Pacemaker's XML: a CIB to model and status.

use crate::diagnostic::{Diagnostic, Sources};
use crate::model::Cluster;
use crate::status::ClusterStatus;

/// What a CIB says.
#[derive(Debug, Clone, PartialEq)]
pub struct Cib {
    /// The configuration.
    pub cluster: Cluster,
    /// The status section and what the root element says of membership.
    pub status: ClusterStatus,
    /// What was dropped on the way, and why.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the first of the sources as a CIB.
///
/// # Errors
/// When it is not well-formed XML within bounds, or not a CIB.
pub fn read(_sources: &Sources) -> Result<Cib, Diagnostic> {
    todo!()
}
