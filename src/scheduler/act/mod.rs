//! Act: the actions that the placement asks for: probes, role changes, monitors, fencing.

use super::assign::Placement;

/// Actions before their relations are settled.
#[derive(Debug, Clone, Default)]
pub struct Actions {}

/// Lists the actions that the placement asks for.
pub fn act(_placement: &Placement<'_>) -> Actions {
    todo!()
}
