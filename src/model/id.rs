//! Names of things. Each kind has its own type, so that a node cannot be passed for a resource.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a name that the caller has already found fit for its place.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The shared text itself, for tables keyed by several kinds of name.
            pub fn to_shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self::new(name)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
    };
}

name_type!(
    /// Name of a resource, unique among resources, templates and tags.
    ResourceId
);
name_type!(
    /// Name of a node as the cluster and its users call it. Compare with [`NodeName::is`].
    NodeName
);
name_type!(
    /// A node's identity in membership and status (corosync's number, as text; a remote node's name).
    NodeId
);
name_type!(
    /// Name of a constraint, unique among constraints.
    ConstraintId
);
name_type!(
    /// Name of a set of options (a CIB `meta_attributes` and the like).
    OptionSetId
);
name_type!(
    /// Name of a rule.
    RuleId
);
name_type!(
    /// Name of a resource template.
    TemplateId
);
name_type!(
    /// Name of a tag: a list of resources that constraints can use as one.
    TagId
);
name_type!(
    /// Name of a ticket, granted to one site of several.
    TicketId
);
name_type!(
    /// Name of a secret whose value only the nodes know.
    SecretName
);

impl NodeName {
    /// Whether this is the node called `name`; node names ignore ASCII case.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

/// The name of a resource without its instance number.
pub fn without_number(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            base
        }
        Some(_) | None => name,
    }
}
