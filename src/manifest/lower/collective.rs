//! Resources of all shapes, each once, members inside their collective.

use std::net::IpAddr;

use super::{Lower, copy, items, text};
use crate::manifest::check::containment::{Shape, owners, shape};
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::resource::{
    ContainerEntry, Engine, MountEntry, NetworkEntry, PortEntry, ResourceEntry,
};
use crate::manifest::vocabulary::scalar::{CountText, PortText};
use crate::model::resource::{
    Bundle, CloneChild, Container, ContainerKind, Group, Mount, MountSource, Network, Port, PortRange,
};
use crate::model::{Clone as ClonedResource, Primitive, Resource, ResourceId};

impl<'a> Lower<'a, '_> {
    /// Top-level resources, in file order. All resources are looked at, so that everything wrong
    /// with members is reported, too.
    pub(super) fn resources(self) -> Vec<Resource> {
        let owners = owners(self.gathered, self.names, self.findings);
        let mut top = Vec::new();
        for (key, at) in &self.gathered.resources {
            let Some(entry) = at.get() else { continue };
            let Some(shape) = shape(key, at, self.findings) else { continue };
            if owners.contains_key(key.text()) {
                continue;
            }
            top.extend(match shape {
                Shape::Primitive => self.primitive(key.text(), entry).map(Resource::Primitive),
                Shape::Group => Some(Resource::Group(self.group(key.text(), entry))),
                Shape::Clone => self.clone_of(key.text(), entry).map(Resource::Clone),
                Shape::Bundle => self.bundle(key.text(), entry).map(Resource::Bundle),
            });
        }
        top
    }

    fn member(self, id: &str) -> Option<&'a ResourceEntry> {
        self.names.resources.get(id).and_then(|(_, at)| at.get())
    }

    fn member_primitive(self, at: &At<String>) -> Option<Primitive> {
        self.primitive(at.text(), self.member(at.text())?)
    }

    fn group(self, id: &str, entry: &ResourceEntry) -> Group {
        let members: Vec<Primitive> =
            items(&entry.group).filter_map(|at| self.member_primitive(at)).collect();
        if let (Some(group), true) = (&entry.group, items(&entry.group).next().is_none()) {
            self.findings
                .error("empty-group", group.place, format!("group `{id}` has no members"))
                .help("list at least one resource: `group: [fs, ip]`")
                .report();
        }
        Group {
            id: ResourceId::new(id),
            description: text(&entry.description),
            meta: self.options(&entry.meta),
            params: self.options(&entry.params),
            members,
        }
    }

    fn clone_of(self, id: &str, entry: &ResourceEntry) -> Option<ClonedResource> {
        let at = entry.clone.as_ref()?;
        let member = self.member(at.text())?;
        let child = if member.group.is_some() {
            CloneChild::Group(self.group(at.text(), member))
        } else {
            CloneChild::Primitive(self.primitive(at.text(), member)?)
        };
        Some(ClonedResource {
            id: ResourceId::new(id),
            description: text(&entry.description),
            meta: self.options(&entry.meta),
            params: self.options(&entry.params),
            child,
        })
    }

    fn bundle(self, id: &str, entry: &ResourceEntry) -> Option<Bundle> {
        let network = entry.network.as_ref().and_then(At::get);
        let ports: Vec<Port> = items(&entry.ports).filter_map(|at| self.port(at)).collect();
        let has_network = network.is_some() || !ports.is_empty();
        let network = has_network.then(|| self.network(network, ports));
        let mounts = items(&entry.mounts).filter_map(|at| self.mount(at)).collect();
        let primitive = entry.bundle.as_ref().and_then(|at| self.member_primitive(at));
        let Some(container) = &entry.container else {
            if let Some(at) = &entry.bundle {
                self.findings
                    .error("missing-field", at.place, format!("bundle `{id}` has no `container`"))
                    .label_key(at.place, "needs a container around it")
                    .help("add `container: {type: podman, image: NAME}`")
                    .report();
            }
            return None;
        };
        Some(Bundle {
            id: ResourceId::new(id),
            description: text(&entry.description),
            meta: self.options(&entry.meta),
            container: container.get().map(container_of)?,
            network,
            mounts,
            primitive,
        })
    }

    fn network(self, entry: Option<&NetworkEntry>, ports: Vec<Port>) -> Network {
        let Some(entry) = entry else { return Network { ports, ..Network::default() } };
        if let Some(at) = &entry.ip_range_start
            && at.get().is_some_and(|address| address.parse::<IpAddr>().is_err())
        {
            self.findings
                .error("invalid-address", at.place, format!("`{}` is not an IP address", at.text()))
                .help("the first container gets this address, the next ones those after it; the prefix length goes to `host-netmask`")
                .report();
        }
        Network {
            ip_range_start: text(&entry.ip_range_start),
            control_port: port_text(&entry.control_port),
            host_interface: text(&entry.host_interface),
            host_netmask: count_text(&entry.host_netmask),
            add_host: copy(&entry.add_host),
            ports,
        }
    }

    fn port(self, at: &At<PortEntry>) -> Option<Port> {
        let entry = at.get()?;
        let range = match (port_text(&entry.port), &entry.range) {
            (Some(port), None) => PortRange::Port { port, internal: port_text(&entry.internal_port) },
            (None, Some(range)) => {
                self.check_port_range(range);
                PortRange::Range(range.text().into())
            }
            (_, _) => {
                self.findings
                    .error("one-of", at.place, "a mapping needs one of `port` and `range`")
                    .help("write {port: 80}, {port: 8080, internal-port: 80} or {range: 8000-8010}")
                    .report();
                return None;
            }
        };
        Some(Port { id: text(&entry.id), range })
    }

    fn check_port_range(self, range: &At<String>) {
        let bounds = range
            .text()
            .split_once('-')
            .and_then(|(first, last)| Some((first.parse::<u16>().ok()?, last.parse::<u16>().ok()?)));
        if range.value.is_some() && bounds.is_none_or(|(first, last)| first == 0 || first > last) {
            self.findings
                .error("invalid-value", range.place, format!("`{}` is not a range of ports", range.text()))
                .help("write `first-last`, such as `8000-8010`")
                .report();
        }
    }

    fn mount(self, at: &At<MountEntry>) -> Option<Mount> {
        let entry = at.get()?;
        let source = match (&entry.source_dir, &entry.source_dir_root) {
            (Some(dir), None) => MountSource::Dir(dir.text().into()),
            (None, Some(root)) => MountSource::Root(root.text().into()),
            (_, _) => {
                self.findings
                    .error("one-of", at.place, "a mount needs one of `source-dir` and `source-dir-root`")
                    .help("`source-dir-root` gives each container a directory of its own below it")
                    .report();
                return None;
            }
        };
        Some(Mount {
            id: text(&entry.id),
            source,
            target_dir: entry.target_dir.text().into(),
            options: text(&entry.options),
        })
    }
}

fn container_of(entry: &ContainerEntry) -> Container {
    Container {
        kind: match entry.r#type.get() {
            Some(Engine::Docker) => ContainerKind::Docker,
            Some(Engine::Podman) | None => ContainerKind::Podman,
        },
        image: entry.image.text().into(),
        replicas: count_text(&entry.replicas),
        replicas_per_host: count_text(&entry.replicas_per_host),
        promoted_max: count_text(&entry.promoted_max),
        run_command: text(&entry.run_command),
        network: text(&entry.network),
        options: text(&entry.options),
    }
}

fn count_text(field: &Field<CountText>) -> Option<std::sync::Arc<str>> {
    field.as_ref().and_then(At::get).map(|count| count.0.as_str().into())
}

fn port_text(field: &Field<PortText>) -> Option<std::sync::Arc<str>> {
    field.as_ref().and_then(At::get).map(|port| port.0.as_str().into())
}
