//! A group: members that run in one place and start in order.

use serde::{Deserialize, Serialize};

use super::primitive::Primitive;
use crate::model::id::ResourceId;
use crate::model::option_set::OptionSet;

/// Members that run in one place, start in order and stop in reverse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub id: ResourceId,
    /// Free text for people.
    pub description: Option<String>,
    /// Meta-attributes; members inherit them.
    pub meta: Vec<OptionSet>,
    /// Parameters that every member inherits.
    pub params: Vec<OptionSet>,
    /// In starting order.
    pub members: Vec<Primitive>,
}
