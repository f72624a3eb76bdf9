//! Bundles.

use super::{Lowering, description, options, resources, shared};
use crate::cib::xml::Element;
use crate::model::resource::{Container, ContainerKind, Mount, MountSource, Network, Port, PortRange};
use crate::model::{Bundle, ResourceId};

/// Lowers a bundle. Without a container engine we know it is dropped, and so is one whose
/// primitive could not be reached.
pub(super) fn lower_bundle<'t>(
    lowering: &mut Lowering<'t>,
    section: Element<'t>,
    element: Element<'t>,
) -> Option<Bundle> {
    let id = lowering.required(element, "id")?;
    let container = lower_container(lowering, element)?;
    let network = element.child("network").map(|network| lower_network(lowering, network));
    let primitive = match element.child("primitive") {
        Some(primitive) => Some(resources::lower_primitive(lowering, section, primitive)?),
        None => None,
    };
    let is_reachable = network
        .as_ref()
        .is_some_and(|network| network.ip_range_start.is_some() || network.control_port.is_some());
    if primitive.is_some() && !is_reachable {
        lowering.dropped(element, "a primitive inside needs `ip-range-start` or `control-port`");
        return None;
    }
    Some(Bundle {
        id: ResourceId::from(id),
        description: description(element),
        meta: options::lower_meta(lowering, element),
        container,
        network,
        mounts: element
            .children_named("storage")
            .flat_map(|storage| storage.children_named("storage-mapping"))
            .filter_map(|mapping| lower_mount(lowering, mapping))
            .collect(),
        primitive,
    })
}

fn lower_container(lowering: &mut Lowering<'_>, bundle: Element<'_>) -> Option<Container> {
    let docker = bundle.child("docker").map(|container| (ContainerKind::Docker, container));
    let podman = || bundle.child("podman").map(|container| (ContainerKind::Podman, container));
    let Some((kind, container)) = docker.or_else(podman) else {
        lowering.dropped(bundle, "it has no container of a kind that is known");
        return None;
    };
    Some(Container {
        kind,
        image: container.attribute("image").unwrap_or_default().into(),
        replicas: shared(container, "replicas"),
        replicas_per_host: shared(container, "replicas-per-host"),
        promoted_max: shared(container, "promoted-max").or_else(|| shared(container, "masters")),
        run_command: shared(container, "run-command"),
        network: shared(container, "network"),
        options: shared(container, "options"),
    })
}

fn lower_network(lowering: &mut Lowering<'_>, network: Element<'_>) -> Network {
    Network {
        ip_range_start: shared(network, "ip-range-start"),
        control_port: shared(network, "control-port"),
        host_interface: shared(network, "host-interface"),
        host_netmask: shared(network, "host-netmask"),
        add_host: lowering.boolean(network, "add-host"),
        ports: network.children_named("port-mapping").filter_map(|port| lower_port(lowering, port)).collect(),
    }
}

fn lower_port(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<Port> {
    let range = match (shared(element, "port"), shared(element, "range")) {
        (Some(port), _) => PortRange::Port { port, internal: shared(element, "internal-port") },
        (None, Some(range)) => PortRange::Range(range),
        (None, None) => {
            lowering.dropped(element, "it names no port");
            return None;
        }
    };
    Some(Port { id: shared(element, "id"), range })
}

fn lower_mount(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<Mount> {
    let source = match (shared(element, "source-dir"), shared(element, "source-dir-root")) {
        (Some(dir), _) => MountSource::Dir(dir),
        (None, Some(root)) => MountSource::Root(root),
        (None, None) => {
            lowering.dropped(element, "it has no source");
            return None;
        }
    };
    let Some(target_dir) = shared(element, "target-dir") else {
        lowering.dropped(element, "it has no `target-dir`");
        return None;
    };
    Some(Mount { id: shared(element, "id"), source, target_dir, options: shared(element, "options") })
}
