//! A clone: several instances of a primitive or group.

use serde::{Deserialize, Serialize};

use super::group::Group;
use super::primitive::Primitive;
use crate::model::id::ResourceId;
use crate::model::option_set::OptionSet;

/// Several instances of one resource; promotable if its meta-attributes say so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clone {
    /// Its name.
    pub id: ResourceId,
    /// Free text for people.
    pub description: Option<String>,
    /// Meta-attributes; the child inherits them.
    pub meta: Vec<OptionSet>,
    /// Parameters that the child inherits.
    pub params: Vec<OptionSet>,
    /// What is cloned.
    pub child: CloneChild,
}

/// What a clone can hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CloneChild {
    /// One service.
    Primitive(Primitive),
    /// A whole group per instance.
    Group(Group),
}
