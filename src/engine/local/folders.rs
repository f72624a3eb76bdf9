//! The folders of the local engine.

use std::path::PathBuf;

/// Where the local engine keeps what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// What should be; must outlive a reboot.
    pub durable: PathBuf,
    /// What is known of this host; best kept in memory.
    pub volatile: PathBuf,
    /// One file per secret, readable by its owner only.
    pub secrets: PathBuf,
}

impl Default for Folders {
    fn default() -> Self {
        Self {
            durable: "/var/lib/quorate".into(),
            volatile: "/run/quorate".into(),
            secrets: "/etc/quorate/secrets".into(),
        }
    }
}

impl Folders {
    /// Everything in one folder, for trying things out.
    pub fn within(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        Self { durable: dir.clone(), secrets: dir.join("secrets"), volatile: dir }
    }
}
