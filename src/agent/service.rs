//! The class `service`: an init script of that name if there is one, else a unit of systemd.

#![expect(clippy::disallowed_methods, reason = "looks for the init script on this host")]

use super::installation::{Installation, is_plain_name};
use super::invocation::{Completed, Invocation};
use super::{lsb, systemd};

/// What a service turns out to be on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    InitScript,
    Unit,
}

pub(super) async fn run(site: &Installation, call: &Invocation) -> Completed {
    match resolve(site, &call.agent.kind) {
        Kind::InitScript => lsb::run(site, call).await,
        Kind::Unit => systemd::run(site, call).await,
    }
}

/// What a service of this name is on this host.
pub(super) fn resolve(site: &Installation, name: &str) -> Kind {
    if is_plain_name(name) && site.init_dir.join(name).is_file() { Kind::InitScript } else { Kind::Unit }
}
