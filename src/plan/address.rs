//! Addresses: what a change of the configuration is about.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The address of one configured thing, such as `resource.WebSite`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// What kind of thing it is.
    pub kind: ObjectKind,
    /// Its name among its kind.
    pub name: String,
}

/// Kinds of configured things, in the order plans list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// The cluster as a whole: its name, the order of its parts, what holds its nodes together.
    Cluster,
    /// A node.
    Node,
    /// A cluster property.
    Property,
    /// A default for meta-attributes of resources.
    ResourceDefault,
    /// A default for options of operations.
    OperationDefault,
    /// A template of resources.
    Template,
    /// A resource of any kind, member of a collective or not.
    Resource,
    /// A location constraint.
    Location,
    /// A colocation constraint.
    Colocation,
    /// An order constraint.
    Order,
    /// A ticket constraint.
    Ticket,
    /// A fencing level.
    Fencing,
    /// A tag.
    Tag,
    /// An alert.
    Alert,
    /// A role of access control.
    AclRole,
    /// A user or group of access control.
    AclSubject,
}

impl ObjectKind {
    /// The kind as addresses spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Property => "property",
            Self::ResourceDefault => "resource-default",
            Self::OperationDefault => "operation-default",
            Self::Template => "template",
            Self::Resource => "resource",
            Self::Location => "location",
            Self::Colocation => "colocation",
            Self::Order => "order",
            Self::Ticket => "ticket",
            Self::Fencing => "fencing",
            Self::Tag => "tag",
            Self::Alert => "alert",
            Self::AclRole => "acl-role",
            Self::AclSubject => "acl-subject",
        }
    }

    /// Whether it is a constraint, whose name matters less than what it says.
    pub const fn is_constraint(self) -> bool {
        matches!(self, Self::Location | Self::Colocation | Self::Order | Self::Ticket)
    }
}

impl Address {
    /// The address of the `kind` called `name`.
    pub fn new(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// A constraint as people are told of it wherever its kind goes without saying: a derived name as its
    /// address, any other as it is.
    pub fn of_constraint(id: &str) -> String {
        let kinds = [ObjectKind::Location, ObjectKind::Colocation, ObjectKind::Order, ObjectKind::Ticket];
        let is_derived = |kind: &ObjectKind| {
            id.strip_prefix(kind.as_str()).is_some_and(|rest| rest.starts_with('-') && rest.len() > 1)
        };
        let kind = kinds.into_iter().find(is_derived);
        kind.map_or_else(|| id.to_owned(), |kind| Self::new(kind, id).to_string())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == ObjectKind::Cluster {
            return f.pad(&self.name);
        }
        // Derived names of constraints begin with their kind, which was said already.
        let kind = self.kind.as_str();
        let name = self.name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-')).unwrap_or(&self.name);
        f.pad(&format!("{kind}.{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_name_of_a_constraint_is_spelled_as_its_address() {
        let address = Address::new(ObjectKind::Location, "location-a-n1").to_string();
        assert_eq!((Address::of_constraint("location-a-n1"), &*address), (address.clone(), "location.a-n1"));
        assert_eq!(Address::of_constraint("mine"), "mine");
        assert_eq!(Address::of_constraint("order-"), "order-");
    }
}
