//! What runs a primitive: an agent of some class.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// `class:provider:type`, or `class:type` where the class has no providers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Agent {
    /// The standard it follows.
    pub class: AgentClass,
    /// Who wrote it (OCF only).
    pub provider: Option<Arc<str>>,
    /// Which one it is.
    pub kind: Arc<str>,
}

/// The standards agents follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AgentClass {
    /// Open Cluster Framework scripts.
    Ocf,
    /// Fence devices.
    Stonith,
    /// Units of systemd.
    Systemd,
    /// Init scripts.
    Lsb,
    /// Whichever of systemd and LSB has it.
    Service,
    /// Any other class of an imported configuration (`upstart`, `nagios`, `heartbeat`).
    Other(Arc<str>),
}

impl AgentClass {
    /// Every class of which agents can be run.
    pub const ALL: [Self; 5] = [Self::Ocf, Self::Lsb, Self::Systemd, Self::Service, Self::Stonith];

    /// Reads a class name in any case; a class we do not know stays as it is.
    pub fn parse(text: &str) -> Self {
        let known = Self::ALL.into_iter().find(|class| class.as_str().eq_ignore_ascii_case(text));
        known.unwrap_or_else(|| Self::Other(text.into()))
    }

    /// The class as written in files.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ocf => "ocf",
            Self::Stonith => "stonith",
            Self::Systemd => "systemd",
            Self::Lsb => "lsb",
            Self::Service => "service",
            Self::Other(name) => name,
        }
    }

    /// Whether agents of this class are told apart by a provider.
    pub const fn has_providers(&self) -> bool {
        match self {
            Self::Ocf => true,
            Self::Stonith | Self::Systemd | Self::Lsb | Self::Service | Self::Other(_) => false,
        }
    }

    /// Whether agents of this class take parameters.
    pub const fn has_params(&self) -> bool {
        match self {
            Self::Ocf | Self::Stonith => true,
            Self::Systemd | Self::Lsb | Self::Service | Self::Other(_) => false,
        }
    }

    /// Whether instances of one agent can be told apart, so that a clone may be unique.
    pub const fn can_be_unique(&self) -> bool {
        match self {
            Self::Ocf | Self::Stonith => true,
            Self::Systemd | Self::Lsb | Self::Service | Self::Other(_) => false,
        }
    }

    /// Whether agents of this class know promotion.
    pub const fn can_be_promoted(&self) -> bool {
        match self {
            Self::Ocf => true,
            Self::Stonith | Self::Systemd | Self::Lsb | Self::Service | Self::Other(_) => false,
        }
    }
}

impl Agent {
    /// Reads `class:provider:type` or `class:type`; `None` when a part is missing or too many.
    pub fn parse(text: &str) -> Option<Self> {
        let (class, rest) = text.split_once(':')?;
        let class = AgentClass::parse(class);
        let (provider, kind) = if class.has_providers() {
            let (provider, kind) = rest.split_once(':')?;
            (Some(provider), kind)
        } else {
            (None, rest)
        };
        let is_plain = |part: &str| !part.is_empty() && !part.contains(':');
        let is_valid = provider.is_none_or(is_plain)
            && !kind.is_empty()
            && (class == AgentClass::Systemd || is_plain(kind));
        is_valid.then(|| Self { class, provider: provider.map(Into::into), kind: kind.into() })
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.provider {
            Some(provider) => write!(f, "{}:{provider}:{}", self.class.as_str(), self.kind),
            None => write!(f, "{}:{}", self.class.as_str(), self.kind),
        }
    }
}
