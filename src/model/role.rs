//! Roles a resource can have on a node.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an instance does, in rising order. A role that is not known is `None` around this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Not running.
    Stopped,
    /// Running, where no promotion exists.
    Started,
    /// Running as the lesser of the two roles of a promotable clone.
    Unpromoted,
    /// Running as the greater of the two roles of a promotable clone.
    Promoted,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Self; 4] = [Self::Stopped, Self::Started, Self::Unpromoted, Self::Promoted];

    /// Reads a role name in any case; `Slave` and `Master` are the old names of the last two.
    pub fn parse(text: &str) -> Option<Self> {
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        if is("Unpromoted") || is("Slave") {
            Some(Self::Unpromoted)
        } else if is("Promoted") || is("Master") {
            Some(Self::Promoted)
        } else if is("Started") {
            Some(Self::Started)
        } else if is("Stopped") {
            Some(Self::Stopped)
        } else {
            None
        }
    }

    /// The role's name, as written in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Started => "Started",
            Self::Unpromoted => "Unpromoted",
            Self::Promoted => "Promoted",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
