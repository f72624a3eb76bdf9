//! Access control: which users may see and change what.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Roles and who has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acls {
    /// Named lists of permissions.
    pub roles: Vec<AclRole>,
    /// Users and groups with their roles.
    pub subjects: Vec<AclSubject>,
}

/// A named list of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclRole {
    /// Its name.
    pub id: Arc<str>,
    /// Free text for people.
    pub description: Option<String>,
    /// What it permits or denies, first match wins.
    pub permissions: Vec<AclPermission>,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclPermission {
    /// Its id in a CIB.
    pub id: Option<Arc<str>>,
    /// What is permitted.
    pub kind: AclKind,
    /// On what.
    pub object: AclObject,
}

/// What a permission allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AclKind {
    /// Look.
    Read,
    /// Look and change.
    Write,
    /// Neither.
    Deny,
}

/// What a permission is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AclObject {
    /// An XPath into the CIB.
    Xpath(Arc<str>),
    /// The thing with this id.
    Reference(Arc<str>),
    /// Elements of this name, perhaps only those with an attribute.
    Tag {
        /// Element name.
        name: Arc<str>,
        /// Attribute name.
        attribute: Option<Arc<str>>,
    },
}

/// A user or group with roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclSubject {
    /// User or group name.
    pub name: Arc<str>,
    /// Whether it is a group.
    pub is_group: bool,
    /// Names of its roles.
    pub roles: Vec<Arc<str>>,
}
