//! Templates and resources.

use super::element::Element;
use super::options::sets;
use crate::model::resource::{
    CloneChild, Container, ContainerKind, Mount, MountSource, Network, Origin, Port, PortRange,
};
use crate::model::{
    Agent, Bundle, Clone as ClonedResource, Cluster, Group, Operation, OptionSet, Primitive, Resource,
    Template, period,
};

/// The section of templates and resources.
pub(super) fn resources(cluster: &Cluster) -> Element {
    Element::new("resources")
        .holding(cluster.templates.iter().map(template))
        .holding(cluster.resources.iter().map(resource))
}

fn resource(resource: &Resource) -> Element {
    match resource {
        Resource::Primitive(one) => primitive(one),
        Resource::Group(one) => group(one),
        Resource::Clone(one) => clone_of(one),
        Resource::Bundle(one) => bundle(one),
    }
}

fn template(template: &Template) -> Element {
    let owner = template.id.as_str();
    agent(Element::named("template", owner), &template.agent)
        .with_some("description", template.description.as_ref())
        .holding(options(owner, &template.params, &template.meta))
        .holding(sets("utilization", &template.utilization, owner))
        .holding(operations(&template.ops, owner))
}

fn primitive(primitive: &Primitive) -> Element {
    let owner = primitive.id.as_str();
    let element = Element::named("primitive", owner);
    let element = match &primitive.origin {
        Origin::Agent(named) => agent(element, named),
        Origin::Template(template) => element.with("template", template),
    };
    element
        .with_some("description", primitive.description.as_ref())
        .holding(options(owner, &primitive.params, &primitive.meta))
        .holding(sets("utilization", &primitive.utilization, owner))
        .holding(operations(&primitive.ops, owner))
}

fn agent(element: Element, agent: &Agent) -> Element {
    element
        .with("class", agent.class.as_str())
        .with_some("provider", agent.provider.as_ref())
        .with("type", &agent.kind)
}

fn options(owner: &str, params: &[OptionSet], meta: &[OptionSet]) -> Vec<Element> {
    let mut all = sets("instance_attributes", params, owner);
    all.extend(sets("meta_attributes", meta, owner));
    all
}

fn operations(all: &[Operation], owner: &str) -> Option<Element> {
    (!all.is_empty()).then(|| Element::new("operations").holding(all.iter().map(|one| operation(one, owner))))
}

fn operation(operation: &Operation, owner: &str) -> Element {
    let interval =
        if operation.interval.is_zero() { "0s".to_owned() } else { period::format(operation.interval) };
    let proposal = format!("{owner}-{}-{interval}", operation.name);
    let name = operation.id.as_deref().unwrap_or(&proposal).to_owned();
    let element = Element::maybe_named("op", operation.id.as_ref(), proposal)
        .with("name", &operation.name)
        .with("interval", interval);
    operation
        .options
        .iter()
        .fold(element, |element, (name, value)| element.with(name, value))
        .holding(options(&name, &operation.params, &operation.meta))
}

fn group(group: &Group) -> Element {
    Element::named("group", &group.id)
        .with_some("description", group.description.as_ref())
        .holding(options(group.id.as_str(), &group.params, &group.meta))
        .holding(group.members.iter().map(primitive))
}

fn clone_of(clone: &ClonedResource) -> Element {
    Element::named("clone", &clone.id)
        .with_some("description", clone.description.as_ref())
        .holding(options(clone.id.as_str(), &clone.params, &clone.meta))
        .holding([match &clone.child {
            CloneChild::Primitive(child) => primitive(child),
            CloneChild::Group(child) => group(child),
        }])
}

fn bundle(bundle: &Bundle) -> Element {
    let owner = bundle.id.as_str();
    let mounts = (!bundle.mounts.is_empty())
        .then(|| Element::new("storage").holding(bundle.mounts.iter().map(|one| mount(one, owner))));
    Element::named("bundle", owner)
        .with_some("description", bundle.description.as_ref())
        .holding(sets("meta_attributes", &bundle.meta, owner))
        .holding([container(&bundle.container)])
        .holding(bundle.network.as_ref().map(|one| network(one, owner)))
        .holding(mounts)
        .holding(bundle.primitive.as_ref().map(primitive))
}

fn container(container: &Container) -> Element {
    let kind = match container.kind {
        ContainerKind::Docker => "docker",
        ContainerKind::Podman => "podman",
    };
    Element::new(kind)
        .with("image", &container.image)
        .with_some("replicas", container.replicas.as_ref())
        .with_some("replicas-per-host", container.replicas_per_host.as_ref())
        .with_some("promoted-max", container.promoted_max.as_ref())
        .with_some("run-command", container.run_command.as_ref())
        .with_some("network", container.network.as_ref())
        .with_some("options", container.options.as_ref())
}

fn network(network: &Network, owner: &str) -> Element {
    Element::new("network")
        .with_some("ip-range-start", network.ip_range_start.as_ref())
        .with_some("control-port", network.control_port.as_ref())
        .with_some("host-interface", network.host_interface.as_ref())
        .with_some("host-netmask", network.host_netmask.as_ref())
        .with_some("add-host", network.add_host)
        .holding(network.ports.iter().map(|one| port(one, owner)))
}

fn port(port: &Port, owner: &str) -> Element {
    let element = |number: &str| {
        Element::maybe_named("port-mapping", port.id.as_ref(), format!("{owner}-port-{number}"))
    };
    match &port.range {
        PortRange::Port { port, internal } => {
            element(port).with("port", port).with_some("internal-port", internal.as_ref())
        }
        PortRange::Range(range) => element(range).with("range", range),
    }
}

fn mount(mount: &Mount, owner: &str) -> Element {
    let element = Element::maybe_named("storage-mapping", mount.id.as_ref(), format!("{owner}-mount"));
    let element = match &mount.source {
        MountSource::Dir(dir) => element.with("source-dir", dir),
        MountSource::Root(root) => element.with("source-dir-root", root),
    };
    element.with("target-dir", &mount.target_dir).with_some("options", mount.options.as_ref())
}
