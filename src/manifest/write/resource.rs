//! Resources: members before what holds them.

use super::options::options;
use super::{list, names, some, text};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::resource::{
    ContainerEntry, Engine, MountEntry, NetworkEntry, OnFail, OperationEntry, PortEntry, Requires,
    ResourceEntry, RoleName, TemplateEntry,
};
use crate::manifest::vocabulary::scalar::{CountText, PeriodText, PortText};
use crate::model::option::parse_period;
use crate::model::resource::{
    Bundle, CloneChild, Container, ContainerKind, Mount, MountSource, Network, Origin, Port, PortRange,
};
use crate::model::{Group, Operation, Primitive, Resource, Role, Template, period, scalar};

/// The resource with its members, each as an entry of its own.
pub(super) fn entries(resource: &Resource) -> Vec<(String, ResourceEntry)> {
    let mut entries = Vec::new();
    match resource {
        Resource::Primitive(primitive) => entries.push(primitive_entry(primitive)),
        Resource::Group(group) => add_group(&mut entries, group),
        Resource::Clone(clone) => {
            let child = match &clone.child {
                CloneChild::Primitive(primitive) => {
                    entries.push(primitive_entry(primitive));
                    &primitive.id
                }
                CloneChild::Group(group) => {
                    add_group(&mut entries, group);
                    &group.id
                }
            };
            let entry = ResourceEntry {
                clone: text(Some(child)),
                description: text(clone.description.as_ref()),
                meta: options(&clone.meta),
                params: options(&clone.params),
                ..ResourceEntry::default()
            };
            entries.push((clone.id.to_string(), entry));
        }
        Resource::Bundle(bundle) => {
            entries.extend(bundle.primitive.as_ref().map(primitive_entry));
            entries.push((bundle.id.to_string(), bundle_entry(bundle)));
        }
    }
    entries
}

fn add_group(entries: &mut Vec<(String, ResourceEntry)>, group: &Group) {
    entries.extend(group.members.iter().map(primitive_entry));
    let members: Vec<_> = group.members.iter().map(|member| &member.id).collect();
    let entry = ResourceEntry {
        group: some(names(&members)),
        description: text(group.description.as_ref()),
        meta: options(&group.meta),
        params: options(&group.params),
        ..ResourceEntry::default()
    };
    entries.push((group.id.to_string(), entry));
}

fn primitive_entry(primitive: &Primitive) -> (String, ResourceEntry) {
    let (agent, template) = match &primitive.origin {
        Origin::Agent(agent) => (text(Some(agent)), None),
        Origin::Template(template) => (None, text(Some(template))),
    };
    let entry = ResourceEntry {
        agent,
        template,
        description: text(primitive.description.as_ref()),
        params: options(&primitive.params),
        meta: options(&primitive.meta),
        utilization: options(&primitive.utilization),
        ops: list(primitive.ops.iter().map(operation).collect()),
        ..ResourceEntry::default()
    };
    (primitive.id.to_string(), entry)
}

pub(super) fn template(template: &Template) -> TemplateEntry {
    TemplateEntry {
        agent: At::new(template.agent.to_string()),
        description: text(template.description.as_ref()),
        params: options(&template.params),
        meta: options(&template.meta),
        utilization: options(&template.utilization),
        ops: list(template.ops.iter().map(operation).collect()),
    }
}

fn operation(operation: &Operation) -> OperationEntry {
    let option = |name: &str| operation.option(name);
    let switch = |name: &str| option(name).and_then(scalar::parse_boolean).map(At::new);
    OperationEntry {
        id: text(operation.id.as_ref()),
        name: At::new(operation.name.to_string()),
        interval: (!operation.interval.is_zero())
            .then(|| At::new(PeriodText(period::format(operation.interval)))),
        timeout: option("timeout").and_then(length),
        role: role(option("role").and_then(Role::parse)),
        on_fail: option("on-fail").and_then(OnFail::parse).map(At::new),
        enabled: switch("enabled"),
        start_delay: option("start-delay").and_then(length),
        interval_origin: text(option("interval-origin")),
        record_pending: switch("record-pending"),
        requires: option("requires").and_then(Requires::parse).map(At::new),
        description: text(option("description")),
        meta: options(&operation.meta),
        params: options(&operation.params),
    }
}

/// A role as a field.
pub(super) fn role(role: Option<Role>) -> Field<RoleName> {
    role.map(|role| At::new(RoleName::of(role)))
}

/// A length of time as it is written, or in our own spelling where only the field can read it.
fn length(written: &str) -> Field<PeriodText> {
    if parse_period(written).is_ok() {
        return some(PeriodText(written.to_owned()));
    }
    period::parse(written).and_then(|length| some(PeriodText(period::format(length))))
}

fn bundle_entry(bundle: &Bundle) -> ResourceEntry {
    let network = bundle.network.as_ref().map(network);
    ResourceEntry {
        bundle: text(bundle.primitive.as_ref().map(|primitive| &primitive.id)),
        description: text(bundle.description.as_ref()),
        meta: options(&bundle.meta),
        container: some(container(&bundle.container)),
        network: network
            .filter(|entry| *entry != NetworkEntry::default() || !has_ports(bundle))
            .and_then(some),
        ports: list(bundle.network.iter().flat_map(|network| &network.ports).map(port).collect()),
        mounts: list(bundle.mounts.iter().map(mount).collect()),
        ..ResourceEntry::default()
    }
}

fn has_ports(bundle: &Bundle) -> bool {
    bundle.network.as_ref().is_some_and(|network| !network.ports.is_empty())
}

fn container(container: &Container) -> ContainerEntry {
    let count = |value: &Option<std::sync::Arc<str>>| {
        value.as_ref().map(|value| At::new(CountText(value.to_string())))
    };
    ContainerEntry {
        r#type: At::new(match container.kind {
            ContainerKind::Docker => Engine::Docker,
            ContainerKind::Podman => Engine::Podman,
        }),
        image: At::new(container.image.to_string()),
        replicas: count(&container.replicas),
        replicas_per_host: count(&container.replicas_per_host),
        promoted_max: count(&container.promoted_max),
        run_command: text(container.run_command.as_ref()),
        network: text(container.network.as_ref()),
        options: text(container.options.as_ref()),
    }
}

fn network(network: &Network) -> NetworkEntry {
    NetworkEntry {
        ip_range_start: text(network.ip_range_start.as_ref()),
        control_port: network.control_port.as_ref().map(|port| At::new(PortText(port.to_string()))),
        host_interface: text(network.host_interface.as_ref()),
        host_netmask: network.host_netmask.as_ref().map(|mask| At::new(CountText(mask.to_string()))),
        add_host: network.add_host.map(At::new),
    }
}

fn port(port: &Port) -> PortEntry {
    let number = |port: &std::sync::Arc<str>| At::new(PortText(port.to_string()));
    let id = text(port.id.as_ref());
    match &port.range {
        PortRange::Port { port, internal } => PortEntry {
            id,
            port: Some(number(port)),
            internal_port: internal.as_ref().map(number),
            range: None,
        },
        PortRange::Range(range) => PortEntry { id, range: text(Some(range)), ..PortEntry::default() },
    }
}

fn mount(mount: &Mount) -> MountEntry {
    let (source_dir, source_dir_root) = match &mount.source {
        MountSource::Dir(dir) => (text(Some(dir)), None),
        MountSource::Root(root) => (None, text(Some(root))),
    };
    MountEntry {
        id: text(mount.id.as_ref()),
        source_dir,
        source_dir_root,
        target_dir: At::new(mount.target_dir.to_string()),
        options: text(mount.options.as_ref()),
    }
}

impl RoleName {
    const fn of(role: Role) -> Self {
        match role {
            Role::Stopped => Self::Stopped,
            Role::Started => Self::Started,
            Role::Unpromoted => Self::Unpromoted,
            Role::Promoted => Self::Promoted,
        }
    }
}

impl OnFail {
    const ALL: [Self; 8] = [
        Self::Ignore,
        Self::Block,
        Self::Stop,
        Self::Demote,
        Self::Restart,
        Self::Fence,
        Self::Standby,
        Self::RestartContainer,
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}

impl Requires {
    const ALL: [Self; 4] = [Self::Nothing, Self::Quorum, Self::Fencing, Self::Unfencing];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}
