//! Containers and addresses of bundles: the primitives that a replica is made of.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::bundles::control_port;
use super::clones::implied;
use super::definition::Definition;
use super::guests::operation;
use crate::model::resource::{Bundle, ContainerKind, MountSource, PortRange};
use crate::model::{Agent, AgentClass};

/// Logs of the containers, on the host.
const LOGS: &str = "/var/log/pacemaker/bundles";

/// What runs in a container that has no command of its own.
const REMOTE_DAEMON: &str = "/usr/sbin/pacemaker-remoted";

/// A directory or file of the host in one container.
struct Mounted {
    source: String,
    target: Arc<str>,
    options: Option<Arc<str>>,
    /// Whether the replica has it for itself.
    is_own: bool,
}

/// The container of one replica.
pub(super) fn container<'a>(bundle: &Bundle, number: u32, addresses: &[Option<Ipv4Addr>]) -> Definition<'a> {
    let engine = engine(bundle);
    let mounts = mounts(bundle, number);
    let own: Vec<&str> = mounts.iter().filter(|mount| mount.is_own).map(|mount| &*mount.source).collect();
    let mut params: Vec<(&'static str, Arc<str>)> = vec![
        ("image", Arc::clone(&bundle.container.image)),
        ("allow_pull", "true".into()),
        ("force_kill", "false".into()),
        ("reuse", "false".into()),
        ("run_opts", run_options(bundle, number, addresses, &mounts).into()),
        ("mount_points", own.join(",").into()),
        ("monitor_cmd", "/bin/true".into()),
    ];
    let command = bundle.container.run_command.clone();
    params.extend(
        command.or_else(|| bundle.primitive.as_ref().map(|_| REMOTE_DAEMON.into())).map(|c| ("run_cmd", c)),
    );
    made(format!("{}-{engine}-{number}", bundle.id), engine, params)
}

/// The address of one replica.
pub(super) fn address<'a>(bundle: &Bundle, address: Ipv4Addr) -> Definition<'a> {
    let network = bundle.network.as_ref();
    let netmask = network.and_then(|network| network.host_netmask.clone()).unwrap_or_else(|| "32".into());
    let mut params: Vec<(&'static str, Arc<str>)> =
        vec![("ip", address.to_string().into()), ("cidr_netmask", netmask)];
    params.extend(network.and_then(|network| network.host_interface.clone()).map(|name| ("nic", name)));
    made(format!("{}-ip-{address}", bundle.id), "IPaddr2", params)
}

fn made<'a>(id: String, kind: &str, params: Vec<(&'static str, Arc<str>)>) -> Definition<'a> {
    Definition {
        id: id.into(),
        agent: Agent { class: AgentClass::Ocf, provider: Some("heartbeat".into()), kind: kind.into() },
        meta: Cow::Borrowed(&[]),
        params: implied(params),
        utilization: Cow::Borrowed(&[]),
        ops: vec![Cow::Owned(operation("monitor", Duration::from_secs(60), None))],
    }
}

fn engine(bundle: &Bundle) -> &'static str {
    match bundle.container.kind {
        ContainerKind::Docker => "docker",
        ContainerKind::Podman => "podman",
    }
}

/// Configured mounts, then what the connection into the container needs.
fn mounts(bundle: &Bundle, number: u32) -> Vec<Mounted> {
    let own = |root: &str| format!("{root}/{}-{number}", bundle.id);
    let configured = bundle.mounts.iter().map(|mount| {
        let (source, is_own) = match &mount.source {
            MountSource::Dir(directory) => (directory.to_string(), false),
            MountSource::Root(root) => (own(root), true),
        };
        Mounted { source, target: Arc::clone(&mount.target_dir), options: mount.options.clone(), is_own }
    });
    let mut mounts: Vec<Mounted> = configured.collect();
    if bundle.primitive.is_some() {
        let key = "/etc/pacemaker/authkey";
        let has_logs = mounts.iter().any(|mount| &*mount.target == "/var/log");
        mounts.push(Mounted { source: key.to_owned(), target: key.into(), options: None, is_own: false });
        if !has_logs {
            mounts.push(Mounted {
                source: own(LOGS),
                target: "/var/log".into(),
                options: None,
                is_own: true,
            });
        }
    }
    mounts
}

/// Options for the container engine, in the order in which its agent has always got them: a
/// changed order would restart every container.
fn run_options(bundle: &Bundle, number: u32, addresses: &[Option<Ipv4Addr>], mounts: &[Mounted]) -> String {
    let mut text = String::new();
    let mut add = |option: std::fmt::Arguments<'_>| {
        let _ = write!(text, " {option}");
    };
    if bundle.container.kind == ContainerKind::Docker {
        add(format_args!("--restart=no"));
    }
    if !addresses.is_empty() {
        add(format_args!("-h {}-{number}", bundle.id));
    }
    add(format_args!("-e PCMK_stderr=1"));
    if let Some(network) = &bundle.container.network {
        add(format_args!("--net={network}"));
    }
    add(format_args!("-e PCMK_remote_port={}", control_port(bundle)));
    for mount in mounts {
        let options = mount.options.as_ref().map_or_else(String::new, |options| format!(":{options}"));
        add(format_args!("-v {}:{}{options}", mount.source, mount.target));
    }
    let address = addresses.get(number as usize).copied().flatten();
    let is_host_network = bundle.container.network.as_deref() == Some("host");
    for (port, internal) in ports(bundle) {
        match address {
            Some(address) => add(format_args!("-p {address}:{port}:{internal}")),
            None if !is_host_network => add(format_args!("-p {port}:{internal}")),
            None => {}
        }
    }
    if let Some(options) = &bundle.container.options {
        add(format_args!("{options}"));
    }
    text.push(' ');
    text.push_str(&host_entries(bundle, addresses));
    text
}

/// Published ports, with that of the connection into the container last.
fn ports(bundle: &Bundle) -> Vec<(Arc<str>, Arc<str>)> {
    let configured = bundle.network.iter().flat_map(|network| &network.ports);
    let mut ports: Vec<(Arc<str>, Arc<str>)> = configured
        .map(|port| match &port.range {
            PortRange::Port { port, internal } => {
                (Arc::clone(port), Arc::clone(internal.as_ref().unwrap_or(port)))
            }
            PortRange::Range(range) => (Arc::clone(range), Arc::clone(range)),
        })
        .collect();
    if bundle.primitive.is_some() {
        ports.push((control_port(bundle), control_port(bundle)));
    }
    ports
}

/// How the replicas know each other by name.
fn host_entries(bundle: &Bundle, addresses: &[Option<Ipv4Addr>]) -> String {
    let adds_hosts = bundle.network.as_ref().is_none_or(|network| network.add_host != Some(false));
    let mut text = String::new();
    for (number, address) in addresses.iter().enumerate() {
        let Some(address) = address else { continue };
        let _ = if adds_hosts {
            write!(text, " --add-host={}-{number}:{address}", bundle.id)
        } else {
            write!(text, " --hosts-entry={address}={}-{number}", bundle.id)
        };
    }
    text
}
