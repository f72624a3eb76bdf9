//! Resources of all shapes, each once, members inside their collective.

use std::net::IpAddr;

use super::{Lower, copy, items, text};
use crate::manifest::check::containment::{Owners, Shape, owners, shape};
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
            let shape = shape(key, at, self.findings);
            self.strays(entry, shape);
            if owners.contains_key(key.text()) {
                continue;
            }
            let id = key.text();
            top.extend(match shape {
                Some(Shape::Primitive) => self.primitive(id, entry).map(Resource::Primitive),
                Some(Shape::Group) => Some(Resource::Group(self.group(&owners, id, entry))),
                Some(Shape::Clone) => self.clone_of(&owners, id, entry).map(Resource::Clone),
                Some(Shape::Bundle) => self.bundle(&owners, id, entry).map(Resource::Bundle),
                // What it is nobody knows; what stands in it is looked at all the same.
                None => self.primitive(id, entry).and(None),
            });
        }
        top
    }

    /// What is written in a resource of this shape, although one like that has none of it: what is wrong
    /// in there is reported as well.
    fn strays(self, entry: &ResourceEntry, shape: Option<Shape>) {
        if matches!(shape, Some(Shape::Group | Shape::Clone | Shape::Bundle)) {
            self.options(&entry.utilization);
            self.operations(&entry.ops);
        }
        match shape {
            Some(Shape::Bundle) => {
                self.options(&entry.params);
            }
            Some(Shape::Primitive | Shape::Group | Shape::Clone) | None => {
                items(&entry.ports).for_each(|at| self.port(at).map_or((), drop));
                items(&entry.mounts).for_each(|at| self.mount(at).map_or((), drop));
                self.network(entry.network.as_ref().and_then(At::get), Vec::new());
            }
        }
    }

    /// A member, if it is the one that holds it.
    fn member(self, owners: &Owners<'_>, at: &At<String>) -> Option<&'a ResourceEntry> {
        let is_held = owners.get(at.text()).is_some_and(|(place, _)| *place == at.place);
        self.names.resources.get(at.text()).filter(|_| is_held).and_then(|(_, at)| at.get())
    }

    fn member_primitive(self, owners: &Owners<'_>, at: &At<String>) -> Option<Primitive> {
        self.primitive(at.text(), self.member(owners, at)?)
    }

    fn group(self, owners: &Owners<'_>, id: &str, entry: &ResourceEntry) -> Group {
        let members: Vec<Primitive> =
            items(&entry.group).filter_map(|at| self.member_primitive(owners, at)).collect();
        if let Some(group) = entry.group.as_ref().filter(|at| at.get().is_some_and(Vec::is_empty)) {
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

    fn clone_of(self, owners: &Owners<'_>, id: &str, entry: &ResourceEntry) -> Option<ClonedResource> {
        let at = entry.clone.as_ref()?;
        let meta = self.options(&entry.meta);
        let params = self.options(&entry.params);
        let member = self.member(owners, at)?;
        let child = if member.group.is_some() {
            CloneChild::Group(self.group(owners, at.text(), member))
        } else {
            CloneChild::Primitive(self.primitive(at.text(), member)?)
        };
        let description = text(&entry.description);
        Some(ClonedResource { id: ResourceId::new(id), description, meta, params, child })
    }

    fn bundle(self, owners: &Owners<'_>, id: &str, entry: &ResourceEntry) -> Option<Bundle> {
        let network = entry.network.as_ref().and_then(At::get);
        let ports: Vec<Port> = items(&entry.ports).filter_map(|at| self.port(at)).collect();
        let has_network = network.is_some() || !ports.is_empty();
        let network = has_network.then(|| self.network(network, ports));
        let meta = self.options(&entry.meta);
        let mounts = items(&entry.mounts).filter_map(|at| self.mount(at)).collect();
        let primitive = entry.bundle.as_ref().and_then(|at| self.member_primitive(owners, at));
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
            meta,
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
        if let Some(range) = &entry.range {
            self.check_port_range(range);
        }
        let range = match (port_text(&entry.port), &entry.range) {
            (Some(port), None) => PortRange::Port { port, internal: port_text(&entry.internal_port) },
            (None, Some(range)) => PortRange::Range(range.text().into()),
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
